"""The table of verdicts: what is written in it is seen, brackets and infinities included."""

from __future__ import annotations

import math

import pytest

from runners.measuring.progress import Progress, Setback, UnderWay
from runners.reporting.region import Region
from runners.reporting.terminal import ProgressLines, figure, print_verdicts, span, strip
from tests.made_up import a_condition, claim, not_measured, report_of


def printed(capsys, verdict="refuted", **fields) -> str:
    diverged = a_condition(math.inf, (math.inf, math.inf), status="disagrees")
    print_verdicts(report_of([claim("law", verdict, **{"conditions": [diverged], **fields})]))
    return capsys.readouterr().out


@pytest.mark.parametrize("reason", ["OSError: [Errno 2] '[/tmp/x]'", "the [kernel] of [bold] toys", "[/]", "50% [:4]"])
def test_a_reason_is_printed_as_it_is(capsys, reason):
    assert f"law: {reason}" in printed(capsys, reason=reason)


def test_infinite_intervals_are_seen(capsys):
    assert "ratio [inf, inf]" in printed(capsys)


def test_a_verdict_against_expectation_says_so(capsys):
    out = printed(capsys, contradicts_expectation=True, expect="supported")
    assert "expected" in out
    assert "supported" in out


def test_a_claim_that_was_not_run_has_a_line(capsys):
    assert "law" in printed(capsys, "not run", conditions=[not_measured({}, "not run", "0 of 8 trials")])


def test_claims_that_lack_the_same_data_have_one_line(capsys):
    absent = {"conditions": [], "reason": "steplaw is not here"}
    claims = [claim(name, "unavailable", **absent) for name in ("rate", "batch")]
    print_verdicts(report_of([*claims, claim("law", "unavailable", **absent | {"reason": "cifar10 is not here"})]))
    said = capsys.readouterr().out.partition("└")[2].splitlines()[1:]
    assert said == ["0 verdicts rest on 0 experiments.", "2 claims: steplaw is not here", "law: cifar10 is not here"]


def test_many_claims_fit_a_screen(capsys):
    """Counts, what contradicts, what is missing once a data set; the rest by --verbose."""
    many = [claim(f"law-{number}", "supported") for number in range(150)]
    against = claim(
        "law-against", "refuted", expect="supported", contradicts_expectation=True, reason="2 of 2 disagree"
    )
    absent = {"conditions": [], "reason": "cifar10 is not here"}
    document = report_of([*many, against, *(claim(f"lost-{n}", "unavailable", **absent) for n in range(20))])
    print_verdicts(document)
    said = capsys.readouterr().out.splitlines()
    assert len(said) <= 24
    assert "150 supported, 20 unavailable, 1 refuted" in said[0]
    assert "law-against: refuted (expected supported): 2 of 2 disagree" in said
    assert "20 claims: cifar10 is not here" in said
    print_verdicts(document, verbose=True)
    assert len(capsys.readouterr().out.splitlines()) > 300


def test_figures():
    assert (figure(None), figure(math.inf), figure(1 / 3), span(None)) == ("", "inf", "0.3333", "")
    assert span((0.1, math.pi)) == "[0.1, 3.142]"


def drawn(agreement, interval, region, *, by="difference") -> str:
    return strip(a_condition(agreement, interval), Region(by, *region))


def test_strips_show_the_region_in_the_middle_third():
    # 19 cells over 6 half-widths: a third of a half-width each; the region's edges are in cells 6 and 12.
    assert drawn(0.0, [-0.1, 0.1], [-0.3, 0.3]) == "······▒▒━●━▒▒······"
    assert drawn(0.5, [0.4, 0.9], [-0.3, 0.3]) == "······▒▒▒▒▒▒▒━●━━━━"
    assert drawn(0.5, [0.4, 1.4], [-0.3, 0.3]) == "······▒▒▒▒▒▒▒━●━━━▸"
    assert drawn(-math.inf, [-math.inf, -math.inf], [-0.3, 0.3]) == "◂·····▒▒▒▒▒▒▒······"


def test_strips_of_ratios_are_logarithmic_and_open_sides_have_no_edge():
    assert drawn(1.6, [1.6, 1.6], [0.25, 4.0], by="ratio") == "······▒▒▒▒●▒▒······"  # a third of ln 4
    assert drawn(0.5, [0.5, 0.5], [-math.inf, 1.0], by="ratio") == "▒▒▒▒▒▒▒▒▒●▒▒▒······"
    assert drawn(1.0, [1.0, 1.0], [0.5, math.inf]) == "······▒▒▒●▒▒▒▒▒▒▒▒▒"


def test_what_is_missing_is_told_once_and_other_faults_each_time(capsys):
    lines, progress = ProgressLines(), Progress()
    lines.EVERY = math.inf
    for status, message in [
        ("unavailable", "no data"),
        ("unavailable", "no data"),
        ("error", "broke"),
        ("error", "broke"),
    ]:
        progress.setbacks.append(Setback("block", status, message, 0.0, False))
        lines(f"block  {status}: {message}", progress)
    progress.setbacks.append(Setback("block", "unavailable", "no GPU", 0.0, False))
    lines("block  unavailable: no GPU", progress)
    assert capsys.readouterr().err.splitlines() == [
        "block  unavailable: no data",
        "block  error: broke",
        "block  error: broke",
        "block  unavailable: no GPU",
    ]


@pytest.mark.parametrize(("seconds", "left"), [(20, "1 min"), (200, "3 min"), (9000, "2.5 hours")])
def test_progress_shows_the_block_that_takes_longest_and_its_time_left(seconds, left, capsys):
    progress = Progress(under_way=[UnderWay("toy(width=2)[0:8]", 0.4, seconds), UnderWay("another", 0.9, 1)])
    ProgressLines()("", progress)
    assert f"toy(width=2)[0:8] 40%, about {left} left" in capsys.readouterr().err


def test_what_became_of_a_checkpoint_is_told_at_once(capsys):
    lines, progress = ProgressLines(), Progress()
    lines("first", progress)
    progress.notes.append("it starts anew")
    lines("toy  3.0 s  its checkpoint cannot be read: it starts anew", progress)
    assert "cannot be read" in capsys.readouterr().err
