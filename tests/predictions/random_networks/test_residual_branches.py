"""Residual networks against exact moments; their theory against quadrature, Monte Carlo and differential equations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, solve_ivp
from scipy.stats import multivariate_normal

from predictions.random_networks import residual_branches, residual_theory

SETTING = {
    "block": "one-layer",
    "negative_slope": 0.0,
    "width": 24,
    "depth": 10,
    "branch_variance": 1.5,
    "input_correlation": 0.3,
    "networks": 4000,
}
SEEDS = np.array([3, 4], dtype=np.uint64)


def phi(z, slope):
    return np.where(z > 0, z, slope * z)


def pairs(correlation, count=400_000):
    draws = np.random.default_rng(0).standard_normal((2, count))
    return draws[0], correlation * draws[0] + np.sqrt(1 - correlation**2) * draws[1]


def test_linear_branches_keep_the_moments_that_are_exact():
    """s = 1: E |h_L|^2 = (1 + r)^L |x|^2, and E |h_L|^4 grows by (1 + r)^2 + (4 r + 2 r^2)/w a layer."""
    setting = SETTING | {"negative_slope": 1.0, "networks": 20_000, "depth": 3, "width": 8}
    logs, _ = residual_branches._group(setting, np.random.default_rng(1))
    squares, step = np.exp(logs), setting["branch_variance"] / 3
    assert np.mean(squares) == pytest.approx((1 + step) ** 3, rel=0.02)
    fourth = ((1 + step) ** 2 + (4 * step + 2 * step**2) / 8) ** 3
    assert np.mean(squares**2) == pytest.approx(fourth, rel=0.06)


@pytest.mark.parametrize("slope", [0.0, -1.0])
def test_a_plain_layer_doubles_back_to_the_mean_square(slope):
    """Without skips the gain keeps the mean square: one layer has E |h|^2 = g E |phi(x)|^2 = w."""
    setting = SETTING | {"block": "plain", "negative_slope": slope, "depth": 1, "networks": 20_000}
    logs, _ = residual_branches._group(setting, np.random.default_rng(1))
    assert np.mean(np.exp(logs)) == pytest.approx(1, rel=0.02)


def test_inputs_have_the_norm_and_the_correlation_asked_for():
    first, second = np.moveaxis(residual_branches._pairs(SETTING, 5, np.random.default_rng(0)), 2, 0)
    assert np.sum(first**2, axis=1) == pytest.approx(np.full(5, 24), rel=1e-5)
    assert np.sum(first * second, axis=1) == pytest.approx(np.full(5, 0.3 * 24), rel=1e-5)


@pytest.mark.parametrize("slope", [0.0, -1.0, 0.4])
@pytest.mark.parametrize("correlation", [-0.4, 0.6])
def test_averages_over_gaussian_pairs(slope, correlation):
    u, v = pairs(correlation)
    gain = 2 / (1 + slope**2)
    passed_on = residual_theory._passed_on(correlation, slope)
    assert passed_on == pytest.approx(gain * np.mean(phi(u, slope) * phi(v, slope)), abs=0.01)
    found = np.mean(u * np.abs(u) * v * np.abs(v))
    assert residual_theory._signed_squares(correlation) == pytest.approx(found, abs=0.04)


def test_signed_squares_by_quadrature():
    density = multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]]).pdf
    found, _ = dblquad(lambda u, v: u * abs(u) * v * abs(v) * density([u, v]), -7, 7, -7, 7, epsabs=1e-5)
    assert residual_theory._signed_squares(0.5) == pytest.approx(found, abs=1e-3)


def test_many_layers_follow_the_differential_equation():
    deep = SETTING | {"depth": 4000}
    growth = deep["branch_variance"]

    def flow(_, kernel):
        correlation = kernel[0] / kernel[1]
        return growth * kernel[1] * np.array([residual_theory._passed_on(correlation, 0.0), 1.0])

    end = solve_ivp(flow, (0, 1), [0.3, 1.0], rtol=1e-8).y[:, -1]
    assert residual_theory.final_correlation(deep, {}) == pytest.approx(end[0] / end[1], abs=1e-3)
    assert end[1] == pytest.approx(np.exp(growth), rel=1e-6)


def test_the_spread_has_a_limit_in_depth_of_order_one_over_width():
    growth = SETTING["branch_variance"]
    memory, _ = dblquad(
        lambda t, u: residual_theory._signed_squares(np.exp(-growth * abs(t - u) / 2)), 0, 1, 0, lambda u: u
    )
    limit = (4 * growth + growth**2 * 2 * memory) / SETTING["width"]
    assert residual_theory.log_norm_variance(SETTING | {"depth": 2000}, {}) == pytest.approx(limit, rel=2e-3)


@pytest.mark.parametrize(
    ("block", "predicted"),
    [("one-layer", "log_norm_variance"), ("two-layer", "two_layer_log_norm_variance")],
)
def test_networks_spread_as_predicted_to_leading_order(block, predicted):
    setting = SETTING | {"block": block, "width": 64, "branch_variance": 0.5}
    measured = residual_branches.measure(setting, residual_branches.prepare(setting, SEEDS)[1])
    expected = getattr(residual_theory, predicted)(setting, {})
    assert measured["log_norm_variance"] == pytest.approx(np.full(2, expected), rel=0.1)
    assert measured["final_correlation"] == pytest.approx(
        np.full(2, residual_theory.final_correlation(setting, {})), abs=0.02
    )


def test_rivals_in_closed_form():
    assert residual_theory.input_correlation(SETTING, {}) == 0.3
    assert residual_theory.plain_log_norm_variance(SETTING, {}) == pytest.approx(5 * 10 / 24)
    assert residual_theory.plain_correlation(SETTING | {"depth": 2000}, {}) == pytest.approx(1, abs=1e-3)
    linear = SETTING | {"negative_slope": 1.0}  # of linear networks signs are nothing to remember
    forgetful = residual_theory.forgetful_log_norm_variance(linear, {})
    assert residual_theory.log_norm_variance(linear, {}) == pytest.approx(forgetful)
