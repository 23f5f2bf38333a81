"""Thresholds against the training loop itself on a quadratic, and the control's truth against a dense Hessian."""

from __future__ import annotations

import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from predictions.edge_of_stability import theory
from predictions.edge_of_stability.descent import HELD, descend
from predictions.edge_of_stability.least_squares_descent import linear
from predictions.instruments import optimisers
from predictions.instruments.losses import half_squared_error
from runners.measuring.profiles import profile
from runners.registry.loader import load
from runners.registry.names import ROOT

STEPS = 600


def loss_ratio(optimiser, curvature, rates, *, start=1.0):
    """Loss after 600 steps over the first, on the quadratic of that curvature, 1/2 (c^1/2 w)^2."""
    with profile("float64"):
        arrays = (np.full((1, 1, 1), value) for value in (start, np.sqrt(curvature), 0.0))
        settings = {"model": linear, "loss": half_squared_error, "optimiser": optimiser, "steps": STEPS, "every": STEPS}
        losses = descend(*arrays, np.ones((1, 1)), np.zeros((1, STEPS, 0), int), rates, **settings).losses
        return float(losses[0, -1] / losses[0, 0])


def averaging_momentum(curvature, rates):
    """Adam whose preconditioner epsilon makes 1: m <- b m + (1 - b) g, w <- w - eta m."""
    rates = {"learning_rate": 1e8 * rates["learning_rate"], "momentum": rates["momentum"]}
    rates |= {"second_momentum": 0.9, "epsilon": 1e8}
    return loss_ratio(optimisers.adam, curvature, rates, start=1e-4)


def divergence_threshold(ratio, rates):
    """Curvature above which descent grows, by bisection."""
    low, high = 0.1 / rates["learning_rate"], 100 / rates["learning_rate"]
    while high > 1.002 * low:
        middle = np.sqrt(low * high)
        low, high = (middle, high) if ratio(middle, rates) < 1 else (low, middle)
    return low


def plain(curvature, rates):
    return loss_ratio(optimisers.gradient_descent, curvature, rates)


def heavy(curvature, rates):
    return loss_ratio(optimisers.heavy_ball, curvature, rates)


def nesterov(curvature, rates):
    return loss_ratio(optimisers.nesterov, curvature, rates)


@pytest.mark.parametrize("learning_rate", [0.02, 0.3])
def test_gradient_descent_diverges_above_its_threshold(learning_rate):
    rates = {"learning_rate": learning_rate}
    expected = divergence_threshold(plain, rates)
    assert theory.stability_threshold(rates, {}) == pytest.approx(expected, rel=0.01)
    assert theory.below_the_edge(rates, {}) == pytest.approx(0.95 * expected, rel=0.01)


@pytest.mark.parametrize("momentum", [0.3, 0.9])
@pytest.mark.parametrize("learning_rate", [0.02, 0.3])
@pytest.mark.parametrize(
    ("ratio", "name"), [(heavy, "heavy_ball"), (nesterov, "nesterov"), (averaging_momentum, "adam")]
)
def test_momentum_diverges_above_its_threshold(ratio, name, learning_rate, momentum):
    rates = {"learning_rate": learning_rate, "momentum": momentum}
    expected = divergence_threshold(ratio, rates)
    assert getattr(theory, f"{name}_threshold")(rates, {}) == pytest.approx(expected, rel=0.01)
    if name != "heavy_ball":
        assert abs(theory.heavy_ball_threshold(rates, {}) / expected - 1) > 0.2
    assert abs(theory.stability_threshold(rates, {}) / expected - 1) > 0.1
    assert abs(theory.effective_rate_threshold(rates, {}) / expected - 1) > 0.1


def test_effective_rate_is_that_of_the_equivalent_plain_step():
    """Small steps along a slow direction go as far as plain steps of eta / (1 - beta)."""
    rates = {"learning_rate": 0.001, "momentum": 0.9}
    equivalent = {"learning_rate": 2 / theory.effective_rate_threshold(rates, {})}
    assert heavy(0.05, rates) == pytest.approx(plain(0.05, equivalent), rel=0.02)


