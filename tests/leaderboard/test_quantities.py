from __future__ import annotations

import math

import pytest

from leaderboard.quantities import (
    finite,
    interval_text,
    number_text,
    percent_text,
    range_text,
    region_text,
    tick_texts,
)
from runners.reporting.region import Region


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (20.0, "20"),
        (20.44, "20.4"),
        (-1, "−1"),
        (0, "0"),
        (-0.0, "0"),
        (0.03125, "0.0312"),
        (12345.6, "12300"),
        (99999.9, "1×10⁵"),
        (2.5e-7, "2.5×10⁻⁷"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "undefined"),
        (None, "–"),
    ],
)
def test_numbers_are_written_for_people(number, text):
    assert number_text(number) == text


def test_interval_ends_that_differ_read_differently():
    assert interval_text([0.93, 1.07]) == "[0.93, 1.07]"
    assert interval_text([1.0001, 1.0004]) == "[1.0001, 1.0004]"
    assert interval_text((-math.inf, 1)) == "[−∞, 1]"
    assert interval_text(None) == "–"


def test_ticks_read_differently_or_are_left_out():
    assert tick_texts([0.39355, 0.3936, 0.39365]) == ["0.39355", "0.3936", "0.39365"]
    assert tick_texts([7.0, 7.0005, 7.001]) == ["7", "7.0005", "7.001"]
    assert tick_texts([0.5, 2.0, 1000.0]) == ["0.5", "2", "1000"]
    assert tick_texts([1 / 3, 0.5]) == ["0.3333", "0.5"]
    assert tick_texts([1.0, 1.0 + 1e-9, 1.0 + 2e-9]) == ["1", "", ""]
    assert tick_texts([4.0]) == ["4"]


def test_shares_in_percent():
    assert [percent_text(x) for x in (0.031, 1.0, 1.234, math.inf, None)] == ["3.1%", "100%", "123%", "∞", "–"]


def test_a_range_of_equal_numbers_is_one_number():
    assert range_text([2.0, 2.0]) == "2"
    assert range_text([40, 5, math.nan, None, 10]) == "5 to 40"
    assert range_text([None]) == "–"


def test_finite_leaves_out_what_is_no_number():
    assert finite([1, math.inf, None, math.nan, -2.5]) == [1.0, -2.5]


def test_regions_are_told_by_the_edges_that_count():
    assert region_text(Region("ratio", 0.93, 1.07)) == "measured / predicted in [0.93, 1.07]"
    assert region_text(Region("ratio", -math.inf, 1.0)) == "measured / predicted ≤ 1"
    assert region_text(Region("difference", 2.0, math.inf)) == "measured − predicted ≥ 2"
