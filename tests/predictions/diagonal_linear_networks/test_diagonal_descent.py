"""The experiment on diagonal networks: its steps, its extrapolation, and the theory at small size."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.diagonal_linear_networks import gradient_descent, theory
from runners.measuring.profiles import profile

SEEDS = np.array([4, 66, 92], dtype=np.uint64)


@pytest.fixture(autouse=True)
def double_precision():
    with profile("float64"):
        yield


def run(**axes):
    sizes = {"samples": 4, "dimension": 9, "support": 2, "learning_rate": 0.02, "max_steps": 100000}
    condition = {"alpha": 0.3, "init": "equal", **sizes, **axes}
    given, state = gradient_descent.prepare(condition, SEEDS)
    return condition, given, gradient_descent.measure(condition, state)


def of_trial(given, trial: int) -> dict:
    return {name: array[trial] for name, array in given.items()}


def distances(predict, condition, given, observed) -> np.ndarray:
    predicted = np.stack([predict(condition, of_trial(given, trial)) for trial in range(len(SEEDS))])
    return np.linalg.norm(observed["solution"] - predicted, axis=1) / np.linalg.norm(predicted, axis=1)


def finite_difference_steps(data: dict, step_size: float, steps: int) -> np.ndarray:
    """b after plain descent, with the gradient of 1/2 ||X b - y||^2 by central differences."""
    weights, width = np.append(data["u"], data["v"]), 1e-6
    half = len(data["u"])

    def loss(weights):
        return 0.5 * np.sum((data["rows"] @ (weights[:half] ** 2 - weights[half:] ** 2) - data["labels"]) ** 2)

    for _ in range(steps):
        slopes = [(loss(weights + width * e) - loss(weights - width * e)) / (2 * width) for e in np.eye(2 * half)]
        weights = weights - step_size * np.array(slopes)
    return weights[:half] ** 2 - weights[half:] ** 2


def test_steps_follow_the_finite_difference_gradient():
    _, given, observed = run(max_steps=5, init="unequal")
    step = 0.02 / (1 + 0.3**2)
    for trial in range(len(SEEDS)):
        data = of_trial(given, trial)
        whole, halves = finite_difference_steps(data, step, 5), finite_difference_steps(data, step / 2, 10)
        np.testing.assert_allclose(observed["solution"][trial], 2 * halves - whole, atol=1e-8)


@pytest.mark.parametrize("alpha", [0.1, 0.3, 1.0])
def test_equal_weights_end_at_the_least_entropy(alpha):
    condition, given, observed = run(alpha=alpha)
    assert distances(theory.hypentropy_minimiser, condition, given, observed).max() < 1e-4
    assert observed["remaining_loss"].max() < 1e-15


def test_unequal_weights_end_elsewhere():
    condition, given, observed = run(alpha=0.1, init="unequal")
    assert distances(theory.shifted_hypentropy_minimiser, condition, given, observed).max() < 1e-4
    assert distances(theory.hypentropy_minimiser, condition, given, observed).max() > 0.005


def test_extrapolation_removes_the_first_order_of_the_step():
    (condition, given, coarse), (_, _, fine) = run(learning_rate=0.1), run(learning_rate=0.05)
    np.testing.assert_allclose(coarse["step_effect"] / fine["step_effect"], 2, rtol=0.1)
    left = distances(theory.hypentropy_minimiser, condition, given, coarse)
    assert np.all(left < 0.1 * coarse["step_effect"])


def test_a_target_of_few_signed_entries_without_noise():
    _, given, _ = run(max_steps=0)
    for trial in range(len(SEEDS)):
        data = of_trial(given, trial)
        entries = np.linalg.lstsq(data["rows"][:, :2], data["labels"], rcond=None)[0]
        np.testing.assert_allclose(data["rows"][:, :2] @ entries, data["labels"], atol=1e-12)
        assert np.all((np.abs(entries) > 0.5) & (np.abs(entries) < 1.5))
        np.testing.assert_array_equal(data["u"], data["v"])


def test_divergence_is_reported_not_hidden():
    _, _, observed = run(learning_rate=5.0)
    assert not np.isfinite(observed["remaining_loss"]).any()
