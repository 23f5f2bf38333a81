"""The ridge fit against least squares, and its errors against rows drawn at random."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.feature_regression.gaussian_data import LABELS, draw_data, errors, ridge_coefficients

CONDITION = {"modes": 30, "target_exponent": 1.5}


@pytest.mark.parametrize("shape", [(12, 40), (40, 12)])
def test_interpolator_is_the_least_squares_solution_of_least_norm(shape):
    generator = np.random.default_rng(1)
    design, labels = generator.standard_normal(shape), generator.standard_normal((shape[0], 3))
    expected = np.linalg.lstsq(design, labels, rcond=None)[0]
    np.testing.assert_allclose(ridge_coefficients(design, labels, 0), expected, atol=1e-10)


@pytest.mark.parametrize("shape", [(12, 40), (40, 12)])
def test_ridge_is_least_squares_with_extra_rows(shape):
    generator = np.random.default_rng(2)
    design, labels = generator.standard_normal(shape), generator.standard_normal((shape[0], 3))
    rows = np.concatenate([design, np.sqrt(0.7) * np.eye(shape[1])])
    expected = np.linalg.lstsq(rows, np.concatenate([labels, np.zeros((shape[1], 3))]), rcond=None)[0]
    np.testing.assert_allclose(ridge_coefficients(design, labels, 0.7), expected, atol=1e-10)


def test_targets_have_the_energies_of_the_condition_and_fewer_rows_are_the_first_ones():
    few, many = (draw_data(CONDITION, n, np.random.default_rng(3)) for n in (5, 20))
    energies = np.arange(1.0, 31) ** -1.5
    np.testing.assert_allclose(few.targets[:, 0] ** 2, energies / energies.sum())
    np.testing.assert_array_equal(few.rows, many.rows[:5])
    np.testing.assert_allclose(few.labels[:, :LABELS], few.rows @ few.targets)


def test_errors_are_those_of_noisy_test_rows():
    generator = np.random.default_rng(4)
    draw = draw_data(CONDITION, 15, generator)
    variances = np.linspace(0.5, 2, 30)
    learned = generator.standard_normal((30, 2 * LABELS)) / 10
    found = errors(draw, learned, draw.rows @ learned, noise_variance=0.4, test_variances=variances)

    fits = np.concatenate([learned[:, :LABELS] + sign * np.sqrt(0.4) * learned[:, LABELS:] for sign in (1, -1)], axis=1)
    rows = generator.standard_normal((200_000, 30)) * np.sqrt(variances)
    truth, values = np.tile(rows @ draw.targets, 2), rows @ fits
    squares = (values - truth - np.sqrt(0.4) * generator.standard_normal(values.shape)) ** 2
    assert found["test_risk"] == pytest.approx(squares.mean(), rel=0.01)
    assert found["excess_risk"] == pytest.approx(np.mean((values - truth) ** 2), rel=0.01)
    assert found["test_risk"] - found["excess_risk"] == pytest.approx(0.4)

    labels = [draw.labels[:, :LABELS] + sign * np.sqrt(0.4) * draw.labels[:, LABELS:] for sign in (1, -1)]
    residuals = np.concatenate(labels, axis=1) - draw.rows @ fits
    assert found["train_error"] == pytest.approx(np.mean(residuals**2))
