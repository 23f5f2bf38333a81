"""Maps of validity and discrepancy against size, on grids laid out by hand."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from leaderboard.validity import discrepancy_figure, validity_map
from runners.reporting.report_model import ClaimReport
from tests.made_up import claim, condition


def a_claim(points, shown=()) -> ClaimReport:
    conditions = [condition({"width": width, "depth": depth}, 1.0, [ratio] * 8) for width, depth, ratio in points]
    outside = [condition({"width": width, "depth": depth}, 1.0, [ratio] * 8) for width, depth, ratio in shown]
    return claim("law", "supported", conditions=conditions, shown=outside)


def test_the_map_puts_each_condition_at_its_place():
    law = a_claim([(64, 2, 1.2), (128, 2, 1.01), (128, 4, 1.02)], shown=[(512, 2, 1.0)])
    found = validity_map(law)
    assert (found.axis, found.columns) == ("width", ["64", "128", "512"])
    assert [row for row, _ in found.rows] == ["depth 2", "depth 4"]
    first, second = (spots for _, spots in found.rows)
    assert [spot.status for spot in first] == ["disagrees", "agrees", "agrees"]
    assert [spot.judged for spot in first] == [True, True, False]
    assert [spot.edge for spot in first] == ["", "boundary", ""]
    assert second[0] is None
    assert second[1].text == "● 1.02"


def test_one_condition_is_no_map():
    assert validity_map(a_claim([(64, 2, 1.0)])) is None


def test_discrepancy_falls_with_the_width():
    # 10% at 64 and 1% at 512, on axes that are logarithmic in both: the second point lies right of and below the first.
    axis, drawn = discrepancy_figure(a_claim([(64, 2, 1.1), (512, 2, 1.01)]))
    assert axis == "width"
    points = [e.attrib for e in ElementTree.fromstring(drawn).iter() if "point" in e.get("class", "")]
    heights = [e for e in ElementTree.fromstring(drawn).iter() if e.get("class") == "origin"]
    circles = [p for p in points if "cx" in p]
    assert len(points) == 2
    assert len(circles) + len(heights) == 2
    (edge,) = [e for e in ElementTree.fromstring(drawn).iter() if e.get("class") == "region"]
    agreeing = next(p for p in circles if "agrees" in p["class"].split())
    assert float(agreeing["cy"]) > float(edge.get("y"))  # inside the region is below its edge


@pytest.mark.parametrize("points", [[(64, 2, 1.1)], [(64, 2, 1.0), (64, 4, 1.0)]])
def test_without_sizes_or_discrepancies_there_is_no_figure(points):
    assert discrepancy_figure(a_claim(points)) is None
