"""Mean-field signal propagation against numerical integration, finite differences and plain iteration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats

from predictions.random_networks import mean_field_theory as theory

TANH = {"activation": "tanh"}
ORDERED = {**TANH, "weight_variance": 1.2, "bias_variance": 0.05}
CHAOTIC = {**TANH, "weight_variance": 3.0, "bias_variance": 0.05}


def gaussian_mean(function) -> float:
    density = 1 / np.sqrt(2 * np.pi)
    return integrate.quad(lambda z: function(z) * density * math.exp(-z * z / 2), -12, 12, limit=200)[0]


def next_variance(condition, variance: float) -> float:
    mean = gaussian_mean(lambda z: np.tanh(np.sqrt(variance) * z) ** 2)
    return condition["weight_variance"] * mean + condition["bias_variance"]


def fixed_variance(condition) -> float:
    variance = 1.0
    for _ in range(40):
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
    assert theory.critical_weight_variance({**TANH, "bias_variance": 1e-9}, {}) == pytest.approx(1, abs=0.01)
    critical = {
        **TANH,
        "weight_variance": theory.critical_weight_variance({**TANH, "bias_variance": 0.05}, {}),
        "bias_variance": 0.05,
    }
    variance = fixed_variance(critical)
    slope = gaussian_mean(lambda z: (1 - np.tanh(np.sqrt(variance) * z) ** 2) ** 2)
    assert critical["weight_variance"] * slope == pytest.approx(1, abs=1e-6)


def test_narrow_correction_of_a_linear_layer():
    """Without nonlinearity the growth is ln(chi^2_w/w), of mean psi(w/2) - ln(w/2) = -1/w + O(1/w^2)."""
    condition = {**TANH, "weight_variance": 0.5, "bias_variance": 1e-8, "width": 200}
    shift = theory.narrow_growth(condition, {}) - theory.perturbation_growth(condition, {})
    assert shift == pytest.approx(-1 / 200, rel=1e-3)
    assert theory.ordered_correlation({**TANH, "weight_variance": 2.5, "bias_variance": 0.05, "width": 4}, {}) == 1.0
    assert theory.narrow_critical_weight_variance({**TANH, "bias_variance": 0.05, "width": 10**7}, {}) == pytest.approx(
        theory.critical_weight_variance({**TANH, "bias_variance": 0.05}, {}), rel=1e-4
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


SHALLOW = {
    "input_variance": 0.3,
    "lower_correlation": 0.1,
    "upper_correlation": 0.5,
    "first_layer": 2,
    "last_layer": 5,
}


@pytest.mark.parametrize("condition", [ORDERED, CHAOTIC])
def test_gap_rate_of_shallow_layers_is_that_of_the_recursion(condition):
    """The variance is on its way, too: layer by layer, with the other quadrature, and the slope by its formula."""
    weight, bias = condition["weight_variance"], condition["bias_variance"]
    gaps = []
    variance = weight * 0.3 + bias
    correlations = [(weight * 0.3 * c + bias) / variance for c in (0.1, 0.5)]
    for _ in range(5):
        gaps.append(correlations[1] - correlations[0])
        following = next_variance(condition, variance)
        correlations = [next_correlation(condition, variance, c) * variance / following for c in correlations]
        variance = following
    layers, logs = np.arange(2, 6), np.log(gaps[1:])
    slope = np.sum((layers - 3.5) * logs) / np.sum((layers - 3.5) ** 2)
    assert theory.gap_rate(condition | SHALLOW, {}) == pytest.approx(-slope, rel=1e-7)
    with pytest.raises(ValueError, match="last_layer is 250"):
        theory.gap_rate(condition | SHALLOW | {"last_layer": 250}, {})


def correlation_by_mehler(weight_variance, bias_variance, variance, correlation) -> float:
    """E tanh(u) tanh(v) = sum of c^n h_n^2 over the Hermite coefficients h_n of tanh: no integral over the plane."""
    z = np.linspace(-9, 9, 2001)
    density = stats.norm.pdf(z) * (z[1] - z[0])
    total, hermite = 0.0, [np.ones_like(z), z]
    for n in range(1, 80):
        total += correlation**n * (density @ (np.tanh(np.sqrt(variance) * z) * hermite[1])) ** 2
        hermite = [hermite[1], (z * hermite[1] - np.sqrt(n) * hermite[0]) / np.sqrt(n + 1)]  # He_n / (n!)^{1/2}
    return (weight_variance * total + bias_variance) / variance


@pytest.mark.parametrize(("weight_variance", "bias_variance"), [(2.0, 0.01), (3.5, 0.3), (20.0, 2.0), (45.0, 4.0)])
def test_fixed_point_of_two_other_quadratures(weight_variance, bias_variance):
    condition = {**TANH, "weight_variance": weight_variance, "bias_variance": bias_variance}
    variance = fixed_variance(condition)
    slope = gaussian_mean(lambda z: np.cosh(np.sqrt(variance) * z) ** -4.0)
    assert theory.perturbation_growth(condition, {}) == pytest.approx(np.log(weight_variance * slope), rel=1e-7)
    found = theory.fixed_correlation(condition, {})
    assert correlation_by_mehler(weight_variance, bias_variance, variance, found) == pytest.approx(found, abs=1e-7)


def test_without_biases_unrelated_inputs_stay_unrelated():
    """The fixed point is c = 0, where the slope is sigma_w^2 (E phi')^2: a depth scale of 21.72 at sigma_w^2 = 2."""
    condition = {**TANH, "weight_variance": 2.0, "bias_variance": 0.0}
    variance = fixed_variance(condition)
    expected = -np.log(2 * gaussian_mean(lambda z: 1 - np.tanh(np.sqrt(variance) * z) ** 2) ** 2)
    assert theory.fixed_correlation(condition, {}) == pytest.approx(0, abs=1e-12)
    assert theory.correlation_rate(condition, {}) == pytest.approx(expected, rel=1e-8)
    assert 1 / expected == pytest.approx(21.72, abs=0.01)
    small = {**TANH, "weight_variance": 2.0, "bias_variance": 1e-12}
    assert theory.correlation_rate(small, {}) == pytest.approx(expected, rel=1e-8)


def test_without_biases_and_gain_signals_vanish():
    condition = {**TANH, "weight_variance": 0.7, "bias_variance": 0.0}
    assert theory.perturbation_growth(condition, {}) == pytest.approx(np.log(0.7))
    assert theory.variance_rate(condition, {}) == pytest.approx(-np.log(0.7))
    with pytest.raises(ValueError, match="signals vanish"):
        theory.fixed_correlation(condition, {})


@pytest.mark.parametrize("excess", [1e-3, 1e-6])
def test_just_above_the_boundary_without_biases(excess):
    """To leading order q* = (sigma_w^2 - 1)/2, ln chi_1 = (4/3) q*^2: tanh^2 = z^2 - 2 z^4/3 + 17 z^6/45."""
    condition = {**TANH, "weight_variance": 1 + excess, "bias_variance": 0.0}
    assert theory.perturbation_growth(condition, {}) == pytest.approx(excess**2 / 3, rel=10 * excess + 1e-3)


@pytest.mark.parametrize("weight_variance", [1e-6, 0.5, 1.0, 1.7, 4.0, 30.0])
@pytest.mark.parametrize("bias_variance", [0.0, 1e-30, 1e-9, 0.05, 15.0])
def test_the_fixed_variance_is_one_and_no_smaller_one_is_stable(weight_variance, bias_variance):
    condition = {**TANH, "weight_variance": weight_variance, "bias_variance": bias_variance}
    variance = theory._fixed_variance(condition)
    if variance == 0:
        assert bias_variance == 0
        assert weight_variance <= 1
        return
    z = np.sqrt(variance) * np.linspace(-9, 9, 4001)
    mean = np.sum(np.tanh(z) ** 2 * np.exp(-(z**2) / 2 / variance)) / np.sum(np.exp(-(z**2) / 2 / variance))
    assert weight_variance * mean + bias_variance == pytest.approx(variance, rel=1e-9)
    assert theory.variance_rate(condition, {}) > 0  # the map leaves any other fixed point
    assert -1 < theory.fixed_correlation(condition, {}) <= 1
    assert theory.correlation_rate(condition, {}) > 0


def test_narrow_layers_by_gamma_functions():
    """E ln of a mean of w terms, of relative variance r each: ln of a Gamma variable of shape w/r, to first order."""
    condition = {**TANH, "weight_variance": 2.5, "bias_variance": 0.3, "width": 2000}
    variance = fixed_variance(condition)
    squares = [gaussian_mean(lambda z, n=n: np.cosh(np.sqrt(variance) * z) ** -n) for n in (4.0, 8.0)]
    shape = 2000 / (3 * squares[1] / squares[0] ** 2 - 1)  # of y^2 g^2 for independent y = phi'(z) and Gaussian g
    shift = special.digamma(shape) - np.log(shape)
    growth = np.log(2.5 * squares[0]) + shift
    assert theory.narrow_growth(condition, {}) == pytest.approx(growth, abs=1e-6)
    boundary = theory.narrow_critical_weight_variance({**TANH, "bias_variance": 0.3, "width": 20}, {})
    assert boundary > theory.critical_weight_variance({**TANH, "bias_variance": 0.3}, {})
    at = {**TANH, "weight_variance": boundary, "bias_variance": 0.3, "width": 20}
    assert theory.narrow_growth(at, {}) == pytest.approx(0, abs=1e-9)
    above = {**at, "weight_variance": boundary + 0.01}
    assert theory.ordered_correlation(at | {"weight_variance": boundary - 0.01}, {}) == 1.0
    assert theory.ordered_correlation(above, {}) == theory.fixed_correlation(above, {}) < 1


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"weight_variance": 0.0}, "weight_variance 0.0"),
        ({"bias_variance": -0.1}, "bias_variance -0.1"),
        ({"weight_variance": 60.0}, "at most 50"),
    ],
)
def test_variances_outside_are_refused_by_name(changes, named):
    with pytest.raises(ValueError, match=named):
        theory.perturbation_growth(CHAOTIC | changes, {})


