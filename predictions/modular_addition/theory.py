"""Accuracy of the analytic network for addition modulo p at N neurons, from the moments of a neuron.

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
SKEWNESS_X = (115 / 32 - 3 * MEAN_X * 21 / 16 + 2 * MEAN_X**3) / VARIANCE_X**1.5  # E h^3 cos^3 u = (23/16) (5/2)
MEAN_V = (3 / 2) ** 2 / 2  # E h^2 / 2
MEAN_FOURTH = (35 / 8) ** 2  # E h^4
VARIANCE_V = MEAN_FOURTH / 4 - MEAN_V**2
COVARIANCE = (15 / 8) * (5 / 2) / 2 - MEAN_X * MEAN_V  # E h^3 cos u / 2
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(60)  # for averages over a standard normal variable


def always_right(setting, given):
    """Accuracy 1: with c = a + b the right output's mean is N/2, any other's of order N / p. Gromov 2023, section 3."""
    return 1.0


def accuracy(setting, given):
    """Chance that X exceeds p - 1 independent noises, E F((X - mean) / V^{1/2})^{p - 1}.

    X and V have a correlation of 0.92, as neurons that are strongly active are mostly right. First terms beyond the
    central limit: X has its skewness (Cornish & Fisher), and F the noise's fourth cumulant, -(3/8) sum h^4, as a sum of
    bounded waves has thinner tails than a Gaussian (Edgeworth).
    """
    p, neurons = setting["modulus"], setting["width"]
    z, y = NODES[:, None], NODES[None, :]
    z = z + SKEWNESS_X / np.sqrt(neurons) / 6 * (z**2 - 1)
    independent = (VARIANCE_V - COVARIANCE**2 / VARIANCE_X) ** 0.5
    variance = neurons * MEAN_V + np.sqrt(neurons) * (COVARIANCE / VARIANCE_X**0.5 * z + independent * y)
    variance = np.maximum(variance, 0.05 * neurons)  # far in the tail, where a Gaussian V could be negative
    level = _signal(p, neurons, z) / np.sqrt(variance)
    kurtosis = -3 / 8 * neurons * MEAN_FOURTH / variance**2
    below = np.clip(norm.cdf(level) - norm.pdf(level) * kurtosis / 24 * (level**3 - 3 * level), 0, 1)
    return float(WEIGHTS @ below ** (p - 1) @ WEIGHTS / WEIGHTS.sum() ** 2)


def accuracy_with_fixed_noise(setting, given):
    """The same for a Gaussian X and Gaussian noise of the mean variance, as if it knew nothing of the signal."""
    p, neurons = setting["modulus"], setting["width"]
    below = norm.cdf(_signal(p, neurons, NODES) / np.sqrt(neurons * MEAN_V))
    return float(WEIGHTS @ below ** (p - 1) / WEIGHTS.sum())


def _signal(p: int, neurons: int, z):
    """X at z standard deviations above its mean, less the mean of the noise."""
    return neurons * (MEAN_X + 1 / (2 * (p - 1))) + np.sqrt(neurons * VARIANCE_X) * z


def phases_add_up(setting, given):
    """0: trained neurons have c = a + b, as those that are written down. Gromov 2023, abstract, points iii and iv."""
    return 0.0


def unrelated_phases(setting, given):
    """pi/2, the median of |c - a - b| if it is uniform between 0 and pi."""
    return np.pi / 2


def outputs_of_other_frequencies(setting, given):
    """Mean outputs at distances d = 0, ..., p - 1 from the right one without some frequencies; with all, 1 at d = 0.

    Neurons of frequency k whose phases add up put out A cos(2 pi k d/p), A the same for all n = (p - 1)/2 frequencies:
    only then is every wrong output equally far below the right one, as it is at the largest margin. With a set K left,
    they sum up to (1/n) sum over k in K of cos(2 pi k d/p). Morwani et al. 2024 (arXiv 2311.07568), for the margin.
    """
    p, silenced = setting["modulus"], np.asarray(given["silenced"], dtype=bool)
    left = np.flatnonzero(~silenced) + 1
    return np.cos(2 * np.pi * np.outer(np.arange(p), left) / p).sum(axis=1) / len(silenced)


def outputs_of_fewer_neurons(setting, given):
    """The same if every neuron voted for the right output alone: all outputs shrink to the share of what is left."""
    p, share = setting["modulus"], np.mean(~np.asarray(given["silenced"], dtype=bool))
    return share * (p * (np.arange(p) == 0) - 1) / (p - 1)
