"""Signal propagation in infinitely wide random tanh networks: order, chaos and depth scales.

Poole et al. 2016 (arXiv 1606.05340) and Schoenholz et al. 2017 (arXiv 1611.01232), in their notation: weights
N(0, sigma_w^2/w), biases N(0, sigma_b^2), q the variance of a preactivation, c the correlation of two inputs'.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.optimize import brentq

NODES, WEIGHTS = hermegauss(101)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def perturbation_growth(setting, given) -> float:
    """ln chi_1 = ln(sigma_w^2 int Dz phi'(sqrt(q*) z)^2): growth of a perturbation's squared norm a layer.

    Poole et al. 2016, section 2; Schoenholz et al. 2017, section 3.
    """
    return np.log(_slope(setting, _fixed_variance(setting), 1.0))


def critical_weight_variance(setting, given) -> float:
    """sigma_w^2 at which chi_1 = 1, between order and chaos, at the condition's bias variance."""

    def growth(weight_variance: float) -> float:
        return perturbation_growth({**setting, "weight_variance": weight_variance}, given)

    return brentq(growth, 0.5, 8.0)


def fixed_correlation(setting, given) -> float:
    """c*, the stable fixed point of the correlation map: 1 in the ordered phase, below 1 in the chaotic one.

    Poole et al. 2016, section 2. The map is convex, so that it has one other fixed point if chi_1 > 1.
    """
    if perturbation_growth(setting, given) <= 0:
        return 1.0
    variance = _fixed_variance(setting)
    return brentq(lambda c: _next_covariance(setting, variance, c) / variance - c, 0.0, 1 - 1e-6)


def correlation_rate(setting, given) -> float:
    """1/xi_c = -ln(sigma_w^2 int Dz Dz' phi'(u) phi'(u')) at c*: decay of c - c* a layer.

    Schoenholz et al. 2017, section 3.
    """
    return -np.log(_slope(setting, _fixed_variance(setting), fixed_correlation(setting, given)))


def variance_rate(setting, given) -> float:
    """1/xi_q = -ln(chi_1 + sigma_w^2 int Dz phi''(sqrt(q*) z) phi(sqrt(q*) z)): decay of q - q* a layer.

    Schoenholz et al. 2017, section 3.
    """
    z = np.sqrt(_fixed_variance(setting)) * NODES
    slope = 1 - np.tanh(z) ** 2
    curvature = -2 * np.tanh(z) * slope
    return -np.log(setting["weight_variance"] * (WEIGHTS @ (slope**2 + curvature * np.tanh(z))))


def perturbation_rate(setting, given) -> float:
    """|ln chi_1|: what the depth scale would be if correlations changed as fast as perturbations do."""
    return abs(perturbation_growth(setting, given))


def gap_rate(setting, given) -> float:
    """Rate at which the map closes the gap between the two pairs' correlations in the layers that are looked at.

    The whole recursion from the input on, without linearisation; its slope is fitted as the measured one is.
    """
    layers = np.arange(setting["first_layer"], setting["last_layer"] + 1)
    lower, upper = (_correlations(setting, setting[name]) for name in ("lower_correlation", "upper_correlation"))
    return -np.polyfit(layers, np.log(np.abs(upper - lower)[layers - 1]), 1)[0]


def ordered_correlation(setting, given) -> float:
    """1, in a network so narrow that a typical perturbation shrinks though chi_1 > 1.

    ln of an average of w independent terms is below ln of their mean by half its relative variance:
    (3 int Dz phi'^4/(int Dz phi'^2)^2 - 1)/(2w), to first order in 1/w.
    """
    return 1.0 if narrow_growth(setting, given) < 0 else fixed_correlation(setting, given)


def narrow_growth(setting, given) -> float:
    """Typical growth of a perturbation a layer at a finite width, to first order in 1/w."""
    slope = 1 - np.tanh(np.sqrt(_fixed_variance(setting)) * NODES) ** 2
    relative_variance = 3 * (WEIGHTS @ slope**4) / (WEIGHTS @ slope**2) ** 2 - 1
    return perturbation_growth(setting, given) - relative_variance / (2 * setting["width"])


def narrow_critical_weight_variance(setting, given) -> float:
    """sigma_w^2 at which the typical growth vanishes at a finite width, to first order in 1/w."""
    return brentq(lambda it: narrow_growth({**setting, "weight_variance": it}, given), 0.5, 8.0)


def _fixed_variance(setting) -> float:
    """q* = sigma_w^2 int Dz phi(sqrt(q*) z)^2 + sigma_b^2. Poole et al. 2016, section 2."""
    largest = setting["weight_variance"] + setting["bias_variance"]  # tanh^2 < 1
    return brentq(lambda q: _next_covariance(setting, q, 1.0) - q, setting["bias_variance"], largest, xtol=1e-14)


def _next_covariance(setting, variance: float, correlation: float) -> float:
    return setting["weight_variance"] * _pair_mean(np.tanh, variance, correlation) + setting["bias_variance"]


def _slope(setting, variance: float, correlation: float) -> float:
    """d c_{l+1} / d c_l, which is chi_1 at c = 1. Schoenholz et al. 2017, section 3."""
    return setting["weight_variance"] * _pair_mean(lambda z: 1 - np.tanh(z) ** 2, variance, correlation)


def _pair_mean(function, variance: float, correlation: float) -> float:
    """E f(u) f(v) over a Gaussian pair of equal variances."""
    z = np.sqrt(variance) * NODES
    if correlation == 1.0:
        return WEIGHTS @ function(z) ** 2
    partner = correlation * z[:, None] + np.sqrt(1 - correlation**2) * z[None, :]
    return (WEIGHTS * function(z)) @ function(partner) @ WEIGHTS


def _correlations(setting, correlation: float) -> np.ndarray:
    """c after each layer up to the last one looked at, from an input correlation, variances included."""
    variance = setting["input_variance"]
    covariance = setting["weight_variance"] * variance * correlation + setting["bias_variance"]
    variance = setting["weight_variance"] * variance + setting["bias_variance"]
    curve = [covariance / variance]
    for _ in range(setting["last_layer"] - 1):
        covariance = _next_covariance(setting, variance, curve[-1])
        variance = _next_covariance(setting, variance, 1.0)
        curve.append(covariance / variance)
    return np.array(curve)
