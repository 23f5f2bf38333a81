"""History on the board: sparklines, flips and the table of changes, against runs whose course is known."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from leaderboard.board import build
from leaderboard.history import (
    MOST,
    injections,
    last_flip,
    measured_anew,
    measurements,
    passages,
    replicated,
    sparkline,
)
from leaderboard.table import changes_table
from runners.reporting.changes import Kind
from runners.reporting.history import in_short
from runners.reporting.run_model import Run

LAW = "eos-gd-two-over-eta"


@pytest.fixture(scope="module")
def runs(report) -> list[Run]:
    """Three runs: the second, under another version of jax, flips a law; the third flips it back."""
    found = []
    for day, verdict, jax in ((1, "supported", "0.9.0"), (2, "refuted", "0.9.1"), (3, "supported", "0.10.2")):
        run = in_short(report)
        environment = run.environment.model_copy(update={"libraries": {**run.environment.libraries, "jax": jax}})
        said = {"verdict": verdict, "measurement": f"day {day}"}
        claims = run.claims | {LAW: run.claims[LAW].model_copy(update=said)}
        found.append(at(run, f"2026-11-{20 + day}T00:00:00Z", environment=environment, claims=claims))
    return found


def at(run: Run, created: str, **fields) -> Run:
    """The run, made at another time."""
    return run.model_copy(update={"created": created, **fields})


def measured(run: Run, created: str, **fields) -> Run:
    """The run, made at another time from records of its own."""
    law = run.claims[LAW].model_copy(update={"measurement": created})
    return at(run, created, claims=run.claims | {LAW: law}, **fields)


def marks(svg: str) -> dict[str, str]:
    return {e.get("class"): e.get("d") for e in ElementTree.fromstring(svg)}


def test_flips_are_found_latest_first(runs):
    walk = passages(runs)
    assert [passage.counts["flipped"] for passage in walk] == [1, 1]
    assert walk[0].surroundings == ["jax 0.9.1 → 0.10.2"]
    passage, change = last_flip(walk, LAW)
    assert (change.was, change.now, change.kind) == ("refuted", "supported", Kind.FLIPPED)
    assert passage.after.created == runs[-1].created
    assert last_flip(walk, "dln-sigmoid") is None


def test_tiers_are_compared_with_themselves(runs):
    other = at(runs[1], runs[1].created, tier="smoke")
    walk = passages([runs[0], other, runs[2]])
    assert [(p.before, p.after) for p in walk] == [(runs[0], runs[2])]


def test_an_epoch_that_replicates_some_claims_takes_nothing_from_the_next_run(runs):
    some = {name: said.model_copy(update={"measurement": "again"}) for name, said in list(runs[1].claims.items())[:3]}
    again = at(runs[1], runs[1].created, epoch="again", claims=some)
    next_run, replication = passages([runs[0], again, runs[2]])
    assert (next_run.before, next_run.after) == (runs[0], runs[2])
    assert (replication.before, replication.after) == (runs[0], again)
    assert replication.counts["dropped"] == 0 < replication.counts["not run"]
    assert {change.claim for change in replication.told} <= {*some}


def test_a_sparkline_marks_each_run_by_its_verdict(runs):
    drawn = marks(sparkline(runs, LAW, "standard"))
    # The 1st and the 3rd run support it, the 2nd refutes it; marks are 6 apart, the first at 3.
    assert [part.split()[0] for part in drawn["p a"].split("M")[1:]] == ["3", "15"]
    assert drawn["p d"].startswith("M9 ")
    assert "supported → refuted → supported" in sparkline(runs, LAW, "standard")


def test_alike_neighbours_are_drawn_as_one_dashed_line(runs):
    drawn = marks(sparkline([runs[0], runs[2]], LAW, "standard"))
    assert drawn["p a"].startswith("M3 ")
    assert drawn["p a"].endswith("h6.1")  # a little longer than one step, or the last dot would be missing


def test_a_measurement_that_is_published_twice_is_one_dot(runs):
    again = [runs[0], at(runs[0], "2026-11-21T12:00:00Z"), *runs[1:]]
    found = measurements(again, LAW)
    assert [len(it.published) for it in found] == [2, 1, 1]
    assert sparkline(again, LAW, "standard") == sparkline(runs, LAW, "standard")
    assert [measured_anew(again, run) for run in again][1:3] == [0, 1]
    assert sparkline(again[:2], LAW, "standard") == ""


def test_a_verdict_is_replicated_by_another_epoch_and_not_by_another_run(runs):
    later = measured(runs[0], "2026-12-01T00:00:00Z", epoch="2026-W49")
    assert replicated([runs[0], later], [LAW]) == 1
    assert replicated([runs[0], measured(runs[0], "2026-12-01T00:00:00Z")], [LAW]) == 0
    elsewhere = later.model_copy(update={"tier": "long"})
    assert replicated([runs[0], elsewhere], [LAW]) == 0
    undecided = [
        run.model_copy(update={"claims": {LAW: run.claims[LAW].model_copy(update={"verdict": "inconclusive"})}})
        for run in (runs[0], later)
    ]
    assert replicated(undecided, [LAW]) == 0, "what neither epoch decided is no replication"
    flipped = later.claims[LAW].model_copy(update={"verdict": "refuted"})
    assert replicated([runs[0], later.model_copy(update={"claims": {LAW: flipped}})], [LAW]) == 0


def test_flips_stand_on_a_page_of_their_own(report, runs, tmp_path):
    build(report, tmp_path, history=runs)
    page = (tmp_path / "flips.html").read_text()
    assert page.count(f"claims/{LAW}.html#history") == 2
    assert "2 flipped" in page
    # what was never judged on trials could not have flipped
    assert f"{sum(bool(claim.judged) for claim in report.falsifiable)} claims were measured" in page
    build(report, tmp_path / "one")
    assert "none could" in (tmp_path / "one" / "flips.html").read_text()


def test_the_feed_has_an_entry_a_run_and_a_flip(report, runs, tmp_path):
    build(report, tmp_path, history=runs, site="https://tollens.example/board")
    root = ElementTree.parse(tmp_path / "feed.xml").getroot()
    atom = "{http://www.w3.org/2005/Atom}"
    entries = root.findall(f"{atom}entry")
    titles = [entry.findtext(f"{atom}title") for entry in entries]
    assert titles.count(f"{LAW}: supported → refuted") == 1
    assert len(titles) == len({run.created for run in (*runs, in_short(report))}) + 2
    for one in (root, *entries):  # what RFC 4287 asks of every one
        assert one.findtext(f"{atom}id").startswith("urn:uuid:")
        assert one.findtext(f"{atom}updated").endswith("Z")
        assert one.find(f"{atom}link").get("href").startswith("https://tollens.example/board/")
    ids = [entry.findtext(f"{atom}id") for entry in entries]
    assert len(set(ids)) == len(ids)
    assert [it.findtext(f"{atom}updated") for it in entries] == sorted(
        (it.findtext(f"{atom}updated") for it in entries), reverse=True
    )


def test_one_run_has_no_course(runs):
    assert sparkline(runs[:1], LAW, "standard") == ""
    assert sparkline(runs, LAW, "full") == ""


def test_only_the_latest_runs_are_drawn(runs):
    many = [measured(runs[0], f"2026-01-{day:02d}T00:00:00Z") for day in range(1, 29)]
    assert f"{MOST} × supported" in sparkline(many, LAW, "standard")


def test_the_board_tells_what_changed(report, runs, tmp_path):
    build(report, tmp_path, history=runs[:2])
    page = (tmp_path / "history.html").read_text()
    assert f"claims/{LAW}.html#history" in page
    assert "flipped" in page
    assert "jax 0.9.0 → 0.9.1" in page
    assert 'title="on 2026-11-24">flipped<' in (tmp_path / "index.html").read_text()
    claim = (tmp_path / "claims" / f"{LAW}.html").read_text()
    history = claim[claim.index('id="history"') :]
    assert history.count("2026-11-2") >= 4  # three runs, and the passages between them
    assert "refuted → supported" in history


def test_a_first_run_has_nothing_to_be_compared_with(report, tmp_path):
    build(report, tmp_path)
    assert "nothing to compare it with" in (tmp_path / "history.html").read_text()


def test_changes_are_told_in_a_table_of_text(runs):
    lines = changes_table(runs).splitlines()
    flips = [line for line in lines if "**flipped**" in line]
    assert len(flips) == 2
    assert flips[0].startswith("| 2026-11-23 | standard | eos-gd-two-over-eta | **flipped** | refuted | supported |")
    assert "jax 0.9.1 → 0.10.2" in flips[0]


def test_injections_are_counted_over_all_runs_and_once(runs):
    first = (("law", "c1", 1.02, 0.0, True), ("law", "c2", 0.98, 0.0, False))
    found = (first, first, (("law", "c1", 1.0, 0.3, True),), ())
    assert injections(at(runs[0], "now", injections=copies) for copies in found) == (2, 3)
