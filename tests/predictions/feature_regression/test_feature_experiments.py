"""The experiments against theory at small sizes, with their standard errors, and against exact algebra."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.feature_regression import kernel_regression, random_features, theory

SEEDS = np.arange(100, 108, dtype=np.uint64)
KERNEL = {
    "modes": 150,
    "samples": 40,
    "eigenvalue_exponent": 1.5,
    "target_exponent": 2,
    "test_exponent": 1.5,
    "ridge": 0.3,
    "noise_variance": 0.2,
    "draws": 40,
}
FEATURES = {**KERNEL, "size": 40, "features_per_sample": 2, "weight_exponent": 0}
del FEATURES["samples"], FEATURES["test_exponent"]


def measured(experiment, condition):
    given, state = experiment.prepare(condition, SEEDS)
    assert given == {}
    return experiment.measure(condition, state)


def assert_mean(values, expected, *, rel):
    """The mean over trials, to the relative error of the theory and four standard errors."""
    error = 4 * values.std(ddof=1) / np.sqrt(len(values))
    assert values.mean() == pytest.approx(expected, abs=rel * expected + error)


@pytest.mark.parametrize(
    "changes",
    [{}, {"ridge": 0}, {"ridge": 0, "noise_variance": 0}, {"test_exponent": 1}, {"samples": 200, "ridge": 0}],
)
def test_kernel_regression_has_the_predicted_errors(changes):
    condition = {**KERNEL, **changes}
    found = measured(kernel_regression, condition)
    assert_mean(found["test_risk"], theory.shifted_kernel_risk(condition, {}), rel=0.03)
    np.testing.assert_allclose(found["test_risk"] - found["excess_risk"], condition["noise_variance"])
    if condition["test_exponent"] == 1.5:
        assert_mean(found["noise_gain"], theory.noise_gain(condition, {}), rel=0.03)
    if condition["ridge"]:
        assert_mean(found["train_error"], theory.kernel_train_error(condition, {}), rel=0.06)


@pytest.mark.parametrize("changes", [{"modes": 30, "samples": 50}, {"modes": 100, "samples": 50}])
def test_isotropic_least_squares_has_its_exact_risk(changes):
    condition = {**KERNEL, **changes, "eigenvalue_exponent": 0, "target_exponent": 0, "test_exponent": 0, "ridge": 0}
    excess = measured(kernel_regression, condition)["excess_risk"]
    assert_mean(excess, theory.isotropic_excess_risk(condition, {}), rel=0)


@pytest.mark.parametrize(
    "changes", [{}, {"features_per_sample": 0.5}, {"features_per_sample": 0.5, "ridge": 0}, {"weight_exponent": 0.7}]
)
def test_random_features_have_the_predicted_errors(changes):
    condition = {**FEATURES, **changes}
    found = measured(random_features, condition)
    assert_mean(found["test_risk"], theory.tilted_feature_risk(condition, {}), rel=0.04)
    if condition["ridge"] and not condition["weight_exponent"]:
        assert_mean(found["train_error"], theory.random_feature_train_error(condition, {}), rel=0.06)


def test_interpolators_leave_no_training_error():
    assert np.all(measured(kernel_regression, {**KERNEL, "ridge": 0})["train_error"] < 1e-16)


def test_transposition_exchanges_samples_and_features():
    """|L W F^+ Phi L - L|^2, the sum of squared errors over an orthonormal set of latent targets, is self-dual."""
    generator = np.random.default_rng(5)
    modes, samples, features = 40, 12, 25
    root = np.diag(np.arange(1.0, modes + 1) ** -0.75)
    rows, weights = generator.standard_normal((samples, modes)), generator.standard_normal((modes, features))

    def summed_error(rows, weights):
        learned = root @ weights @ np.linalg.pinv(rows @ root @ weights) @ rows @ root
        return np.sum((learned - root) ** 2)

    assert summed_error(rows, weights) == pytest.approx(summed_error(weights.T, rows.T), rel=1e-10)
