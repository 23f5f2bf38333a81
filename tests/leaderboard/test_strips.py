"""Positions in the strips, against positions worked out by hand."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from leaderboard.axes import Axis
from leaderboard.region import Region
from leaderboard.strips import agreement_axis, claim_strip, condition_strip


def a_condition(agreement, interval, *, status="agrees", values=(), **fields) -> dict:
    base = {"status": status, "agreement": agreement, "interval": interval, "values": list(values)}
    return base | {"predicted": 10.0, "truth": None} | fields


def shapes(markup: str, kind: str) -> list[dict[str, str]]:
    return [e.attrib for e in ElementTree.fromstring(markup).iter() if kind in e.get("class", "").split()]


def percents(element: dict[str, str], *names: str) -> list[float]:
    assert all(element[name].endswith("%") for name in names)
    return [float(element[name][:-1]) for name in names]


def test_region_fills_the_middle_third_of_the_board():
    # T = [-0.2, 0.2]: half-width 0.2. The axis runs over 6 half-widths, so 0.1 is 0.5 of them above the middle.
    strip = claim_strip([a_condition(0.1, [-0.3, 0.2])], Region("difference", -0.2, 0.2))
    assert percents(shapes(strip, "region")[0], "x", "width") == pytest.approx([33.33, 33.33], abs=0.01)
    assert percents(shapes(strip, "interval")[0], "x1", "x2") == pytest.approx([25.0, 66.67], abs=0.01)
    assert percents(shapes(strip, "point")[0], "cx") == pytest.approx([58.33], abs=0.01)


def test_what_lies_beyond_the_board_becomes_an_arrow():
    strip = claim_strip([a_condition(5.0, [4.0, "inf"], status="disagrees")], Region("difference", -0.2, 0.2))
    assert not shapes(strip, "interval")
    assert not shapes(strip, "point")
    (arrow,) = shapes(strip, "right")
    assert "disagrees" in arrow["class"]


def test_half_open_region_reaches_the_end():
    strip = claim_strip([a_condition(0.25, [0.2, 0.3])], Region("ratio", float("-inf"), 1.0))
    assert percents(shapes(strip, "region")[0], "x", "width") == pytest.approx([0, 66.67], abs=0.01)
    assert percents(shapes(strip, "point")[0], "cx") == pytest.approx([33.33], abs=0.01)  # two factors of two below


def test_each_judged_condition_has_its_own_line():
    conditions = [
        a_condition(0.0, [-0.1, 0.1]),
        a_condition(None, None, status="unavailable"),
        a_condition(0.1, [0, 0.1]),
    ]
    ys = [float(e["y1"]) for e in shapes(claim_strip(conditions, Region("difference", -0.2, 0.2)), "interval")]
    assert len(ys) == 2
    assert ys[0] < ys[1]


def test_condition_strip_on_its_own_axis():
    condition = a_condition(1.0, [0.9, 1.1], values=[0.85, 1.0, 7.0], truth=11.5)
    strip = condition_strip(condition, Region("ratio", 0.9, 1.2), Axis(0.8, 1.3))
    assert percents(shapes(strip, "region")[0], "x", "width") == pytest.approx([20, 60])
    assert percents(shapes(strip, "interval")[0], "x1", "x2") == pytest.approx([20, 60])
    assert [percents(e, "cx")[0] for e in shapes(strip, "trial")] == pytest.approx([10, 40])  # 7.0 is off the axis
    assert percents(shapes(strip, "origin")[-1], "x") == pytest.approx([70])  # truth / predicted = 1.15


def test_axis_shows_region_intervals_and_truth_but_not_far_trials():
    condition = a_condition(0.3, [0.28, 0.33], values=[0.3, 0.31, 40.0], truth=2.0)
    axis = agreement_axis([condition], Region("ratio", 0.9, 1.1))
    assert axis.low < 0.2
    assert 1.1 < axis.high < 4


def test_axis_of_conditions_that_were_not_measured_shows_the_region():
    axis = agreement_axis([a_condition(None, None, status="error")], Region("ratio", 0.9, 1.1))
    assert axis.low < 0.9
    assert axis.high > 1.1
