"""Fixed-point equations for ridge regression on Gaussian features, for any spectrum and target.

Conventions: ridge delta on the unnormalised Gram matrix (minimise sum of squared residuals + delta |w|^2), mean squared
error without 1/2, label noise included in the test risk. delta = 0 is the minimum-norm interpolator or least squares.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq


class Errors(NamedTuple):
    """Expected mean squared errors of ridge regression."""

    test: float
    train: float


def effective_ridge(eigenvalues: np.ndarray, samples: float, ridge: float = 0.0) -> float:
    """kappa with sum_i lambda_i / (lambda_i + kappa) + delta / kappa = n; 0 if delta = 0 and n is not below M.

    M counts the modes with lambda_i > 0. Simon et al. 2021 (arXiv 2110.03922).
    """
    if not (samples > 0 and ridge >= 0 and np.all(eigenvalues >= 0)):
        raise ValueError(f"samples {samples} must be above 0, ridge {ridge} and all eigenvalues 0 or more")
    eigenvalues = eigenvalues[eigenvalues > 0]
    if not len(eigenvalues):
        return ridge / samples
    low = max(ridge / samples, eigenvalues.min() * (len(eigenvalues) / samples - 1))
    high = (eigenvalues.sum() + ridge) / samples
    if low <= 0:
        return 0.0

    def surplus(log_kappa):
        kappa = np.exp(log_kappa)
        return np.sum(eigenvalues / (eigenvalues + kappa)) + ridge / kappa - samples

    return float(np.exp(brentq(surplus, np.log(low) - 1e-6, np.log(high) + 1e-6, xtol=1e-13)))


def learnabilities(eigenvalues: np.ndarray, kappa: float) -> np.ndarray:
    """lambda_i / (lambda_i + kappa): 0 for a mode that is not there, whatever kappa is."""
    return np.divide(eigenvalues, eigenvalues + kappa, out=np.zeros(len(eigenvalues)), where=eigenvalues > 0)


def kernel_risk(eigenvalues, energies, samples, *, ridge=0.0, noise_variance=0.0, test_variances=1.0) -> Errors:
    """Test and training error of kernel ridge regression: Simon et al. 2021 (arXiv 2110.03922).

    With learnabilities l_i = lambda_i / (lambda_i + kappa) and B = sum_i (1 - l_i)^2 v_i^2 + sigma^2,

        test  = sum_i s_i (1 - l_i)^2 v_i^2 + B sum_i s_i l_i^2 / (n - sum_i l_i^2) + sigma^2,
        train = (delta / (n kappa))^2 B n / (n - sum_i l_i^2)

    for test rows with variances s_i: Canatar et al. 2021 (arXiv 2106.02261). s_i = 1 gives B n / (n - sum_i l_i^2).
    Infinite at delta = 0 and n = M, unless B = 0.
    """
    kappa = effective_ridge(eigenvalues, samples, ridge)
    learnability = learnabilities(eigenvalues, kappa)
    missed = (1 - learnability) ** 2 * energies
    bias = np.sum(missed) + noise_variance
    free = samples - np.sum(learnability**2)
    spread = bias / free if free > 0 else np.inf if bias > 0 else 0.0
    test = np.sum(test_variances * missed) + spread * np.sum(test_variances * learnability**2) + noise_variance
    train = (ridge / (samples * kappa)) ** 2 * spread * samples if ridge else 0.0
    return Errors(float(test), float(train))


def feature_ridges(eigenvalues: np.ndarray, samples: float, features: float, ridge: float = 0.0):
    """kappa and gamma with n = z + delta / kappa and k = z + k kappa / gamma, z = sum_i lambda_i / (lambda_i + gamma).

    Simon et al. 2023 (arXiv 2311.14646), the RF eigenframework of section 4.
    """
    scarce = min(samples, features)
    gamma = effective_ridge(eigenvalues, scarce)
    if ridge:
        gamma = _root_above(max(gamma, ridge / samples), eigenvalues, samples, features, ridge)
    learned = np.sum(learnabilities(eigenvalues, gamma))
    return gamma * (features - learned) / features, gamma


def random_feature_risk(eigenvalues, energies, samples, features, *, ridge=0.0, noise_variance=0.0) -> Errors:
    """Errors of ridge regression on k Gaussian random features: Simon et al. 2023 (arXiv 2311.14646), section 4.

    With l_i = lambda_i / (lambda_i + gamma), z = sum l_i and q = sum l_i^2,

        test  = [sum_i (1 - l_i - kappa k lambda_i / ((lambda_i + gamma)^2 (k - q))) v_i^2 + sigma^2]
                / [1 - (q (k - 2 z) + z^2) / (n (k - q))],
        train = (delta / (n kappa))^2 test.

    k to infinity gives `kernel_risk`, and so do delta = 0 and samples and features enough for all modes. Infinite at
    delta = 0 and n = k below that.
    """
    n, k = samples, features
    kappa, gamma = feature_ridges(eigenvalues, n, k, ridge)
    if gamma == 0:
        return kernel_risk(eigenvalues, energies, n, noise_variance=noise_variance)
    if ridge == 0 and n == k:
        return Errors(np.inf, 0.0)
    learnability = learnabilities(eigenvalues, gamma)
    z, q = np.sum(learnability), np.sum(learnability**2)
    missed = 1 - learnability - kappa * k * eigenvalues / ((eigenvalues + gamma) ** 2 * (k - q))
    test = (np.sum(missed * energies) + noise_variance) / (1 - (q * (k - 2 * z) + z**2) / (n * (k - q)))
    return Errors(float(test), float((ridge / (n * kappa)) ** 2 * test) if ridge else 0.0)


def _root_above(low, eigenvalues, samples, features, ridge) -> float:
    """gamma >= low with (n - z)(k - z) gamma = k delta, the two equations of `feature_ridges` in one."""

    def surplus(log_gamma):
        gamma = np.exp(log_gamma)
        learned = np.sum(learnabilities(eigenvalues, gamma))
        return (samples - learned) * (features - learned) * gamma - features * ridge

    high = np.log(low) + 1
    while surplus(high) < 0:
        high += 1
    return float(np.exp(brentq(surplus, np.log(low), high, xtol=1e-13)))