def test_least_squares_sharpness_is_the_top_of_the_dense_hessian():
    generator = np.random.default_rng(0)
    inputs, targets = generator.standard_normal((30, 5)), generator.standard_normal((30, 2))
    given = {"second_moment_spectrum": np.linalg.svd(inputs, compute_uv=False) ** 2 / 30}
    with profile("float64"):
        hessian = jax.hessian(lambda w: half_squared_error(linear(w.reshape(5, 2), inputs), targets))
        dense = hessian(jnp.asarray(generator.standard_normal(10)))
        assert theory.least_squares_sharpness({}, given) == pytest.approx(float(jnp.linalg.eigvalsh(dense)[-1]))


def test_marks_of_cross_entropy_and_of_descent():
    """p (1 - p) at odds of twenty to one is below half of its largest value; below 2/eta no step raises the loss."""
    p = 20 / 21
    assert p * (1 - p) / 0.25 < theory.half_of_the_crest({}, {})
    for step in (0.1, 1.0, 1.9):  # eta lambda
        assert theory.no_rises({}, {}) == float((1 - step) ** 2 > 1)


def test_sharpnesses_at_the_start_are_what_was_given():
    given = {"initial_sharpness": 3.5}
    assert theory.initial_sharpness({"learning_rate": 0.1}, given) == 3.5
    assert theory.constant_preconditioner_sharpness({"epsilon": 0.5}, given) == 7


def largest_root(*coefficients):
    return np.abs(np.roots(coefficients)).max()


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_thresholds_are_where_a_root_leaves_the_unit_circle(momentum):
    """Roots of each recursion just below and just above the threshold, eta = 0.07."""
    setting, eta, beta = {"learning_rate": 0.07, "momentum": momentum}, 0.07, momentum
    recursions = {
        theory.heavy_ball_threshold: lambda s: (1, -(1 + beta - eta * s), beta),
        theory.nesterov_threshold: lambda s: (1, -(1 - eta * s) * (1 + beta), (1 - eta * s) * beta),
        theory.adam_threshold: lambda s: (1, -(1 + beta - (1 - beta) * eta * s), beta),
    }
    for threshold, recursion in recursions.items():
        at = threshold(setting, {})
        assert largest_root(*recursion(0.999 * at)) < 1 < largest_root(*recursion(1.001 * at))


@pytest.mark.parametrize("steps", [1500, 6000])
def test_swing_is_that_of_the_recursion_of_oscillation_and_sharpness(steps):
    """x <- -(1 + 2 delta) x, delta <- delta + rho (1 - x^2), started at the edge with x^2 ten e-folds down."""
    rho, size, excess, seen = 1 / (0.75 * steps), np.exp(-5.0), 0.0, []
    for _ in range(40 * steps):
        size, excess = (1 + 2 * excess) * size, excess + rho * (1 - size**2)
        seen.append(excess)
        if excess < 0 and seen[-2] >= 0:
            break
    assert max(seen) == pytest.approx(theory.swing_about_the_edge(steps), rel=0.08)


def test_the_turns_part_eigenvalues_by_what_stops_their_sharpening():
    """L = eta^-1 (x^2 + y^2) + x^2 z + c z: sharpness 2/eta + 2 z along x, pulled up at alpha = 2 c, beta = 4."""
    eta, c, steps = 0.1, -1e-3, 3000
    alpha, beta, sharpness = 2 * -c, 4.0, 2 / eta
    size = np.sqrt(2 * alpha / beta)
    assert eta * (size**2 + c) == pytest.approx(0)  # z stands still: its gradient x^2 + c is nothing
    rate = eta * alpha / sharpness
    assert theory.splitting_at_the_turns(steps, growth=rate * 0.75 * steps) == pytest.approx(
        size * np.sqrt(beta) / sharpness
    )


