"""Regression predicted from covariances: linear on any data, kernels on Gaussian data and on the sphere.

Mean squared errors without 1/2; a ridge adds to the unnormalised Gram matrix, as in the room of Gaussian features.
"""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import brentq
from scipy.special import binom, eval_jacobi, roots_legendre

from predictions.feature_regression.self_consistent import kernel_risk, learnabilities
from predictions.gaussian_universality.hermite import largest_products
from predictions.gaussian_universality.setting import KERNELS, RANKS, sample_count


def gaussian_excess_risk(setting, given):
    """Excess risk on Gaussian rows of that covariance, with that teacher, what is left of the labels being noise.

    Loureiro et al. 2021 (arXiv 2102.08127), section 3.4, for square loss: the covariance and what a linear function
    explains of the labels determine the error. In the form of Simon et al. 2021 (arXiv 2110.03922).
    """
    variances, noise = given["variances"], given["residual"]
    ridge = setting["ridge"] * setting["samples"] * np.mean(variances)
    return kernel_risk(variances, given["energies"], setting["samples"], ridge=ridge, noise_variance=noise).test - noise


def classical_excess_risk(setting, given):
    """Bias and variance of a ridge fit if the sample covariance were the population's, as for many rows.

    sum_i (d / (n l_i + d))^2 v_i^2 + sigma^2 sum_i n l_i^2 / (n l_i + d)^2, d the ridge: no fluctuations of the design.
    """
    variances, samples = given["variances"], setting["samples"]
    learned = variances / (variances + setting["ridge"] * np.mean(variances))
    return np.sum((1 - learned) ** 2 * given["energies"]) + given["residual"] * np.sum(learned**2) / samples


def gaussian_kernel_eigenvalue(setting, given):
    """Eigenvalues of exp(-|x - x'|^2 / 2 s^2) for Gaussian x with these variances: geometric mean over the ranks.

    One dimension of variance g, with a = 1/4g, b = 1/2s^2, A = a + b + (a^2 + 2ab)^(1/2): (2a/A)^(1/2) (b/A)^k,
    k = 0, 1, ...; in several they multiply. Zhu et al. 1998; Rasmussen and Williams 2006, section 4.3.1.
    """
    a, b = 1 / (4 * given["variances"]), 1 / (2 * setting["kernel_width"] ** 2)
    total = a + b + np.sqrt(a**2 + 2 * a * b)
    return _geometric_mean(setting, np.prod(np.sqrt(2 * a / total)), b / total)


def hermite_eigenvalue(setting, given):
    """Eigenvalues c_k prod_i g_i^(k_i), k = sum k_i, of a rotation-invariant kernel: geometric mean over the ranks.

    Karkada et al. 2025 (arXiv 2510.14878), the Hermite eigenstructure ansatz. With |x|^2 = 1, the mean, the kernel is
    sum_k c_k (x . x')^k / k!, c_k = e^(-1/s^2) s^(-2k).
    """
    squared_width = setting["kernel_width"] ** 2
    return _geometric_mean(setting, np.exp(-1 / squared_width), given["variances"] / squared_width)


def linear_kernel_eigenvalue(setting, given):
    """The eigenvalues e^(-1/s^2) g_i / s^2 of the linear part of the kernel alone, as if it had no curvature."""
    ranks = RANKS[setting["ranks"]]
    squared_width = setting["kernel_width"] ** 2
    variances = given["variances"][ranks.start - 1 : ranks.stop - 1]
    return np.exp(np.mean(np.log(variances)) - 1 / squared_width) / squared_width


def sphere_excess_risk(setting, given):
    """Excess risk of kernel interpolation on the sphere from the kernel's eigenvalue for each degree.

    Eigenlearning (Simon et al. 2021, arXiv 2110.03922) with the kernel's degrees as degenerate modes; degrees from
    `DEGREES` on, of which no sample resolves anything, act as a ridge of the size of their trace.
    """
    eigenvalues, multiplicities = sphere_spectrum(setting["kernel"], setting["dimension"])
    samples = sample_count(setting)
    unresolved = max(KERNELS[setting["kernel"]](np.array(1.0)) - np.sum(eigenvalues * multiplicities), 0)
    learned = learnabilities(eigenvalues, _effective_ridge(eigenvalues, multiplicities, samples, unresolved))
    missed = np.sum((1 - learned[1:3]) ** 2) / 2
    return missed * samples / (samples - np.sum(multiplicities * learned**2))


def staircase(setting, given):
    """The limit of high dimension: degrees up to the power of the dimension that n has are learnt, all others not.

    Ghorbani et al. 2021 (arXiv 1904.12191), theorem 4: of the target's degree 1 and 2, one half each.
    """
    return 0.5 * sum(setting["samples_power"] < degree for degree in (1, 2))


DEGREES = 12
NODES = 400


