"""Where noise in the labels drives: against numerical derivatives of penalties, exhaustive averages, and JAX."""

from __future__ import annotations

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from predictions.instruments.networks import ACTIVATIONS, fully_connected
from predictions.label_noise import network_drift, theory
from runners.measuring.profiles import profile

pytestmark = pytest.mark.usefixtures("hastily_compiled")
SETTING = {
    "data": "digits",
    "activation": "tanh",
    "hidden_layers": 2,
    "width": 4,
    "rows": 3,
    "batch": 0,
    "noise": "fresh",
    "relative_rate": 1.2,
    "label_noise": 0.1,
    "slow_time": 0.01,
}
SEEDS = np.arange(2, dtype=np.uint64)


@pytest.fixture(autouse=True)
def double_precision():
    with profile("float64", frameworks=["jax"]):
        yield


def one(setting):
    given, state = network_drift.prepare(setting, SEEDS[:1])
    return {name: values[0] for name, values in given.items()}, state


@pytest.mark.parametrize("activation", ["erf", "softplus", "tanh"])
def test_outputs_and_slopes_are_those_that_jax_finds(activation):
    setting = {**SETTING, "activation": activation}
    given, (layers, *_) = one(setting)
    weights, unravel = ravel_pytree(jax.tree.map(lambda array: array[0], layers))

    def outputs(weights):
        return fully_connected(unravel(weights), jnp.asarray(given["inputs"]), activation=ACTIVATIONS[activation])[:, 0]

    found = theory._Network(setting, given)
    at = np.broadcast_to(np.asarray(weights), (3, len(weights)))
    np.testing.assert_allclose(found.outputs_and_slopes(at)[0], outputs(weights), atol=1e-12)
    np.testing.assert_allclose(found.slopes(np.asarray(weights)), jax.jacrev(outputs)(weights), atol=1e-12)
    directions = np.random.default_rng(0).standard_normal(at.shape)
    products = [jax.hessian(lambda w, row=row: outputs(w)[row])(weights) @ directions[row] for row in range(3)]
    np.testing.assert_allclose(found.curve(np.asarray(weights), directions), sum(products), atol=1e-6)


def test_over_all_rows_the_drift_is_down_the_penalty_of_large_steps():
    """-(sigma^2 / 2 n) tr ln(1 - eta H/2), differentiated numerically along directions that stay on the minima."""
    given, _ = one(SETTING)
    network, weights = theory._Network(SETTING, given), given["weights"]

    def penalty(weights):
        slopes = network.slopes(weights)
        curvatures = np.linalg.eigvalsh(slopes @ slopes.T / 3)
        return -(SETTING["label_noise"] ** 2) / 6 * np.sum(np.log1p(-given["rate"] * curvatures / 2))

    velocity = theory._drift(SETTING, given, network, weights)
    slopes = network.slopes(weights)
    np.testing.assert_allclose(slopes @ velocity, 0, atol=1e-12 * np.linalg.norm(velocity))
    for seed in range(3):
        direction = theory._along_minima(slopes, np.random.default_rng(seed).standard_normal(len(weights)))
        slope = (penalty(weights + 1e-4 * direction) - penalty(weights - 1e-4 * direction)) / 2e-4
        assert velocity @ direction == pytest.approx(-given["rate"] * slope, rel=1e-5)


def test_small_steps_over_all_rows_follow_the_trace():
    setting = {**SETTING, "relative_rate": 1e-3}
    given, _ = one(setting)
    drift, limit = theory.drift(setting, given), theory.drift_of_small_steps(setting, given)
    assert np.linalg.norm(drift - limit) < 2e-3 * np.linalg.norm(limit)


@pytest.mark.parametrize("batch", [1, 2])
def test_residuals_of_batches_are_those_of_an_exhaustive_average(batch):
    """<r r^T> over every batch of rows, each with noise of two values: the fixed point of the linear recursion."""
    setting = {**SETTING, "batch": batch}
    root = np.random.default_rng(1).standard_normal((3, 3))
    kernel, rate, sigma = np.eye(3) + root @ root.T / 3, 0.1, setting["label_noise"]
    found = np.zeros((3, 3))
    batches = list(product(range(3), repeat=batch))
    for _ in range(3000):
        after = np.zeros((3, 3))
        for rows in batches:
            counts = np.bincount(rows, minlength=3) / batch
            step = np.eye(3) - rate * 3 * kernel * counts
            shaken = sum(np.outer(kernel[:, row], kernel[:, row]) for row in rows)
            after += (step @ found @ step.T + (rate * 3 * sigma / batch) ** 2 * shaken) / len(batches)
        found = after
    np.testing.assert_allclose(theory._residuals(setting, rate, kernel), found, rtol=1e-6, atol=1e-12)


def test_noise_that_rows_share_has_the_covariance_of_its_recursion():
    root = np.random.default_rng(1).standard_normal((3, 3))
    kernel, rate, found = np.eye(3) + root @ root.T / 3, 0.1, np.zeros((3, 3))
    step, push = np.eye(3) - rate * kernel, rate * SETTING["label_noise"] * kernel @ np.ones(3)
    for _ in range(4000):
        found = step @ found @ step + np.outer(push, push)
    np.testing.assert_allclose(theory._residuals(SETTING, rate, kernel, shared=True), found, rtol=1e-6)


def test_beyond_the_edge_nothing_is_stationary():
    assert np.all(np.isnan(theory._residuals(SETTING, 2.1, np.eye(3))))
    assert np.all(np.isnan(theory._residuals({**SETTING, "batch": 1}, 1.0, np.eye(3))))  # (1 - 3)^2 a third of the time


def test_training_begins_at_a_minimum_and_without_noise_stays():
    setting = {**SETTING, "noise": "none"}
    given, state = network_drift.prepare(setting, SEEDS)
    network = theory._Network(setting, {name: values[0] for name, values in given.items()})
    outputs, _ = network.outputs_and_slopes(np.broadcast_to(given["weights"][0], (3, len(given["weights"][0]))))
    np.testing.assert_allclose(outputs, given["labels"][0], atol=1e-9)
    np.testing.assert_allclose(network_drift.measure(setting, state)["displacement"], 0, atol=1e-9)


@pytest.mark.parametrize("noise", ["fresh", "frozen"])
def test_with_noise_it_ends_at_another_minimum(noise):
    setting = {**SETTING, "noise": noise}
    _, state = network_drift.prepare(setting, SEEDS)
    measured = network_drift.measure(setting, state)
    assert np.all(np.linalg.norm(measured["displacement"], axis=1) > 1e-4)
    assert np.all(measured["residual"] < 1e-8)
