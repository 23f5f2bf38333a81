"""Folds by hand, and the exponent that a fit reads off a power law."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.instruments.fits import log_slope
from predictions.instruments.folds import at_zero, rise, upward_crossing


def test_crossing_by_hand():
    measured = np.array([[-1.0, -3.0, 1.0], [1.0, -1.0, 2.0], [2.0, 1.0, 3.0]])
    np.testing.assert_allclose(upward_crossing(np.array([1, 2, 4]), measured), [1.5, 3.0, np.nan])
    shuffled = upward_crossing(np.array([4, 1, 2]), measured[[2, 0, 1]])
    np.testing.assert_allclose(shuffled, [1.5, 3.0, np.nan])


def test_a_crossing_beside_an_undefined_value_is_undefined():
    """It might have crossed before; and towards an infinite value the place between is unknown."""
    measured = np.array([[-1.0, -1.0, np.nan, -1.0], [np.nan, 1.0, -1.0, np.inf], [1.0, np.nan, 1.0, 1.0]])
    assert np.isnan(upward_crossing(np.array([1, 2, 4]), measured)).all()
    np.testing.assert_allclose(upward_crossing(np.array([1e-30, 3e-30]), np.array([[-1e30], [1e30]])), [2e-30])


def test_rise_is_from_the_least_value_of_the_axis_to_the_largest():
    np.testing.assert_allclose(rise(np.array([64, 16, 256]), np.array([[1.0, 2], [0, 5], [4, 4]])), [4, -1])


def test_the_limit_of_a_polynomial_is_its_constant():
    steps = np.array([0.1, 0.2, 0.3])
    values = np.stack([3 - 2 * steps + 5 * steps**2, steps, 1 + 0 * steps], axis=1)
    np.testing.assert_allclose(at_zero(steps, values), [3, 0, 1], atol=1e-12)


def test_exponent_of_a_power_law():
    x = np.array([1.0, 3, 10, 40])
    assert log_slope(x, 5 * x**-1.7) == pytest.approx(-1.7)
