"""Moments of random ReLU networks at any width w and depth L (hidden layers), He initialisation, no biases, one input.

Given the activity below, a layer's preactivations are independent Gaussians of variance g |h|^2/w, so the squared norm
is a product of independent factors: |h_L|^2 = |x|^2 prod_l (g/w) sum_i phi(z_i)^2, z ~ N(0, 1). For ReLU a factor is
(2/w) chi^2_m with m ~ Binomial(w, 1/2) active units: Zavatone-Veth & Pehlevan 2021 (arXiv 2104.11734), section 3.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, polygamma
from scipy.stats import binom


class Cumulants(NamedTuple):
    """First three cumulants of a random variable; those of independent ones add up."""

    mean: float
    variance: float
    third: float


def output_kurtosis(setting, given) -> float:
    """E f^4 / (E f^2)^2 of the output f over networks: 3 (1 + c/w)^L, 3 for a Gaussian.

    A factor has the relative variance c/w, c = E phi^4/(E phi^2)^2 - 1 = 6 (1 + a^4)/(1 + a^2)^2 - 1 for the negative
    slope a: 5 for ReLU, 2 for a linear network. The product over layers of Zavatone-Veth & Pehlevan's fourth moment;
    its expansion in 1/w is Yaida's (arXiv 1910.00019).
    """
    return 3 * (1 + _relative_variance(setting) / setting["width"]) ** setting["depth"]


def leading_order_kurtosis(setting, given) -> float:
    """The same to first order in 1/w: 3 (1 + c L/w). Yaida 2020 (arXiv 1910.00019)."""
    return 3 * (1 + _relative_variance(setting) * setting["depth"] / setting["width"])


def orthogonal_kurtosis(setting, given) -> float:
    """The same for Haar-distributed orthogonal layers: 3 ((w + c)/(w + 2))^L.

    The preactivations are uniform on a sphere, where E u_i^4 = 3 E u_i^2 u_j^2 = 3/(w (w + 2)).
    """
    width = setting["width"]
    return 3 * ((width + _relative_variance(setting)) / (width + 2)) ** setting["depth"]


def mean_log_norm(setting, given) -> float:
    """E ln(|h_L|^2/|x|^2) = L (ln(4/w) + E psi(m/2)), about -5L/(2w); m > 0 active units in each layer."""
    return _log_norm(setting).mean


def log_norm_variance(setting, given) -> float:
    """Var ln |h_L|^2 = L (E psi'(m/2) + Var psi(m/2)), about 5L/w."""
    return _log_norm(setting).variance


def log_norm_skewness(setting, given) -> float:
    """Skewness of ln |h_L|^2: the third cumulant of a layer is E psi'' + 3 Cov(psi', psi) + k_3(psi), all at m/2."""
    return _skewness(_log_norm(setting))


def orthogonal_mean_log_norm(setting, given) -> float:
    """E ln |h_L|^2 for Haar-distributed orthogonal layers, where a factor is 2 Beta(m/2, (w - m)/2)."""
    return _orthogonal_log_norm(setting).mean


def orthogonal_log_norm_variance(setting, given) -> float:
    """Var ln |h_L|^2 for orthogonal layers: chi^2_m is chi^2_w times an independent Beta, so cumulants subtract."""
    return _orthogonal_log_norm(setting).variance


def orthogonal_log_norm_skewness(setting, given) -> float:
    """Skewness of ln |h_L|^2 for orthogonal layers."""
    return _skewness(_orthogonal_log_norm(setting))


def leading_order_mean_log_norm(setting, given) -> float:
    """-5L/(2w). Hanin & Nica 2020 (arXiv 1812.05994), theorem 1, for ReLU: the fourth moment of a layer is 5/w."""
    return -2.5 * setting["depth"] / setting["width"]


def leading_order_log_norm_variance(setting, given) -> float:
    """5L/w. Hanin & Nica 2020 (arXiv 1812.05994), theorem 1."""
    return 5 * setting["depth"] / setting["width"]


def _relative_variance(setting) -> float:
    slope = setting["negative_slope"]
    return 6 * (1 + slope**4) / (1 + slope**2) ** 2 - 1


def _log_norm(setting) -> Cumulants:
    """Cumulants of ln of a product of L independent factors (2/w) chi^2_m, given m > 0 in each."""
    width, depth = setting["width"], setting["depth"]
    active = np.arange(1, width + 1)
    weights = binom.pmf(active, width, 0.5)
    weights /= weights.sum()
    # ln chi^2_m = ln 2 + ln Gamma(m/2, 1): its cumulants given m are ln 2 + psi, psi', psi''.
    centre = digamma(active / 2)
    mean = weights @ centre
    offset, spread = centre - mean, polygamma(1, active / 2)
    variance = weights @ (spread + offset**2)
    third = weights @ (polygamma(2, active / 2) + 3 * offset * spread + offset**3)
    return Cumulants(depth * (np.log(4 / width) + mean), depth * variance, depth * third)


def _orthogonal_log_norm(setting) -> Cumulants:
    width, depth = setting["width"], setting["depth"]
    gaussian = _log_norm(setting)
    return Cumulants(
        gaussian.mean - depth * (digamma(width / 2) - np.log(width / 2)),
        gaussian.variance - depth * polygamma(1, width / 2),
        gaussian.third - depth * polygamma(2, width / 2),
    )


def _skewness(cumulants: Cumulants) -> float:
    return cumulants.third / cumulants.variance**1.5
