"""What a claim's page says in words: what would change a verdict, contests, badges."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from leaderboard.badges import badge_svg, theory_badge_svg
from leaderboard.board import build
from leaderboard.claim_page import symbol_of, what_would_change
from leaderboard.contests import contest, duel_text, tied
from leaderboard.front import front_context
from leaderboard.pictures import shows_judged
from predictions.data.fetching import public_runs
from runners.registry.schema import Outside, Source
from tests.made_up import AGREEMENT, by_id, changed, claim, condition, not_measured


def test_a_supported_law_names_its_weakest_place(report):
    told = " ".join(what_would_change(by_id(report, "eos-gd-two-over-eta")))
    assert "With a prediction 5% lower or 6% higher" in told
    assert "Did the relation hold in the control (least-squares-descent), the verdict would be vacuous." in told


def test_room_that_is_used_up_is_told_in_percent():
    # T = [0.9, 1.1] by difference about 1: the interval reaches to 0.05 of 0.1, half of the room.
    near = condition({"width": 8}, 1.0, [0.0] * 4 + [0.05] * 4, by="difference", within=(-0.1, 0.1))
    agreement = AGREEMENT | {"by": "difference", "within": (-0.1, 0.1)}
    told = what_would_change(claim("law", "supported", conditions=[near], agreement=agreement))
    assert "it uses 50% of the room" in told[0]


def test_a_refuted_law_names_its_nearest_miss(report):
    told = " ".join(what_would_change(by_id(report, "sgd-variance-langevin")))
    assert "The nearest miss is ratio 1.14" in told  # 2 / (2 - 0.25)


def test_a_refuted_law_is_off_already(report):
    from leaderboard.summaries import caught

    refuted = changed(report, "sgd-variance-langevin", severity=(-0.5, 2.1))
    assert caught(by_id(refuted, "sgd-variance-langevin")) is None
    assert caught(by_id(report, "eos-gd-two-over-eta")) == 0.05


def test_an_open_claim_says_what_would_settle_it(report):
    told = " ".join(what_would_change(by_id(report, "sharpness-diverging")))
    assert "1 of 2 conditions are undecided" in told or "2 of 2 conditions are undecided" in told


@pytest.mark.parametrize(
    ("fields", "epoch", "told"),
    [
        ({}, "none", "hashed from (full-batch-descent, record, repeat), repeats 0 to 7: 1, 2, 3, 4, 5, 6, 7, 8<"),
        ({}, "2026-a", "(full-batch-descent, record, epoch 2026-a, repeat)"),
        ({"seeds": (7, 9)}, "none", "7, 9, …"),
        ({"seeds": (), "replication": "none"}, "none", "none: nothing is left to chance but rounding"),
    ],
)
def test_seeds_are_those_that_the_report_has(report, fields, epoch, told, tmp_path):
    build(changed(report, "eos-gd-two-over-eta", **fields).model_copy(update={"epoch": epoch}), tmp_path)
    assert told in (tmp_path / "claims" / "eos-gd-two-over-eta.html").read_text()


def test_what_the_records_read_is_named_by_hash_and_without_data_there_is_no_line(report, tmp_path):
    build(changed(report, "eos-gd-two-over-eta", data={"steplaw": "9e46" * 16}), tmp_path)
    page = (tmp_path / "claims" / "eos-gd-two-over-eta.html").read_text()
    assert f"<dt>Data</dt><dd>steplaw, SHA-256 <code>{'9e46' * 16}</code></dd>" in page
    assert "<dt>Data</dt>" not in (tmp_path / "claims" / "sgd-variance-langevin.html").read_text()


def test_the_data_page_names_every_set_of_runs_with_its_licence(report, tmp_path):
    build(report, tmp_path)
    page = (tmp_path / "data.html").read_text()
    for data_set in public_runs():
        row = page.partition(f">{data_set.name}</th>")[2].partition("</tr>")[0]
        assert data_set.paper in row
        assert ("none stated" if data_set.licence == "none found" else data_set.licence) in row


def test_an_expectation_that_followed_the_verdict_is_told(report, tmp_path):
    told = "When it was measured, it was expected to be refuted."
    for expected, found in ((None, False), ("refuted", True)):
        build(changed(report, "eos-gd-two-over-eta", expected_before=expected), tmp_path)
        assert (told in (tmp_path / "claims" / "eos-gd-two-over-eta.html").read_text()) == found


def test_the_reports_own_ranking_is_shown(report):
    law = by_id(report, "eos-gd-two-over-eta")
    entries = contest(law)
    assert [(entry.rank, entry.name) for entry in entries] == [(1, "this claim"), (2, "one-over-eta")]
    assert duel_text(entries[0]) == "closer than one over eta in 62 of 64, equal in 1"
    assert not tied(entries, entries[0])
    assert contest(by_id(report, "eos-heavy-ball")) == []


def test_without_a_ranking_bits_and_verdicts_rank_and_equals_tie():
    rival = {"name": "same", "verdict": "supported", "bits": 6.4, "predicted": 1, "held_by": "authors", "because": "it",
             "reason": "", "conditions": []}  # fmt: skip
    law = claim("law", "supported", rivals=[rival, rival | {"name": "worse", "verdict": "refuted", "bits": -5.0}],
                conditions=[condition({"width": 8}, 1.0, [1.0] * 8)])  # fmt: skip
    entries = contest(law)
    assert [(entry.rank, entry.name) for entry in entries] == [(1, "this claim"), (1, "same"), (3, "worse")]
    assert tied(entries, entries[1])
    assert not tied(entries, entries[2])


def test_what_nobody_has_measured_is_no_tie(report):
    """Neither by a report that ranks it nor by bits and verdict, which are alike as long as there are none."""
    silent = (not_measured({"data": "digits"}, "not run", "0 of 8 trials"),)
    unmeasured = changed(report, "eos-gd-two-over-eta", conditions=silent, verdict="not run")
    assert contest(by_id(unmeasured, "eos-gd-two-over-eta")) == []
    assert front_context(unmeasured, [])["contests"] == []


@pytest.mark.parametrize("verdict", ["supported", "refuted", "not run"])
def test_badges_are_drawings_that_say_what_they_show(verdict):
    drawn = ElementTree.fromstring(badge_svg("law-<1>", verdict))
    label = drawn.get("aria-label")
    assert label.startswith("law-<1>: ")
    assert verdict in label
    widths = [float(e.get("textLength")) for e in drawn.iter() if e.get("textLength")]
    assert sum(widths) < float(drawn.get("width"))


def test_a_theorys_badge_counts():
    assert "✓ 6 ✗ 1 · 41 bits" in theory_badge_svg("edge", {"supported": 6, "refuted": 1}, 41.2)
    assert "bits" not in theory_badge_svg("edge", {"supported": 6}, None)


def test_a_reading_is_marked_on_its_page_and_in_its_row(report, tmp_path):
    name, place = "eos-gd-two-over-eta", tmp_path / "claims" / "eos-gd-two-over-eta.html"

    def row():
        return next(line for line in (tmp_path / "index.html").read_text().splitlines() if f'<tr id="{name}"' in line)

    build(report, tmp_path)
    assert "Looked up on 2026-11-28" in place.read_text()
    assert "A reading" not in place.read_text()
    assert "reading" not in row()
    unsaid = by_id(report, name).source.model_copy(update={"says": None})
    build(changed(report, name, reading=True, source=unsaid), tmp_path)
    assert "A reading" in place.read_text()
    assert "· reading" in row()


def test_what_excludes_conditions_that_are_shown_stands_on_the_page(report, tmp_path):
    excludes = Outside(because="of small steps", source=Source(cite="Cohen et al. 2021", at="section 2"))
    build(changed(report, "eos-gd-two-over-eta", outside=excludes), tmp_path)
    told = (tmp_path / "claims" / "eos-gd-two-over-eta.html").read_text()
    assert "The source excludes these (Cohen et al. 2021, section 2): Of small steps." in told


def test_a_figure_bears_the_formulas_own_symbol(report):
    assert symbol_of(by_id(report, "eos-gd-two-over-eta")) == r"\lambda_{\max}"
    assert symbol_of(by_id(report, "ntk-change-inverse-width")) == ""  # the slope is not what stands on the left
    assert symbol_of(by_id(report, "rademacher-bound")) == ""


def test_each_figure_is_a_file_with_its_citation(report, tmp_path):
    build(report, tmp_path)
    page = (tmp_path / "claims" / "eos-gd-two-over-eta.html").read_text()
    for name in ("eos-gd-two-over-eta.svg", "eos-gd-two-over-eta-phenomenon.svg"):
        assert f'href="{name}"' in page
        text = (tmp_path / "claims" / name).read_text()
        ElementTree.fromstring(text)
        assert "Tollens 0.1.0, claim eos-gd-two-over-eta, tier standard, 2026-11-24, commit 1f0c6c2b9e7a" in text
        assert "Cohen et al. 2021; supported; measured / predicted in [0.93, 1.07]" in text
    assert page.count("Cite: Tollens 0.1.0, claim eos-gd-two-over-eta") == 2


def test_what_is_judged_comes_first():
    """A loss beside a slope is no picture of the slope: the figure of all conditions comes before it."""
    loss = {"observable": "loss", "axis": "step", "x": [0, 1, 2], "trials": [[[3.0, 2.0, 1.0]]]}
    sharpness = loss | {"observable": "sharpness"}
    for curve, first in ((loss, False), (sharpness, True)):
        its = [condition({"width": width}, 2.0 * width, [1.0] * 8, curves=[curve]) for width in (1, 2, 3)]
        assert shows_judged(claim("law", "supported", conditions=its)) is first


def test_what_is_held_against_a_test_stands_on_its_page(report, tmp_path):
    build(changed(report, "eos-gd-two-over-eta", objections=("Digits are <b>no images</b>.",)), tmp_path)
    page = (tmp_path / "claims" / "eos-gd-two-over-eta.html").read_text()
    assert '<a href="#objections">objects</a>' in page
    assert "<li>Digits are &lt;b&gt;no images&lt;/b&gt;.</li>" in page
    assert "objections" not in (tmp_path / "claims" / "eos-heavy-ball.html").read_text()
