"""The estimator against generalised cross-validation written out, explicit refits, and exact risks of Gaussian rows."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.feature_regression import self_consistent
from predictions.kernel_regression import theory


def given_of(kernel, labels, ridge):
    """Statistics of one training set, from the eigenvalues of its kernel matrix."""
    samples = len(labels)
    eigenvalues, vectors = np.linalg.eigh(kernel / samples)
    shrunk = 1 / (eigenvalues + ridge)
    dual, diagonal = vectors @ (shrunk * (vectors.T @ labels)), vectors**2 @ shrunk
    return {
        "squared_dual": np.mean(dual**2, keepdims=True),
        "resolvent_trace": np.mean(diagonal, keepdims=True),
        "leave_one_out_error": np.mean((dual / diagonal) ** 2, keepdims=True),
    }


@pytest.fixture
def problem():
    generator = np.random.default_rng(3)
    rows = generator.standard_normal((25, 40)) * np.arange(1, 41) ** -0.6
    return rows @ rows.T, generator.standard_normal(25)


@pytest.mark.parametrize("ridge", [1e-3, 0.1])
def test_the_estimator_is_generalised_cross_validation(problem, ridge):
    kernel, labels = problem
    samples, given = len(labels), given_of(kernel, labels, ridge)
    smoother = kernel @ np.linalg.inv(kernel + samples * ridge * np.eye(samples))
    residuals = labels - smoother @ labels
    expected = np.mean(residuals**2) / (1 - np.trace(smoother) / samples) ** 2
    assert theory.alignment_risk({"ridge": ridge}, given) == pytest.approx(expected, rel=1e-9)
    assert theory.training_risk({"ridge": ridge}, given) == pytest.approx(np.mean(residuals**2), rel=1e-9)


@pytest.mark.parametrize("ridge", [1e-3, 0.1])
def test_leave_one_out_is_what_refits_give(problem, ridge):
    kernel, labels = problem
    samples, errors = len(labels), []
    for left in range(samples):
        kept = np.delete(np.arange(samples), left)
        matrix = kernel[np.ix_(kept, kept)] + samples * ridge * np.eye(samples - 1)
        errors.append(labels[left] - kernel[left, kept] @ np.linalg.solve(matrix, labels[kept]))
    found = theory.leave_one_out_risk({}, given_of(kernel, labels, ridge))
    assert found == pytest.approx(np.mean(np.square(errors)), rel=1e-9)


@pytest.mark.parametrize("ridge", [1e-4, 1e-2])
def test_gaussian_rows_have_the_estimated_risk(ridge):
    """A linear kernel with spectrum i^-1.5 and noisy labels: against the exact risk, and against the population's."""
    generator = np.random.default_rng(11)
    samples, modes, noise = 150, 400, 0.3
    spectrum = np.arange(1, modes + 1) ** -1.5
    target = np.sqrt(spectrum / spectrum.sum())  # coefficients on features of unit variance
    exact, estimated = [], []
    for _ in range(60):
        features = generator.standard_normal((samples, modes))
        labels = features @ target + noise * generator.standard_normal(samples)
        rows = features * np.sqrt(spectrum)
        kernel = rows @ rows.T
        dual = np.linalg.solve(kernel + samples * ridge * np.eye(samples), labels)
        learned = np.sqrt(spectrum) * (rows.T @ dual)
        exact.append(np.sum((learned - target) ** 2) + noise**2)
        estimated.append(theory.alignment_risk({"ridge": ridge}, given_of(kernel, labels, ridge)))
    population = self_consistent.kernel_risk(
        spectrum, target**2, samples, ridge=samples * ridge, noise_variance=noise**2
    ).test
    assert np.mean(estimated) == pytest.approx(np.mean(exact), rel=0.03)
    assert np.mean(estimated) == pytest.approx(population, rel=0.03)


def test_errors_are_averaged_over_training_sets_and_turned_into_shares():
    given = {"squared_dual": np.array([8.0, 3.0]), "resolvent_trace": np.array([4.0, 2.0])}
    assert theory.alignment_risk({}, given) == pytest.approx((0.5 + 0.75) / 2)
    assert theory.alignment_explained({}, given) == pytest.approx(1 - 0.625)
    assert theory.training_explained({"ridge": 0.1}, given) == pytest.approx(1 - 0.01 * 5.5)
