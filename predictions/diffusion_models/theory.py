"""When denoisers collapse onto their training data, and how far two agree that were made from disjoint halves of it.

Collapse of the empirical score of Gaussian data: the limit of many dimensions, and all of it at finite size. Biroli,
Bonnaire, de Bortoli and Mezard 2024 (arXiv 2402.18491), with sigma^2 = 1. Noise variance 1 - e^{-2t}.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2


def same_function(setting, given):
    """1: both have become the denoiser of the distribution. Kadkhodaie et al. 2024 (arXiv 2310.02557), section 2."""
    return 1.0


def memorised_halves(setting, given):
    """The cosine, beyond the Wiener filter, between the exact posterior means over the two halves: what minima of the
    training loss would show."""
    return float(given["memoriser_cosine"])


def filtered_halves(setting, given):
    """The same of the Wiener filters of the two halves: both know means and covariances only."""
    return float(given["wiener_cosine"])


def greater_part(setting, given):
    """1/2: least cosine of two functions whose common part, of the power S, is greater than what each has for itself.

    With own parts of the power N each, uncorrelated, the cosine is S/(S + N), and S > N makes it larger than a half.
    """
    return 0.5


def memorised_sets(setting, given):
    """The least cosine of the exact denoisers of the three networks' images, beyond affine maps of the noise."""
    return float(given["memorised_shared"])


def least_lead(setting, given):
    """0.1: by how much a network's cosine with the equivariant local machine has to exceed that with any other."""
    return 0.1


def memorised_lead(setting, given):
    """The lead of the equivariant local machine in samples of the exact denoiser, which copies: their cosine less 1."""
    return float(given["memorised_lead"])


NORMS, DISTANCES, SCALES = 16, 400, 500  # nodes of the quadratures


def collapse_time(setting, given):
    """t_C = 1/2 ln(1 + 1/(n^{2/d} - 1)): the information d/2 ln(1 + 1/(e^{2t} - 1)) that x_t has on its point is ln n.

    The excess entropy vanishes there; the random energy model of the n points condenses.
    """
    return _time_of_information(setting["points"], setting["dimension"])


def collapse_time_of_rank(setting, given):
    """The same with the number of directions along which the data spread."""
    return _time_of_information(setting["points"], setting["rank"])


def nearest_neighbour_time(setting, given):
    """Noise of the length of half the typical distance between nearest neighbours: d (e^{2t} - 1) = r^2/4."""
    return 0.5 * np.log1p(given["nearest_squared_distance"] / (4 * setting["dimension"]))


def finite_collapse_time(setting, given):
    """Time at which the expectation of sum_i w_i^2 is 1/2, for n points in d dimensions.

    Given x, the weights X_i = exp(-|x - e^{-t} a_i|^2 / 2 (1 - e^{-2t})) of the other points are independent, and that
    of the point behind x has their law tilted by X. With 1/S^2 = int_0^inf s e^{-s S} ds for the sum S of all weights,

    E[Y | x] E[X] = int s ds (E[X^3 e^{-sX}] phi^{n-1} + (n - 1) E[X^2 e^{-sX}] E[X e^{-sX}] phi^{n-2}),

    phi = E[e^{-sX}], which depends on x through |x| only: |x - e^{-t} a|^2 e^{2t} is noncentral chi-squared.
    """
    return _finite_time(setting["points"], setting["dimension"])


def _time_of_information(points: int, dimension: int) -> float:
    if points < 2:
        raise ValueError(f"points is {points}, but the score of fewer than 2 points has nothing to collapse from")
    return 0.5 * np.log1p(1 / np.expm1(2 * np.log(points) / dimension))


@lru_cache(maxsize=64)
def _finite_time(points: int, dimension: int) -> float:
    def excess(log_time):
        return expected_concentration(np.exp(log_time), points, dimension) - 0.5

    if points < 3:
        raise ValueError(f"points is {points}, but the weights of 2 points never have a mean square below 1/2")
    middle = np.log(_time_of_information(points, dimension))
    reach = next(reach for reach in (0.7, 1.5, 3.0, 6.0) if excess(middle - reach) > 0 > excess(middle + reach))
    return float(np.exp(brentq(excess, middle - reach, middle + reach, xtol=1e-4)))


def expected_concentration(time: float, points: int, dimension: int) -> float:
    """E[sum_i w_i^2] at one time, by quadrature over |x|^2 (chi-squared, as x ~ N(0, I)), the distances and s."""
    quantiles = (np.arange(NORMS) + 0.5) / NORMS
    return float(np.mean([_at_norm(r, time, points, dimension) for r in chi2.ppf(quantiles, dimension)]))


def _at_norm(squared_norm: float, time: float, points: int, dimension: int) -> float:
    shrink, variance = np.exp(-2 * time), -np.expm1(-2 * time)
    # u = |x - e^{-t} a|^2 e^{2t}, from where the point behind x may lie to where the bulk of the others ends
    near = variance * ncx2.ppf(1e-10, dimension, variance * squared_norm / shrink)
    far = ncx2.ppf(1 - 1e-10, dimension, squared_norm / shrink)
    log_u, step = np.linspace(np.log(near), np.log(far), DISTANCES, retstep=True)
    u = np.exp(log_u)
    other = ncx2.pdf(u, dimension, squared_norm / shrink) * u * step
    log_weight = -u * shrink / (2 * variance)
    behind = other * np.exp(log_weight - log_weight.max())
    behind /= behind.sum()
    # as far as the point behind x, which every term holds, is still seen
    log_s, s_step = np.linspace(-log_weight.max() - 12, 6 - log_weight[behind > 1e-12].min(), SCALES, retstep=True)
    y = np.exp(np.minimum(log_s[:, None] + log_weight, 300))
    fading = np.exp(-y)
    absent = np.log1p(np.expm1(-y) @ other)  # ln phi
    alone = (y**2 * fading) @ behind * np.exp((points - 1) * absent)
    another = (points - 1) * ((y**2 * fading) @ other) * (fading @ behind) * np.exp((points - 2) * absent)
    return float(np.sum(alone + another) * s_step)
