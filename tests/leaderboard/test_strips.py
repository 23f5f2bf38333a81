"""Positions in the strips, against positions worked out by hand."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from leaderboard.axes import Axis
from leaderboard.strips import agreement_axis, condition_strip
from runners.reporting.region import Region
from tests.made_up import a_condition


def shapes(markup: str, kind: str) -> list[dict[str, str]]:
    return [e.attrib for e in ElementTree.fromstring(markup).iter() if kind in e.get("class", "").split()]


def percents(element: dict[str, str], *names: str) -> list[float]:
    assert all(element[name].endswith("%") for name in names)
    return [float(element[name][:-1]) for name in names]


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
