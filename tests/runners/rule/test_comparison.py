"""Agreement values by hand, and the region in the observable's units."""

from __future__ import annotations

import numpy as np
import pytest

from runners.rule.comparison import Incomparable, against, agreement, agreements, region_in_units, widths_away

ARRAY = np.array([3.0, 4.0])


def compare(by, measured, predicted, within=(0.0, 10.0)):
    return agreement(by, np.asarray(measured, dtype=float), np.asarray(predicted, dtype=float), name="law")


def test_three_ways_to_compare():
    assert compare("ratio", 3.0, 2.0) == 1.5
    assert compare("ratio", -3.0, -2.0) == 1.5
    assert compare("difference", 3.0, 2.0) == 1.0
    assert compare("distance", [3.0, 5.0], ARRAY) == pytest.approx(1 / 5)
    assert compare("distance", ARRAY, ARRAY) == 0.0


@pytest.mark.parametrize("by", ["ratio", "difference"])
def test_numbers_together_are_compared_as_each_is_alone(by):
    measured = np.array([3.0, -3.0, 1e308, np.nan, np.inf, -np.inf, 0.1])
    predicted = [np.asarray(it) for it in (2.0, 0.3, 1e-300, 0.0 if by == "difference" else 7.0, 2.0, -2.0, 0.7)]
    alone = [agreement(by, *pair, name="law") for pair in zip(measured, predicted, strict=True)]
    assert agreements(by, measured, predicted, name="law").tobytes() == np.array(alone).tobytes()
    assert agreements(by, measured[:0], [], name="law").shape == (0,)


def test_of_numbers_together_one_may_be_incomparable():
    zero = [np.asarray(2.0), np.asarray(0.0)]
    with pytest.raises(Incomparable, match="law predicts 0"):
        agreements("ratio", np.array([1.0, 1.0]), zero, name="law")
    assert np.isinf(agreements("ratio", np.array([1.0, np.nan]), zero, name="law")[1])
    with pytest.raises(Incomparable, match=r"shape \(2,\)"):
        agreements("ratio", np.array([1.0]), [np.ones(2)], name="law")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_infinitely_far(bad):
    assert np.isinf(compare("ratio", bad, 2.0))
    assert np.isinf(compare("difference", bad, 2.0))
    assert compare("distance", [3.0, bad], ARRAY) == np.inf


@pytest.mark.parametrize(
    ("by", "measured", "predicted", "words"),
    [
        ("ratio", 1.0, 0.0, "difference"),
        ("distance", ARRAY, 0 * ARRAY, "difference"),
        ("distance", ARRAY, [1.0, 2.0, 3.0], r"\(3,\).*\(2,\)"),
        ("ratio", 1.0, ARRAY, r"\(2,\).*\(\)"),
    ],
)
def test_what_cannot_be_compared_says_so_and_names_the_theory(by, measured, predicted, words):
    with pytest.raises(Incomparable, match=rf"law.*{words}"):
        compare(by, measured, predicted)


def test_what_is_infinite_lies_outside_of_an_open_side():
    values = np.array([np.inf, -np.inf, 2.0])
    assert against(values, (1.0, np.inf)).tolist() == [-np.inf, -np.inf, 2.0]
    assert against(values, (-np.inf, 1.0)).tolist() == [np.inf, np.inf, 2.0]
    assert against(values, (0.0, 1.0)).tolist() == [np.inf, -np.inf, 2.0]


def test_the_region_in_the_observables_units():
    """Bits are computed from it."""
    assert region_in_units("difference", (-0.25, 0.5), 2.0) == (1.75, 2.5)
    assert region_in_units("ratio", (0.5, 1.25), 4.0) == (2.0, 5.0)
    assert region_in_units("ratio", (0.5, 1.25), -4.0) == (-5.0, -2.0)  # a ratio to a negative number turns it round


def test_what_has_another_shape_is_told_what_to_return():
    problem = "law predicts shape (2,), but the observable has shape () in a trial; return a number"
    with pytest.raises(Incomparable) as told:
        compare("ratio", 1.0, ARRAY)
    assert str(told.value) == problem
    with pytest.raises(Incomparable) as told:
        compare("distance", ARRAY, 1.0)
    assert str(told.value).endswith("has shape (2,) in a trial; return an array of that shape")


@pytest.mark.parametrize(
    ("by", "within", "value", "widths"),
    [
        ("difference", (-0.1, 0.1), 0.05, 0.0),
        ("difference", (-0.1, 0.1), 0.5, 2.0),  # 0.4 beyond an edge, of a width of 0.2
        ("difference", (-0.1, 0.1), -0.2, 0.5),
        ("ratio", (0.5, 2.0), 16.0, 1.5),  # three octaves beyond, of two
        ("ratio", (0.5, 2.0), 0.125, 1.0),
        ("distance", (0.0, 0.1), 0.3, 2.0),
        ("ratio", (0.0, 1.0), 3.0, None),  # an open side on a log scale
        ("ratio", (0.5, 2.0), -1.0, None),
        ("difference", (0.0, float("inf")), -1.0, None),
        ("difference", (0.0, 0.0), 1.0, None),
    ],
)
def test_distance_from_the_region_in_widths_of_it(by, within, value, widths):
    found = widths_away(by, within, value)
    assert found == widths if widths is None else found == pytest.approx(widths)
