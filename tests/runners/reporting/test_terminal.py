"""The table of verdicts: what is written in it is seen, brackets and infinities included."""

from __future__ import annotations

import math

import pytest

from runners.measuring.progress import Progress, Setback
from runners.reporting.terminal import ProgressLines, figure, print_verdicts, span, strip, widest


def cell(interval, region=(0.5, 1.5)):
    numbers = {"predicted": 1.0, "measured": 1.0, "agreement": interval[0]}
    return numbers | {"interval": list(interval), "region": list(region)}


def printed(capsys, **changes) -> str:
    claim = {
        "id": "law",
        "verdict": "refuted",
        "reason": "no",
        "expect": "open",
        "contradicts_expectation": False,
        "conditions": [cell(("inf", "inf"))],
        "bits": -5.0,
        "agreement": {"share": None, "by": "ratio"},
        **changes,
    }
    print_verdicts({"tier": "smoke", "claims": [claim]})
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
    assert "law" in printed(capsys, conditions=[{**cell((1, 1)), "interval": None}])


def test_the_widest_condition_is_the_one_nearest_to_failing():
    near, far = cell((0.9, 1.1)), cell((0.9, 1.4))
    assert widest([near, far]) is far
    assert widest([far, cell((0.9, "inf"))])["interval"][1] == "inf"
    bound = ("-inf", 1.0)
    assert widest([cell((0.1, 0.2), bound), cell((-5, 0.9), bound)])["interval"] == [-5, 0.9]
    assert widest([cell((0.9, 0.9), (1.0, 1.0)), cell((1.0, 1.0), (1.0, 1.0))])["interval"] == [0.9, 0.9]
    assert widest([]) is None


def test_figures():
    assert (figure(None), figure("inf"), figure(1 / 3), span(None)) == ("", "inf", "0.3333", "")
    assert span([0.1, math.pi]) == "[0.1, 3.142]"


def drawn(agreement, interval, region, *, ratio=False) -> str:
    return strip({"agreement": agreement, "interval": interval, "region": region}, ratio=ratio)


def test_strips_show_the_region_in_the_middle_third():
    # 19 cells over 6 half-widths: a third of a half-width each; the region's edges are in cells 6 and 12.
    assert drawn(0.0, [-0.1, 0.1], [-0.3, 0.3]) == "······▒▒━●━▒▒······"
    assert drawn(0.5, [0.4, 0.9], [-0.3, 0.3]) == "······▒▒▒▒▒▒▒━●━━━━"
    assert drawn(0.5, [0.4, 1.4], [-0.3, 0.3]) == "······▒▒▒▒▒▒▒━●━━━▸"
    assert drawn("-inf", ["-inf", "-inf"], [-0.3, 0.3]) == "◂·····▒▒▒▒▒▒▒······"


def test_strips_of_ratios_are_logarithmic_and_open_sides_have_no_edge():
    assert drawn(1.6, [1.6, 1.6], [0.25, 4.0], ratio=True) == "······▒▒▒▒●▒▒······"  # a third of ln 4
    assert drawn(0.5, [0.5, 0.5], ["-inf", 1.0], ratio=True) == "▒▒▒▒▒▒▒▒▒●▒▒▒······"
    assert drawn(1.0, [1.0, 1.0], [0.5, "inf"]) == "······▒▒▒●▒▒▒▒▒▒▒▒▒"


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
