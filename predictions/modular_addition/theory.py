"""Accuracy of the analytic network for addition modulo p at N neurons, each term's sum over neurons taken as Gaussian.

A neuron of frequency k has the angles A = 2 pi k i/p + a and B = 2 pi k j/p + b; with u = A + B and d = A - B, uniform
and independent, its activation is h = (cos A + cos B)^2 = (1 + cos u)(1 + cos d), and the output q = i + j + m gets
h cos(u + 2 pi k m/p). At m = 0 the sum is X = sum h cos u, of mean N/2. At any other m it is noise of variance
V = (1/2) sum h^2 and mean -N/(2 (p - 1)), nearly independent from one m to the next.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

MEAN_X = 1 / 2  # E h cos u
VARIANCE_X = 21 / 16 - MEAN_X**2  # E h^2 cos^2 u = (1/2 + 3/8) (3/2)
MEAN_V = (3 / 2) ** 2 / 2  # E h^2 / 2
VARIANCE_V = (35 / 8) ** 2 / 4 - MEAN_V**2  # E h^4 / 4
COVARIANCE = (15 / 8) * (5 / 2) / 2 - MEAN_X * MEAN_V  # E h^3 cos u / 2


def accuracy(condition, given):
    """Chance that X exceeds p - 1 independent noises, E Phi((X - mean) / V^{1/2})^{p - 1}, X and V jointly Gaussian.

    X and V have a correlation of 0.92: neurons that are strongly active are mostly right.
    """
    spread = (VARIANCE_V - COVARIANCE**2 / VARIANCE_X) ** 0.5
    return _chance_of_the_largest(condition, slope=COVARIANCE / VARIANCE_X**0.5, spread=spread)


def accuracy_with_fixed_noise(condition, given):
    """The same with V at its mean, as if the noise knew nothing of the signal."""
    return _chance_of_the_largest(condition, slope=0.0, spread=0.0)


def _chance_of_the_largest(condition, *, slope: float, spread: float) -> float:
    """Average over normal z and y of X = mean + (N VARIANCE_X)^{1/2} z and V = N MEAN_V + N^{1/2} (slope z + spread y)."""
    p, neurons = condition["modulus"], condition["width"]
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    z, y = nodes[:, None], nodes[None, :]
    signal = neurons * (MEAN_X + 1 / (2 * (p - 1))) + np.sqrt(neurons * VARIANCE_X) * z
    variance = neurons * MEAN_V + np.sqrt(neurons) * (slope * z + spread * y)
    variance = np.maximum(variance, 0.05 * neurons)  # far in the tail, where a Gaussian V could be negative
    return float(weights @ norm.cdf(signal / np.sqrt(variance)) ** (p - 1) @ weights)
