"""Mean-field signal propagation against numerical integration, finite differences and plain iteration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from predictions.random_networks import mean_field_theory as theory

ORDERED = {"weight_variance": 1.2, "bias_variance": 0.05}
CHAOTIC = {"weight_variance": 3.0, "bias_variance": 0.05}


def gaussian_mean(function) -> float:
    return integrate.quad(lambda z: function(z) * stats.norm.pdf(z), -12, 12, limit=200)[0]


def next_variance(condition, variance: float) -> float:
    mean = gaussian_mean(lambda z: np.tanh(np.sqrt(variance) * z) ** 2)
    return condition["weight_variance"] * mean + condition["bias_variance"]


def fixed_variance(condition) -> float:
    variance = 1.0
    for _ in range(60):
        variance = next_variance(condition, variance)
    return variance


def next_correlation(condition, variance: float, correlation: float) -> float:
    """By a trapezoidal sum over the plane, which is spectrally accurate for a Gaussian."""
    z = np.linspace(-8, 8, 241)
    density = stats.norm.pdf(z) * (z[1] - z[0])
    u = np.sqrt(variance) * z[:, None]
    v = np.sqrt(variance) * (correlation * z[:, None] + np.sqrt(1 - correlation**2) * z[None, :])
    mean = density @ (np.tanh(u) * np.tanh(v)) @ density
    return (condition["weight_variance"] * mean + condition["bias_variance"]) / variance


@pytest.mark.parametrize("condition", [ORDERED, CHAOTIC])
def test_growth_of_a_perturbation(condition):
    variance = fixed_variance(condition)
    slope = gaussian_mean(lambda z: (1 - np.tanh(np.sqrt(variance) * z) ** 2) ** 2)
    expected = np.log(condition["weight_variance"] * slope)
    assert theory.perturbation_growth(condition, {}) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("condition", [ORDERED, CHAOTIC])
def test_variance_rate_is_the_slope_of_the_variance_map(condition):
    variance, step = fixed_variance(condition), 1e-4
    slope = (next_variance(condition, variance + step) - next_variance(condition, variance - step)) / (2 * step)
    assert theory.variance_rate(condition, {}) == pytest.approx(-np.log(slope), rel=1e-5)


def test_correlation_in_the_chaotic_phase():
    variance, correlation, step = fixed_variance(CHAOTIC), 0.9, 1e-4
    for _ in range(200):
        correlation = next_correlation(CHAOTIC, variance, correlation)
    assert theory.fixed_correlation(CHAOTIC, {}) == pytest.approx(correlation, abs=1e-7)
    above, below = (next_correlation(CHAOTIC, variance, correlation + sign * step) for sign in (1, -1))
    assert theory.correlation_rate(CHAOTIC, {}) == pytest.approx(-np.log((above - below) / (2 * step)), rel=1e-5)


def test_the_ordered_phase_forgets_at_the_rate_of_perturbations():
    assert theory.fixed_correlation(ORDERED, {}) == 1.0
    assert theory.correlation_rate(ORDERED, {}) == pytest.approx(theory.perturbation_rate(ORDERED, {}))


def test_boundary_between_order_and_chaos():
    """At vanishing bias the network is linear where chi_1 = 1: sigma_w = 1. At 0.05 chi_1 is 1 by integration."""
    assert theory.critical_weight_variance({"bias_variance": 1e-9}, {}) == pytest.approx(1, abs=0.01)
    critical = {"weight_variance": theory.critical_weight_variance({"bias_variance": 0.05}, {}), "bias_variance": 0.05}
    variance = fixed_variance(critical)
    slope = gaussian_mean(lambda z: (1 - np.tanh(np.sqrt(variance) * z) ** 2) ** 2)
    assert critical["weight_variance"] * slope == pytest.approx(1, abs=1e-6)


def test_narrow_correction_of_a_linear_layer():
    """Without nonlinearity the growth is ln(chi^2_w/w), of mean psi(w/2) - ln(w/2) = -1/w + O(1/w^2)."""
    condition = {"weight_variance": 0.5, "bias_variance": 1e-8, "width": 200}
    shift = theory.narrow_growth(condition, {}) - theory.perturbation_growth(condition, {})
    assert shift == pytest.approx(-1 / 200, rel=1e-3)
    assert theory.ordered_correlation({"weight_variance": 2.5, "bias_variance": 0.05, "width": 4}, {}) == 1.0
    assert theory.narrow_critical_weight_variance({"bias_variance": 0.05, "width": 10**7}, {}) == pytest.approx(
        theory.critical_weight_variance({"bias_variance": 0.05}, {}), rel=1e-4
    )


@pytest.mark.parametrize("condition", [ORDERED, CHAOTIC])
def test_gap_closes_at_the_depth_scale_in_deep_layers(condition):
    deep = {
        "input_variance": 0.3,
        "lower_correlation": 0.1,
        "upper_correlation": 0.5,
        "first_layer": 40,
        "last_layer": 45,
    }
    rate = theory.gap_rate(condition | deep, {})
    assert rate == pytest.approx(theory.correlation_rate(condition, {}), rel=0.01)
