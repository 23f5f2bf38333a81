"""Positions in the strips of the front page, against positions worked out by hand."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

from leaderboard.board_strips import MOST, claim_strip
from runners.reporting.region import Region
from tests.made_up import a_condition


def paths(markup: str) -> dict[str, str]:
    return {e.get("class"): e.get("d") for e in ElementTree.fromstring(markup)}


def test_the_region_fills_the_middle_third():
    # T = [-0.2, 0.2]: half-width 0.2. The axis runs over 6 half-widths on 300 units: 50 a half-width, 150 the middle.
    strip = claim_strip([a_condition(0.1, [-0.3, 0.2])], Region("difference", -0.2, 0.2))
    assert paths(strip)["i a"] == "M75 11H200"
    assert paths(strip)["p a"] == "M175 11h0"
    assert "x" not in paths(strip)  # equality in the very middle is drawn by the style sheet
    assert ElementTree.fromstring(strip).get("class") == "strip both mid"


def test_equality_off_the_middle_is_drawn_where_it_lies():
    strip = claim_strip([a_condition(0.0, [0.0, 0.1])], Region("difference", -0.1, 0.3))
    assert ElementTree.fromstring(strip).get("class") == "strip both"
    assert paths(strip)["x"].startswith("M125 0")  # half a half-width below the middle


def test_what_lies_beyond_becomes_an_arrow():
    strip = claim_strip([a_condition(5.0, [4.0, math.inf], status="disagrees")], Region("difference", -0.2, 0.2))
    assert set(paths(strip)) == {"b d"}
    assert paths(strip)["b d"].startswith("M292")  # at the right end


def test_an_open_side_has_no_edge():
    strip = claim_strip([a_condition(0.25, [0.2, 0.3])], Region("ratio", float("-inf"), 1.0))
    assert ElementTree.fromstring(strip).get("class") == "strip below"
    assert paths(strip)["p a"] == "M100 11h0"  # two factors of two below the edge at 200
    above = claim_strip([a_condition(2.0, [1.5, 2.5])], Region("ratio", 1.0, float("inf")))
    assert ElementTree.fromstring(above).get("class") == "strip above"


def test_each_judged_condition_has_its_own_line():
    conditions = [
        a_condition(0.0, [-0.1, 0.1]),
        a_condition(None, None, status="unavailable"),
        a_condition(0.1, [0, 0.1], status="undecided"),
    ]
    found = paths(claim_strip(conditions, Region("difference", -0.2, 0.2)))
    heights = [float(re.search(r"M\d+ (\S+)H", found[kind])[1]) for kind in ("i a", "i u")]
    assert heights[0] < heights[1]
    assert found["p o"] == found["p u"]  # a ring: a small dot of paper on a larger one


def test_of_many_conditions_those_are_drawn_that_reach_farthest():
    conditions = [a_condition(0.001 * i, [0.001 * i - 0.01, 0.001 * i + 0.01]) for i in range(40)]
    drawn = paths(claim_strip(conditions, Region("difference", -0.2, 0.2)))["p a"]
    assert drawn.count("M") == MOST
    assert "M160 " in drawn  # the last one, at 0.039 of 0.2: 150 + 50 * 0.195
    assert "M150 " not in drawn
