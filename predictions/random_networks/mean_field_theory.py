"""Signal propagation in infinitely wide random networks: order, chaos and depth scales.

Poole et al. 2016 (arXiv 1606.05340) and Schoenholz et al. 2017 (arXiv 1611.01232), in their notation: weights
N(0, sigma_w^2/w), biases N(0, sigma_b^2), q the variance of a preactivation, c the correlation of two inputs'.
For any of `SIGMOIDS`, but the depth scale of variances, which is for tanh. Variances up to LARGEST_VARIANCE; without
biases signals vanish for sigma_w phi'(0) <= 1, and correlations with them.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from predictions.random_networks.sigmoids import SIGMOIDS

LARGEST_VARIANCE = 50.0
SMALLEST_GAP = 1e-9
SCALES_OF_DEPTH = 6.0
"""How many times its depth scale deep a network can be trained: Schoenholz et al. 2017, section 5."""
# The trapezoidal rule: its error, exp(-pi^2/(h q^{1/2})) by the poles of tanh, is below 1e-12 for these q and h = 0.05,
# where Gauss-Hermite quadrature with as many nodes is off by a third.
NODES = np.linspace(-9, 9, 361)
WEIGHTS = np.exp(-(NODES**2) / 2)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


def perturbation_growth(setting, given) -> float:
    """ln chi_1 = ln(sigma_w^2 int Dz phi'(sqrt(q*) z)^2): growth of a perturbation's squared norm a layer.

    Poole et al. 2016, section 2; Schoenholz et al. 2017, section 3.
    """
    return np.log(_slope(setting, _fixed_variance(setting), 1.0))


def critical_weight_variance(setting, given) -> float:
    """sigma_w^2 at which chi_1 = 1, between order and chaos, at the condition's bias variance."""

    return _vanishing(perturbation_growth, setting)


def fixed_correlation(setting, given) -> float:
    """c*, the stable fixed point of the correlation map: 1 in the ordered phase, below 1 in the chaotic one.

    Poole et al. 2016, section 2. The map is convex, so that it has one other fixed point if chi_1 > 1. It is looked for
    as the gap e = 1 - c, which the map takes to (sigma_w^2/2q) E (phi(u) - phi(u'))^2.
    """
    variance = _fixed_variance(setting)
    if variance == 0:
        raise ValueError(
            f"weight_variance {setting['weight_variance']} without biases: signals vanish, no correlation stays"
        )

    phi = SIGMOIDS[setting["activation"]].phi

    def widening(log_gap: float) -> float:
        gap = np.exp(log_gap)
        u, v = np.sqrt(variance) * NODES[:, None], np.sqrt(variance) * NODES[None, :]
        apart = gap * u - np.sqrt(gap * (2 - gap)) * v  # u - u', from 1e-6 on: ten digits of phi u - phi u' are left
        squares = (phi(u) - phi(u - apart)) ** 2
        return setting["weight_variance"] / (2 * variance * gap) * (WEIGHTS @ squares @ WEIGHTS) - 1

    narrowest = np.log(1e-12)
    if widening(narrowest) <= 0:
        return 1.0
    if widening(0.0) >= 0:
        return 0.0  # no bias makes inputs alike, and phi is odd
    return 1 - np.exp(brentq(widening, narrowest, 0.0, xtol=1e-13))


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


def trains(setting, given) -> float:
    """1 if the network is less than 6 xi_c deep, 0 if it is deeper. Schoenholz et al. 2017, section 5."""
    return float(depth_in_scales(setting, given) < SCALES_OF_DEPTH)


def depth_in_scales(setting, given) -> float:
    """L / xi_c: over how many e-foldings of the correlations the network is deep."""
    return setting["depth"] * correlation_rate(setting, given)


def gradients_pass(setting, given) -> float:
    """The same with the depth scale of perturbations, and so of gradients, 1/|ln chi_1|."""
    return float(setting["depth"] * perturbation_rate(setting, given) < SCALES_OF_DEPTH)


def narrow_gradients_pass(setting, given) -> float:
    """The same at a finite width, to first order in 1/w."""
    return float(setting["depth"] * abs(narrow_growth(setting, given)) < SCALES_OF_DEPTH)


def depth_over_width(setting, given) -> float:
    """Fluctuations between networks of infinite-width theory are of this order: Hanin and Nica 2020 (1909.05989)."""
    return setting["depth"] / setting["width"]


def perturbation_rate(setting, given) -> float:
    """|ln chi_1|: what the depth scale would be if correlations changed as fast as perturbations do."""
    return abs(perturbation_growth(setting, given))


def gap_rate(setting, given) -> float:
    """Rate at which the map closes the gap between the two pairs' correlations in the layers that are looked at.

    The whole recursion from the input on, without linearisation; its slope is fitted as the measured one is. Layers
    count from 1.
    """
    layers = np.arange(setting["first_layer"], setting["last_layer"] + 1)
    lower, upper = (_correlations(setting, setting[name]) for name in ("lower_correlation", "upper_correlation"))
    gaps = np.abs(upper - lower)[layers - 1]
    if not np.min(gaps) > SMALLEST_GAP:
        raise ValueError(
            f"last_layer is {setting['last_layer']}, where the gap has closed to {np.min(gaps):.0e}: rounding"
        )
    return -np.polyfit(layers, np.log(gaps), 1)[0]


def ordered_correlation(setting, given) -> float:
    """1, in a network so narrow that a typical perturbation shrinks though chi_1 > 1.

    ln of an average of w independent terms is below ln of their mean by half its relative variance:
    (3 int Dz phi'^4/(int Dz phi'^2)^2 - 1)/(2w), to first order in 1/w.
    """
    return 1.0 if narrow_growth(setting, given) < 0 else fixed_correlation(setting, given)


def narrow_growth(setting, given) -> float:
    """Typical growth of a perturbation a layer at a finite width, to first order in 1/w."""
    slope = SIGMOIDS[setting["activation"]].slope(np.sqrt(_fixed_variance(setting)) * NODES)
    relative_variance = 3 * (WEIGHTS @ slope**4) / (WEIGHTS @ slope**2) ** 2 - 1
    return perturbation_growth(setting, given) - relative_variance / (2 * setting["width"])


def narrow_critical_weight_variance(setting, given) -> float:
    """sigma_w^2 at which the typical growth vanishes at a finite width, to first order in 1/w."""
    return _vanishing(narrow_growth, setting)


def narrow_shift(setting, given) -> float:
    """How much larger, as a ratio, that is than the critical sigma_w^2 of infinite width."""
    return narrow_critical_weight_variance(setting, given) / critical_weight_variance(setting, given)


def _vanishing(growth, setting) -> float:
    """sigma_w^2 at which a growth changes its sign."""
    largest = LARGEST_VARIANCE - setting["bias_variance"]

    def at(weight_variance: float) -> float:
        return growth({**setting, "weight_variance": weight_variance}, {})

    if not largest > 0.5 or at(largest) < 0:
        raise ValueError(
            f"order up to weight_variance {largest:g}: bias_variance or 1/width is too large for a boundary"
        )
    return brentq(at, 0.5, largest)


def _fixed_variance(setting) -> float:
    """q* = sigma_w^2 int Dz phi(sqrt(q*) z)^2 + sigma_b^2, the stable one. Poole et al. 2016, section 2.

    q = 0 is another if sigma_b = 0. As tanh^2 z >= z^2 - 2 z^4/3, q* is at least (1 - 1/sigma_w^2)/2 for tanh.
    """
    weight_variance, bias_variance = setting["weight_variance"], setting["bias_variance"]
    largest = weight_variance + bias_variance  # phi^2 < 1
    if not (weight_variance > 0 and bias_variance >= 0 and largest <= LARGEST_VARIANCE):
        raise ValueError(
            f"weight_variance {weight_variance} and bias_variance {bias_variance}: must be above 0 and 0 or more, and "
            f"together at most {LARGEST_VARIANCE:g}, up to where the quadrature is exact"
        )
    smallest = bias_variance
    if setting["activation"] == "tanh":
        smallest = max(smallest, (weight_variance - 1) / (4 * max(weight_variance, 1)))
    elif bias_variance == 0:
        raise ValueError(f"bias_variance is 0, where only tanh is solved, and activation is {setting['activation']}")
    if smallest == 0:
        return 0.0

    def excess(log_variance: float) -> float:
        return _next_covariance(setting, np.exp(log_variance), 1.0) / np.exp(log_variance) - 1

    return np.exp(brentq(excess, np.log(smallest), np.log(largest), xtol=1e-14))


def _next_covariance(setting, variance: float, correlation: float) -> float:
    phi = SIGMOIDS[setting["activation"]].phi
    return setting["weight_variance"] * _pair_mean(phi, variance, correlation) + setting["bias_variance"]


def _slope(setting, variance: float, correlation: float) -> float:
    """d c_{l+1} / d c_l, which is chi_1 at c = 1. Schoenholz et al. 2017, section 3."""
    return setting["weight_variance"] * _pair_mean(SIGMOIDS[setting["activation"]].slope, variance, correlation)


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
        curve.append(min(covariance / variance, 1.0))  # rounding
    return np.array(curve)
