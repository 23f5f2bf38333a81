"""What a threshold and a network of thresholds can hold."""

from __future__ import annotations

from math import comb, log

import numpy as np
from scipy.optimize import brentq
from scipy.special import erf
from scipy.stats import norm


def cover_share(setting, given):
    """Share of the 2^P labellings of P rows in general position that a hyperplane through the origin divides.

    2^(1 - P) sum_{k < N} C(P - 1, k): one half at P = 2N. Cover 1965, theorem 1 and equation 7.
    """
    patterns = round(setting["patterns_per_weight"] * setting["dimension"])
    return sum(comb(patterns - 1, k) for k in range(setting["dimension"])) / 2 ** (patterns - 1)


def dimension_share(setting, given):
    """1 up to as many rows as weights, then 0: all labellings are divided up to the VC dimension, and not beyond."""
    return float(setting["patterns_per_weight"] <= 1)


def gardner_margin(setting, given):
    """The kappa with alpha E (kappa + g)_+^2 = 1 for g ~ N(0, 1), alpha rows a weight. Gardner 1988."""
    return _margin(setting["patterns_per_weight"], np.ones(1))


def margin_of_lengths(setting, given):
    """Gardner's margin for rows that are Gaussian but for their lengths r sqrt(N): alpha E (kappa/r + g)_+^2 = 1.

    A row of length r sqrt(N) is on the right side by kappa where its direction is by kappa / r.
    """
    return _margin(setting["patterns_per_weight"], given["lengths"])


def hebb_margin(setting, given):
    """The margin of the mean of all y x if rows of length sqrt(N) were orthogonal to each other: alpha^(-1/2)."""
    return setting["patterns_per_weight"] ** -0.5


def hopfield_saturation(setting, given):
    """alpha_c = 0.1379 of Amit, Gutfreund and Sompolinsky 1985: the largest load with a retrieval solution.

    Replica-symmetric, at temperature 0: y (sqrt(2 alpha) + (2/sqrt(pi)) e^{-y^2}) = erf(y), the overlap being erf(y),
    has a solution y > 0 up to the largest value of alpha over y.
    """
    y = np.linspace(0.5, 4, 100_001)
    root = erf(y) / y - 2 / np.sqrt(np.pi) * np.exp(-(y**2))
    return float(np.max(np.where(root > 0, root, 0) ** 2) / 2)


def error_free_load(setting, given):
    """1 / (2 ln N): up to there almost every pattern is kept without an error. McEliece et al. 1987."""
    return 1 / (2 * log(setting["neurons"]))


def _margin(load: float, lengths: np.ndarray) -> float:
    def surplus(kappa):
        k = kappa / lengths
        return load * np.mean((1 + k**2) * norm.cdf(k) + k * norm.pdf(k)) - 1

    return float(brentq(surplus, -20, 50))