@pytest.mark.parametrize("beta", np.linspace(0, 0.95, 6))
def test_other_optimisers_leave_their_edges_no_slower_than_plain_descent(beta):
    """d ln|root| by d ln lambda at each edge, 2 for plain descent."""
    setting = {"learning_rate": 1.0, "momentum": beta}
    recursions = {
        theory.heavy_ball_threshold: lambda s: (1, -(1 + beta - s), beta),
        theory.nesterov_threshold: lambda s: (1, -(1 - s) * (1 + beta), (1 - s) * beta),
        theory.adam_threshold: lambda s: (1, -(1 + beta - (1 - beta) * s), beta),
    }
    for threshold, recursion in recursions.items():
        root = largest_root(*recursion(1.0001 * threshold(setting, {})))
        assert np.log(root) / 1e-4 > 1.99


@pytest.mark.parametrize("jitter", [0.1, 0.3])
def test_jittered_descent_grows_above_its_own_threshold(jitter):
    rates = {"learning_rate": 0.1, "jitter": jitter}

    def ratio(curvature, rates):
        return loss_ratio(optimisers.jittered_descent, curvature, rates)

    assert theory.jittered_threshold(rates, {}) == pytest.approx(divergence_threshold(ratio, rates), rel=0.02)
    assert theory.jittered_threshold(rates | {"jitter": 0}, {}) == theory.stability_threshold(rates, {})


def test_two_plateaus_are_one_without_momentum_and_nineteen_times_apart_with_much():
    """At beta = 0.9: 0.2/eta and 3.8/eta, heavy ball's own edge."""
    small, large = ({"learning_rate": 0.1, "rows": 256, "batch_size": size, "momentum": 0.9} for size in (16, 17))
    assert theory.momentum_plateau(small, {}) == pytest.approx(2)
    assert theory.momentum_plateau(large, {}) == pytest.approx(38)
    without = [theory.momentum_plateau(setting | {"momentum": 0}, {}) for setting in (small, large)]
    assert without == [theory.stability_threshold(small, {})] * 2


def test_shares_of_thresholds_with_momentum_by_hand():
    """At eta = 0.1 and beta = 0.5: 30 for Polyak's, 15 for Nesterov's."""
    setting, given = {"learning_rate": 0.1, "momentum": 0.5}, {"initial_sharpness": 6.0}
    assert theory.initial_share_of_heavy_ball_threshold(setting, given) == pytest.approx(0.2)
    assert theory.initial_share_of_nesterov_threshold(setting, given) == pytest.approx(0.4)


def test_one_region_serves_the_family_and_is_what_theory_derives():
    """Every full-batch claim of 2/eta and its kin has T of the iterates, that midway has its own."""
    claims = load([Path(ROOT, "registry.yaml")]).falsifiable
    iterates = theory.swing_about_the_edge(theory.SHORTEST) + theory.splitting_at_the_turns(theory.SHORTEST)
    regions = {"eos-gd-midway": theory.swing_about_the_edge(theory.SHORTEST)}
    regions |= dict.fromkeys(["eos-gd-two-over-eta", "eos-heavy-ball", "eos-nesterov", "eos-adam-38"], iterates)
    regions |= dict.fromkeys(["eos-gd-colour-images", "eos-sgd-lambda-max"], iterates)
    for name, width in regions.items():
        low, high = claims[name].agreement.within
        assert (1 - low, high - 1) == pytest.approx((width, width), abs=0.005)
        finished = {it.measured: it.within for it in claims[name].requires}
        assert finished == {"late_drift": (0.98, 1.02), "held_down": (HELD, math.inf)}


def test_share_of_the_threshold_by_hand():
    """At eta = 0.1 the threshold is 20: a sharpness of 5 is a quarter of the way."""
    share = theory.initial_share_of_threshold({"learning_rate": 0.1}, {"initial_sharpness": 5.0})
    assert share == pytest.approx(5 / theory.stability_threshold({"learning_rate": 0.1}, {})) == pytest.approx(0.25)
