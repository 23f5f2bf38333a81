"""Folds on curves whose exponent, minimum or spread is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runners.rule.folds import FOLDS, minimiser, slope, spread


def test_slope_of_a_power_law():
    width = np.array([16, 64, 256, 1024])
    exponents = np.array([-1.0, -0.5, 2.0])
    assert slope(width, 7.0 * width[:, None] ** exponents) == pytest.approx(exponents)


def test_slope_is_scipys_regression():
    generator = np.random.default_rng(0)
    width, measured = np.array([3.0, 10.0, 11.0, 50.0]), np.exp(generator.normal(size=(4, 5)))
    expected = [stats.linregress(np.log(width), np.log(column)).slope for column in measured.T]
    assert slope(width, measured) == pytest.approx(expected)


def test_slope_is_undefined_where_a_value_is_not_positive():
    measured = np.array([[1.0, 1.0, 1.0], [2.0, 0.0, -2.0]])
    assert np.isnan(slope(np.array([1, 2]), measured)).tolist() == [False, True, True]


@pytest.mark.parametrize("best", [0.05, 0.1, 0.13])
def test_minimiser_finds_the_vertex_of_a_parabola_in_the_logarithm(best):
    rate = np.array([0.0125, 0.025, 0.05, 0.1, 0.2, 0.4])
    measured = 3 + 0.7 * np.log(rate[:, None] / best) ** 2 * np.ones((1, 2))
    assert minimiser(rate, measured) == pytest.approx([best, best])


def test_minimiser_is_undefined_at_an_end_and_where_a_value_is_missing():
    rate = np.array([0.1, 0.2, 0.4])
    columns = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [3.0, np.inf, 3.0], [3.0, 2.0, np.nan], [3.0, 2.0, 3.0]])
    assert np.isnan(minimiser(rate, columns.T)).tolist() == [True, True, True, True, False]


def test_minimiser_of_a_flat_valley_lies_in_the_valley():
    rate = np.array([0.1, 0.2, 0.4, 0.8])
    (found,) = minimiser(rate, np.array([[2.0], [1.0], [1.0], [2.0]]))
    assert 0.2 <= found <= 0.4
    (level,) = minimiser(rate, np.array([[1.0 + 1e-16], [1.0], [1.0], [1.0]]))
    assert np.isnan(level)  # the smallest value is the first: the grid does not hold the minimum


def test_spread_is_relative_to_the_largest_magnitude():
    measured = np.array([[1.0, -4.0, 0.0, 2.0], [1.0, 2.0, 0.0, 1.0]])
    assert spread(np.array(["jax", "torch"]), measured) == pytest.approx([0.0, 1.5, 0.0, 0.5])


def test_every_fold_yields_one_number_a_trial():
    axis, measured = np.array([1.0, 2.0, 4.0]), np.array([[3.0, 1.0], [1.0, 1.0], [2.0, 1.0]])
    for fold in FOLDS.values():
        assert fold(axis, measured).shape == (2,)


def test_minimiser_looks_at_the_nearest_three_points_only():
    """What lies farther out is no parabola."""
    rate = np.array([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4])
    measured = np.log2(rate / 0.9) ** 2
    measured[[0, 1, -2, -1]] = 1e3, 50.0, 7e2, 1e4
    assert minimiser(rate, measured[:, None]) == pytest.approx([0.9])


def test_spread_of_small_numbers():
    assert spread(np.array([1, 2]), np.array([[0.01], [-0.03]])) == pytest.approx([4 / 3])
