"""Averages of erf units in closed form, against Gauss-Hermite quadrature over four correlated fields."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import erf

from predictions.online_learning import gaussian_averages

FIELDS = 4
COVARIANCE = np.array([[0.8, 0.2, 0.3, 0.1], [0.2, 0.5, -0.1, 0.2], [0.3, -0.1, 1.1, 0.05], [0.1, 0.2, 0.05, 0.9]])
NODES, WEIGHTS = hermegauss(26)


@pytest.fixture(scope="module")
def fields():
    """Quadrature points with covariance COVARIANCE, (points, fields), and their weights."""
    grid = np.stack(np.meshgrid(*[NODES] * FIELDS, indexing="ij"), axis=-1).reshape(-1, FIELDS)
    weights = np.prod(np.stack(np.meshgrid(*[WEIGHTS] * FIELDS, indexing="ij")), axis=0).ravel()
    return grid @ np.linalg.cholesky(COVARIANCE).T, weights / weights.sum()


def unit(u):
    return erf(u / np.sqrt(2))


def slope(u):
    return np.sqrt(2 / np.pi) * np.exp(-(u**2) / 2)


def test_products(fields):
    u, weights = fields
    expected = (weights[:, None] * unit(u)).T @ unit(u)
    np.testing.assert_allclose(gaussian_averages.products(COVARIANCE), expected, atol=1e-7)


def test_noise_products(fields):
    u, weights = fields
    expected = (weights[:, None] * slope(u)).T @ slope(u)
    off = ~np.eye(FIELDS, dtype=bool)
    measured = gaussian_averages.noise_products(COVARIANCE)
    np.testing.assert_allclose(measured[off], expected[off], atol=1e-7)
    single = [2 / np.pi / np.sqrt(1 + 2 * variance) for variance in np.diagonal(COVARIANCE)]  # E exp(-u^2)
    np.testing.assert_allclose(np.diagonal(measured), single, rtol=1e-12)


@pytest.mark.parametrize(("i", "n", "m"), [(0, 0, 1), (0, 1, 0), (1, 2, 3), (2, 2, 2), (3, 0, 0)])
def test_drifts(fields, i, n, m):
    u, weights = fields
    expected = np.sum(weights * slope(u[:, i]) * u[:, n] * unit(u[:, m]))
    assert gaussian_averages.drifts(COVARIANCE)[i, n, m] == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(("i", "k", "n", "m"), [(0, 1, 2, 3), (1, 1, 0, 2), (0, 0, 0, 0), (1, 0, 3, 3), (0, 1, 1, 2)])
def test_fluctuations(fields, i, k, n, m):
    u, weights = fields
    expected = np.sum(weights * slope(u[:, i]) * slope(u[:, k]) * unit(u[:, n]) * unit(u[:, m]))
    assert gaussian_averages.fluctuations(COVARIANCE, 2)[i, k, n, m] == pytest.approx(expected, abs=1e-6)


def test_generalisation_error(fields):
    u, weights = fields
    expected = np.sum(weights * (unit(u[:, 0]) + unit(u[:, 1]) - unit(u[:, 2]) - unit(u[:, 3])) ** 2) / 2
    students, cross, teachers = COVARIANCE[:2, :2], COVARIANCE[:2, 2:], COVARIANCE[2:, 2:]
    measured = gaussian_averages.generalisation_error(np.stack([students] * 3), np.stack([cross] * 3), teachers)
    np.testing.assert_allclose(measured, expected, atol=1e-7)
