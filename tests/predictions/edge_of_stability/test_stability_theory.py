"""Thresholds against the training loop itself on a quadratic, and the control's truth against a dense Hessian."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from predictions.edge_of_stability import theory
from predictions.edge_of_stability.descent import descend
from runners.measuring.profiles import profile

STEPS = 600


@jax.jit
def descend_a_quadratic(curvature, learning_rate, momentum):
    start = jnp.ones(1)
    rates = {"learning_rate": learning_rate, "momentum": momentum}
    return descend(lambda w: 0.5 * curvature * (w @ w), start, start, **rates, steps=STEPS, every=STEPS)[0]


def loss_ratio(curvature, condition):
    """Loss after 600 steps over the first, on the quadratic of that curvature."""
    with profile("float64"):
        losses = descend_a_quadratic(curvature, condition["learning_rate"], condition["momentum"])
        return float(losses[-1] / losses[0])


def divergence_threshold(condition):
    """Curvature above which descent grows, by bisection."""
    low, high = 0.1 / condition["learning_rate"], 10 / condition["learning_rate"]
    while high > 1.002 * low:
        middle = np.sqrt(low * high)
        low, high = (middle, high) if loss_ratio(middle, condition) < 1 else (low, middle)
    return low


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("learning_rate", [0.02, 0.3])
def test_heavy_ball_diverges_above_its_threshold(learning_rate, momentum):
    condition = {"learning_rate": learning_rate, "momentum": momentum}
    expected = divergence_threshold(condition)
    assert theory.heavy_ball_threshold(condition, {}) == pytest.approx(expected, rel=0.01)
    if momentum == 0:
        assert theory.stability_threshold(condition, {}) == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("momentum", [0.5, 0.9])
def test_rivals_are_not_where_it_diverges(momentum):
    condition = {"learning_rate": 0.1, "momentum": momentum}
    expected = divergence_threshold(condition)
    for rival in (theory.stability_threshold, theory.effective_rate_threshold):
        assert rival(condition, {}) < 0.7 * expected


def test_effective_rate_is_that_of_the_equivalent_plain_step():
    """Small steps along a slow direction go as far as plain steps of eta / (1 - beta)."""
    condition = {"learning_rate": 0.001, "momentum": 0.9}
    plain = {"learning_rate": 2 / theory.effective_rate_threshold(condition, {}), "momentum": 0.0}
    assert loss_ratio(0.05, condition) == pytest.approx(loss_ratio(0.05, plain), rel=0.02)


def test_least_squares_sharpness_is_the_top_of_the_dense_hessian():
    generator = np.random.default_rng(0)
    inputs, targets = generator.standard_normal((30, 5)), generator.standard_normal((30, 2))
    given = {"second_moment_spectrum": np.linalg.svd(inputs, compute_uv=False) ** 2 / 30}
    with profile("float64"):
        hessian = jax.hessian(lambda w: 0.5 * jnp.mean(jnp.sum((inputs @ w.reshape(5, 2) - targets) ** 2, axis=1)))
        dense = hessian(jnp.asarray(generator.standard_normal(10)))
        assert theory.least_squares_sharpness({}, given) == pytest.approx(float(jnp.linalg.eigvalsh(dense)[-1]))


def test_initial_sharpness_is_what_was_given():
    assert theory.initial_sharpness({"learning_rate": 0.1}, {"initial_sharpness": 3.5}) == 3.5