def sphere_spectrum(kernel: str, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalue of each degree of spherical harmonics, from 0, under the uniform law; and how many they are.

    l_k = E k(t) P_k(t), t the cosine, of density (1 - t^2)^((d - 3)/2), P_k Gegenbauer's polynomial with P_k(1) = 1.
    Negative or of the size of rounding: 0.
    """
    half, order = dimension / 2 - 1, np.arange(1, NODES)
    squares = order * (order + 2 * half - 1) / (4 * (order + half) * (order + half - 1))
    cosines, vectors = eigh_tridiagonal(np.zeros(NODES), np.sqrt(squares))  # Gauss's nodes: Golub and Welsch 1969
    values = KERNELS[kernel](cosines) * vectors[0] ** 2
    polynomials = [np.ones_like(cosines), cosines]
    for k in range(1, DEGREES - 1):  # (k + d - 2) P_{k+1} = (2k + d - 2) t P_k - k P_{k-1}
        polynomials.append(
            ((2 * k + dimension - 2) * cosines * polynomials[k] - k * polynomials[k - 1]) / (k + dimension - 2)
        )
    eigenvalues = np.array(polynomials) @ values
    counts = [comb(dimension + k - 1, k) - (comb(dimension + k - 3, k - 2) if k > 1 else 0) for k in range(DEGREES)]
    return np.where(eigenvalues > 1e-15, eigenvalues, 0), np.array(counts, dtype=float)


def fitted_noise(setting, given):
    """E_0 - 1 = sum N_k l_k^2 / (n - sum N_k l_k^2): what a unit of label noise adds to the risk of a kernel machine.

    Simon et al. 2021 (arXiv 2110.03922); Mallinar et al. 2022 (arXiv 2207.06569), which call it tempered where it tends
    to a constant.
    """
    eigenvalues, multiplicities = laplace_spectrum(setting["dimension"], setting["length_scale"])
    samples, ridge = setting["samples"], setting["ridge_per_row"] * setting["samples"]
    unresolved = max(1 - np.sum(eigenvalues * multiplicities), 0)
    learned = learnabilities(eigenvalues, _effective_ridge(eigenvalues, multiplicities, samples, unresolved + ridge))
    used = np.sum(multiplicities * learned**2)
    return used / (samples - used)


def tempered_noise(setting, given):
    """1/d: E_0 tends to the exponent of the spectrum, which is (d + 1)/d for a Laplace kernel in d dimensions."""
    return 1 / setting["dimension"]


def tempered_slope(setting, given):
    """0: fitted noise costs the same whatever the number of rows. Mallinar et al. 2022."""
    return 0.0


def benign_slope(setting, given):
    """-1: directions without signal take up the noise, and its cost falls as one over the number of rows."""
    return -1.0


@cache
def laplace_spectrum(dimension: int, length_scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalue of each degree of exp(-r/l) on the sphere of so many dimensions, from 0, and how many they are.

    As in `sphere_spectrum`, for vectors in one dimension more. With r = 2 sin(a/2) the integrand is smooth in the angle
    a, of density sin^(d - 1) a; on the circle harmonics are cos(k a).
    """
    orders = np.arange(1500 if dimension == 1 else 250 if dimension == 2 else 100)
    nodes, weights = roots_legendre(2 * len(orders) + 200)
    angles = (nodes + 1) * np.pi / 2
    density = weights * np.sin(angles) ** (dimension - 1)
    values = np.exp(-2 * np.sin(angles / 2) / length_scale) * density / np.sum(density)
    if dimension == 1:
        return np.maximum(np.cos(np.outer(orders, angles)) @ values, 0), np.where(orders > 0, 2.0, 1.0)
    half = dimension / 2 - 1
    harmonics = eval_jacobi(orders[:, None], half, half, np.cos(angles)) / eval_jacobi(orders, half, half, 1.0)[:, None]
    counts = binom(dimension + orders, dimension) - binom(dimension + orders - 2, dimension)
    return np.maximum(harmonics @ values, 0), counts


def _effective_ridge(eigenvalues, multiplicities, samples: int, ridge: float) -> float:
    """kappa with sum_k N_k l_k / (l_k + kappa) + ridge / kappa = n."""

    def surplus(log_kappa):
        kappa = np.exp(log_kappa)
        return np.sum(multiplicities * learnabilities(eigenvalues, kappa)) + ridge / kappa - samples

    high = np.log((np.sum(multiplicities * eigenvalues) + ridge) / samples)
    return float(np.exp(brentq(surplus, np.log(1e-12), high + 1e-9, xtol=1e-13)))


def _geometric_mean(setting, first: float, ratios: np.ndarray) -> float:
    ranks = RANKS[setting["ranks"]]
    return np.exp(np.mean(np.log(largest_products(first, ratios, ranks.stop)[ranks])))
