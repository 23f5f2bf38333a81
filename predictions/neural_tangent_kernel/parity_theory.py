"""What eigenvalues on the hypercube say of learning parities: learnability lambda_k/(lambda_k + kappa), and the risk.

Conventions: K(x, x') = kappa(x.x'/d) on the corners of {-1, 1}^d with uniform measure; eigenvalues of f -> E_x' K f, of
which the products of k signs have lambda_k, C(d, k) times; no ridge; mean squared error without 1/2.
"""

from __future__ import annotations

from math import comb

import numpy as np

from predictions.feature_regression.self_consistent import effective_ridge, kernel_risk, learnabilities
from predictions.instruments.kernels import InfiniteWidth, propagate
from predictions.neural_tangent_kernel.hypercube import architecture


def parity_learnability(setting, given) -> float:
    """E <f, f_hat>/<f, f> of a parity of `degree`: lambda_k/(lambda_k + kappa), of the tangent kernel.

    Simon et al. 2021 (arXiv 2110.03922), with kappa where sum_i lambda_i/(lambda_i + kappa) = n. Over all corners,
    those that were seen included: with equal eigenvalues it is the share that was seen.
    """
    return _learnability(setting, _eigenvalues(setting).ntk)


def readout_parity_learnability(setting, given) -> float:
    """The same if the readout alone were trained: the kernel is that of the Gaussian process, Lee et al. 2018."""
    return _learnability(setting, _eigenvalues(setting).nngp)


def parity_risk(setting, given) -> float:
    """Mean squared error over all corners: (1 - L)^2 n/(n - sum_i L_i^2). Simon et al. 2021."""
    spectrum = _spectrum(setting, _eigenvalues(setting).ntk)
    energies = np.zeros(len(spectrum))
    energies[sum(comb(setting["dimension"], k) for k in range(setting["degree"]))] = 1
    return kernel_risk(spectrum, energies, setting["samples"]).test


def share_seen(setting, given) -> float:
    """n/2^d: mean learnability of all modes of any kernel, for all of them add up to n; so that of coin tosses."""
    return setting["samples"] / 2 ** setting["dimension"]


def angular_eigenvalues(profile: np.ndarray) -> np.ndarray:
    """lambda_k, k = 0 ... d, of the kernel whose values at h = 0 ... d different signs are `profile`.

    lambda_k = 2^-d sum_x kappa(x) prod_{i <= k} x_i, x counted from the corner of ones: of h minus signs j lie among
    the k, C(k, j) C(d - k, h - j) times (Krawtchouk's polynomials; Yang and Salman 2019, arXiv 1907.10599).
    """
    d = len(profile) - 1
    counts = [[sum((-1) ** j * comb(k, j) * comb(d - k, h - j) for j in range(max(0, h + k - d), min(k, h) + 1))
               for h in range(d + 1)] for k in range(d + 1)]  # fmt: skip
    return np.array(counts) @ profile / 2**d


def _eigenvalues(setting) -> InfiniteWidth:
    overlaps = 1 - 2 * np.arange(setting["dimension"] + 1) / setting["dimension"]
    squares = np.ones(1), np.ones(len(overlaps))
    kernels = propagate(overlaps[None], squares, **architecture(setting))
    return InfiniteWidth(*(angular_eigenvalues(kernel[0]) for kernel in kernels))


def _spectrum(setting, eigenvalues: np.ndarray) -> np.ndarray:
    """Every eigenvalue as often as there are parities of its degree; what rounding left below zero is zero."""
    times = [comb(setting["dimension"], k) for k in range(setting["dimension"] + 1)]
    return np.repeat(np.maximum(eigenvalues, 0), times)


def _learnability(setting, eigenvalues: np.ndarray) -> float:
    kappa = effective_ridge(_spectrum(setting, eigenvalues), setting["samples"])
    return float(learnabilities(np.maximum(eigenvalues, 0), kappa)[setting["degree"]])