def test_a_boundary_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="too large for a boundary"):
        theory.critical_weight_variance({**TANH, "bias_variance": 49.0}, {})


@pytest.mark.parametrize("bias_variance", [0.01, 0.3])
def test_boundary_of_erf_in_closed_form(bias_variance):
    """E erf^2 = (2/pi) asin(2q/(1 + 2q)) and E erf'^2 = (4/pi)/(1 + 4q)^{1/2}: Williams 1997, equation 11."""

    def excess(log_variance):  # of the variance over its fixed point, at the weight variance at which chi_1 = 1
        q = np.exp(log_variance)
        weight_variance = np.pi / 4 * np.sqrt(1 + 4 * q)
        return weight_variance * 2 / np.pi * np.arcsin(2 * q / (1 + 2 * q)) + bias_variance - q

    variance = np.exp(optimize.brentq(excess, np.log(bias_variance), np.log(20)))
    found = theory.critical_weight_variance({"activation": "erf", "bias_variance": bias_variance}, {})
    assert found == pytest.approx(np.pi / 4 * np.sqrt(1 + 4 * variance), rel=1e-6)


def test_fixed_correlation_and_depth_scale_of_erf_in_closed_form():
    """E erf(u) erf(v) = (2/pi) asin(2 c q/(1 + 2 q)), and its slope in c: the map is iterated, and differentiated."""
    setting = {"activation": "erf", "weight_variance": 2.5, "bias_variance": 0.05}
    variance = 1.0
    for _ in range(200):
        variance = 2.5 * 2 / np.pi * np.arcsin(2 * variance / (1 + 2 * variance)) + 0.05
    correlation = 0.5
    for _ in range(400):
        covariance = 2 * correlation * variance / (1 + 2 * variance)
        correlation = (2.5 * 2 / np.pi * np.arcsin(covariance) + 0.05) / variance
    slope = (
        2.5 * 2 / np.pi * 2 / (1 + 2 * variance) / np.sqrt(1 - (2 * correlation * variance / (1 + 2 * variance)) ** 2)
    )
    assert theory.fixed_correlation(setting, {}) == pytest.approx(correlation, abs=1e-8)
    assert theory.correlation_rate(setting, {}) == pytest.approx(-np.log(slope), rel=1e-6)


def test_boundary_of_arctan_by_integration():
    found = theory.critical_weight_variance({"activation": "arctan", "bias_variance": 0.1}, {})
    variance = 1.0
    for _ in range(60):
        squares = gaussian_mean(lambda z, q=variance: (np.arctan(np.pi / 2 * np.sqrt(q) * z) / (np.pi / 2)) ** 2)
        variance = found * squares + 0.1
    growth = found * gaussian_mean(lambda z: (1 + variance * (np.pi / 2 * z) ** 2) ** -2.0)
    assert growth == pytest.approx(1, abs=1e-6)


def test_without_biases_only_tanh_is_solved():
    with pytest.raises(ValueError, match="only tanh is solved"):
        theory.perturbation_growth({"activation": "erf", "weight_variance": 2.0, "bias_variance": 0.0}, {})


def test_narrow_networks_turn_later_than_wide_ones():
    shifts = [theory.narrow_shift({**TANH, "bias_variance": 0.05, "width": width}, {}) for width in (256, 512, 1024)]
    assert shifts[0] - 1 == pytest.approx(2 * (shifts[1] - 1), rel=0.05)  # of order 1/w
    assert shifts[1] - 1 == pytest.approx(2 * (shifts[2] - 1), rel=0.05)
