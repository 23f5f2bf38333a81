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


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_folds_have_no_scale(scale):
    axis, measured = np.array([1.0, 2.0, 4.0]), np.array([[-1.0, -3.0], [-0.5, 1.0], [2.0, 2.0]])
    np.testing.assert_allclose(upward_crossing(scale * axis, measured), scale * upward_crossing(axis, measured))
    np.testing.assert_allclose(upward_crossing(axis, scale * measured), upward_crossing(axis, measured))
    np.testing.assert_allclose(at_zero(scale * axis, measured), at_zero(axis, measured))
    np.testing.assert_allclose(at_zero(axis, scale * measured), scale * at_zero(axis, measured))
    assert log_slope(scale * axis, scale * axis**2) == pytest.approx(2)


def test_one_step_size_is_its_own_limit_and_a_trial_that_diverged_leaves_the_others_alone():
    np.testing.assert_allclose(at_zero(np.array([0.1]), np.array([[5.0, 6.0]])), [5, 6])
    found = at_zero(np.array([0.1, 0.2]), np.array([[1.0, np.nan], [2.0, 3.0]]))
    np.testing.assert_allclose(found, [0.0, np.nan], atol=1e-12)
    np.testing.assert_allclose(rise(np.array([1, 2]), np.array([[1.0, np.nan], [2.0, 3.0]])), [1.0, np.nan])


@pytest.mark.parametrize("steps", [[0.1, 0.1], [0.0, 0.1], [0.0]])
def test_step_sizes_that_tell_nothing_are_refused(steps):
    with pytest.raises(ValueError, match="step sizes are"):
        at_zero(np.array(steps), np.ones((len(steps), 1)))


def test_a_slope_without_logarithms_is_no_number_and_one_without_distance_is_refused():
    for y in ([1.0, 0.0, 2.0], [1.0, -1.0, 2.0], [1.0, np.inf, 2.0], [1.0, np.nan, 2.0]):
        assert np.isnan(log_slope([1, 2, 3], y))
    for x in ([2.0, 2.0], [3.0], [0.0, 1.0]):
        with pytest.raises(ValueError, match="two different values"):
            log_slope(x, np.ones(len(x)))
