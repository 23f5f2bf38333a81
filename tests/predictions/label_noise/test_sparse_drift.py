"""Noisy labels in a diagonal network: the shrinking scale against the flow along minima, and its two ends."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.label_noise import sparse_drift, sparse_theory
from runners.measuring.profiles import profile

pytestmark = pytest.mark.usefixtures("hastily_compiled")
SETTING = {
    "samples": 4,
    "dimension": 8,
    "support": 1,
    "alpha": 0.5,
    "relative_rate": 1.0,
    "label_noise": 0.2,
    "slow_time": 0.3,
    "noise": "fresh",
}


@pytest.fixture(scope="module")
def trial():
    with profile("float64", frameworks=["jax"]):
        given, state = sparse_drift.prepare(SETTING, np.arange(2, dtype=np.uint64))
    return {name: values[0] for name, values in given.items()}, [np.asarray(array)[0] for array in state]


def test_it_is_where_descent_down_the_penalty_of_large_steps_ends(trial):
    """Euler's steps down P grad -(sigma^2 / 2 n) tr ln(1 - eta H/2) in u and v, with no word of entropies."""
    given, (rows, labels, _, u, v, *_) = trial
    rate, samples, weights = given["rate"], SETTING["samples"], np.concatenate([u, v])
    scale, time = SETTING["label_noise"] ** 2 / samples, rate * given["steps"] / 4000

    def slopes(weights):
        return 2 * np.hstack([rows, -rows]) * weights

    for _ in range(4000):
        jacobian = slopes(weights)
        inverse = np.linalg.inv(np.eye(samples) - rate / 2 * jacobian @ jacobian.T / samples)
        # d/dw of -(s/2) tr ln(1 - eta J J^T / 2n): (s eta / 2n) (1 - eta K/2)^{-1} J, times dJ/dw = 2 X
        pull = scale * rate / 2 / samples * 2 * np.sum(np.hstack([rows, -rows]) * (inverse @ jacobian), axis=0)
        pull -= jacobian.T @ np.linalg.solve(jacobian @ jacobian.T, jacobian @ pull)
        weights = weights - time * pull
        jacobian = slopes(weights)
        half = SETTING["dimension"]
        residual = rows @ (weights[:half] ** 2 - weights[half:] ** 2) - labels
        weights = weights - jacobian.T @ np.linalg.solve(jacobian @ jacobian.T, residual)
    expected = weights[:half] ** 2 - weights[half:] ** 2
    predicted = sparse_theory.shrinking_scale(SETTING, given)
    assert np.linalg.norm(predicted - expected) < 2e-3 * np.linalg.norm(expected)
    assert np.linalg.norm(sparse_theory.first_minimum(SETTING, given) - expected) > 0.05 * np.linalg.norm(expected)


def test_the_start_is_the_first_minimum(trial):
    given, (*_, u, v, _, _) = trial
    np.testing.assert_allclose(u * v, SETTING["alpha"] ** 2, rtol=1e-9)
    np.testing.assert_allclose(u**2 - v**2, sparse_theory.first_minimum(SETTING, given), atol=1e-6)


def test_small_steps_shrink_each_scale_exponentially(trial):
    given, _ = trial
    small = {**given, "rate": 1e-4 * given["rate"], "steps": 1e8 * given["steps"]}
    np.testing.assert_allclose(
        sparse_theory.shrinking_scale(SETTING, small),
        sparse_theory.shrinking_scale_of_small_steps(SETTING, small),
        atol=2e-3,
    )


def test_after_long_it_has_the_least_trace(trial):
    given, _ = trial
    end = sparse_theory.shrinking_scale_of_small_steps({**SETTING, "slow_time": 6.0}, given)
    np.testing.assert_allclose(end, sparse_theory.least_trace(SETTING, given), atol=0.02)


def test_without_noise_it_stays_and_frozen_noise_is_undone():
    with profile("float64", frameworks=["jax"]):
        ends = {}
        for noise in ("none", "frozen", "fresh"):
            _, state = sparse_drift.prepare({**SETTING, "noise": noise}, np.arange(2, dtype=np.uint64))
            ends[noise] = sparse_drift.measure({**SETTING, "noise": noise}, state)["solution"]
    np.testing.assert_allclose(ends["frozen"], ends["none"], atol=0.01)
    assert np.max(np.abs(ends["fresh"] - ends["none"])) > 0.05
