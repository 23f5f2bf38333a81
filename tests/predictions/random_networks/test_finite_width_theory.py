"""Exact moments of random ReLU networks against cases by hand and numerical integration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import beta, zeta

from predictions.random_networks import finite_width_theory as theory


def setting(width: int, depth: int, negative_slope: float = 0.0):
    return {"width": width, "depth": depth, "negative_slope": negative_slope}


def test_kurtosis_of_one_unit_by_hand():
    """|h|^2 = 2 max(z, 0)^2: mean 1, mean square 4 x 3/2 = 6; each further layer multiplies by 6 again."""
    assert theory.output_kurtosis(setting(1, 1), {}) == pytest.approx(18)
    assert theory.output_kurtosis(setting(1, 2), {}) == pytest.approx(108)


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_kurtosis_of_one_layer_by_integration(slope):
    def moment(power: int) -> float:
        def integrand(z):
            return np.where(z > 0, z, slope * z) ** power * stats.norm.pdf(z)

        return integrate.quad(integrand, -12, 0)[0] + integrate.quad(integrand, 0, 12)[0]

    width = 7
    second = width * moment(4) + width * (width - 1) * moment(2) ** 2  # E (sum_i phi_i^2)^2
    expected = 3 * second / (width * moment(2)) ** 2
    assert theory.output_kurtosis(setting(width, 1, slope), {}) == pytest.approx(expected, rel=1e-6)


def test_kurtosis_limits():
    wide = setting(10**6, 4)
    assert theory.output_kurtosis(wide, {}) == pytest.approx(3, rel=1e-4)
    excess = [law(wide, {}) - 3 for law in (theory.output_kurtosis, theory.leading_order_kurtosis)]
    assert excess[0] == pytest.approx(excess[1], rel=1e-4)


@pytest.mark.parametrize("slope", [0.0, 0.5])
def test_orthogonal_kurtosis_in_the_plane(slope):
    """Two units on a circle: the preactivations are the cosine and sine of a uniform angle."""
    angles = (np.arange(100_000) + 0.5) * 2 * np.pi / 100_000
    u = np.stack([np.cos(angles), np.sin(angles)])
    squares = np.sum(np.where(u > 0, u, slope * u) ** 2, axis=0)
    expected = 3 * np.mean(squares**2) / np.mean(squares) ** 2
    assert theory.orthogonal_kurtosis(setting(2, 1, slope), {}) == pytest.approx(expected, rel=1e-6)


def test_log_norm_of_one_unit_by_hand():
    """ln 2 + ln z^2, z standard normal: mean -gamma, variance pi^2/2, third cumulant -14 zeta(3)."""
    one = setting(1, 3)
    assert theory.mean_log_norm(one, {}) == pytest.approx(-3 * np.euler_gamma)
    assert theory.log_norm_variance(one, {}) == pytest.approx(3 * np.pi**2 / 2)
    skewness = -14 * zeta(3) / (np.pi**2 / 2) ** 1.5
    assert theory.log_norm_skewness(one, {}) == pytest.approx(skewness / np.sqrt(3))


def test_log_norm_of_two_units_by_integration():
    """One of two units is active with chance 2/3, given that any is: |h|^2 = chi^2_1 or chi^2_2."""

    def moment(power: int, centre: float) -> float:
        def integrand(x: float) -> float:
            return (x - centre) ** power * sum(
                chance * stats.chi2.pdf(np.exp(x), m) * np.exp(x) for chance, m in [(2 / 3, 1), (1 / 3, 2)]
            )

        return integrate.quad(integrand, -60, 6, limit=400)[0]

    mean = moment(1, 0.0)
    two = setting(2, 1)
    assert theory.mean_log_norm(two, {}) == pytest.approx(mean, rel=1e-6)
    assert theory.log_norm_variance(two, {}) == pytest.approx(moment(2, mean), rel=1e-6)
    expected = moment(3, mean) / moment(2, mean) ** 1.5
    assert theory.log_norm_skewness(two, {}) == pytest.approx(expected, rel=1e-6)


def test_log_norm_approaches_the_leading_order():
    wide = setting(4000, 8)
    assert theory.log_norm_variance(wide, {}) == pytest.approx(
        theory.leading_order_log_norm_variance(wide, {}), rel=1e-2
    )
    assert theory.mean_log_norm(wide, {}) == pytest.approx(theory.leading_order_mean_log_norm(wide, {}), rel=1e-2)
    assert abs(theory.log_norm_skewness(wide, {})) < 0.02


def test_orthogonal_log_norm_in_the_plane():
    """A uniform angle: both units active in a quarter of the directions, one in a half."""
    angles = (np.arange(1_000_000) + 0.5) * 2 * np.pi / 1_000_000
    u = np.stack([np.cos(angles), np.sin(angles)])
    squares = 2 * np.sum(np.maximum(u, 0) ** 2, axis=0)
    logs = np.log(squares[squares > 0])
    two = setting(2, 1)
    assert theory.orthogonal_mean_log_norm(two, {}) == pytest.approx(np.mean(logs), rel=1e-4)
    assert theory.orthogonal_log_norm_variance(two, {}) == pytest.approx(np.var(logs), rel=1e-4)
    assert theory.orthogonal_log_norm_skewness(two, {}) == pytest.approx(stats.skew(logs), rel=1e-3)


def test_orthogonal_log_norm_of_five_units_by_beta_integrals():
    """m of 5 units are active with chance C(5, m)/31, and hold a Beta(m/2, (5 - m)/2) share of the norm, doubled."""
    chances = np.array([5, 10, 10, 5, 1]) / 31

    def average(function) -> float:
        shares = [
            integrate.quad(
                # y = x^2 for the share x^2 rids the density of its end at 0, and 1 - x^2 = cos^2 of that at 1
                lambda t, m=m: (
                    function(np.log(2 * np.sin(t) ** 2))
                    * 2
                    * np.sin(t) ** (m - 1)
                    * np.cos(t) ** (4 - m)
                    / beta(m / 2, (5 - m) / 2)
                ),
                0,
                np.pi / 2,
                limit=400,
            )[0]
            for m in range(1, 5)
        ]
        return chances @ [*shares, function(np.log(2))]

    mean = average(lambda it: it)
    variance, third = (average(lambda it, k=k: (it - mean) ** k) for k in (2, 3))
    deep = setting(5, 3)
    assert theory.orthogonal_mean_log_norm(deep, {}) == pytest.approx(3 * mean, rel=1e-7)
    assert theory.orthogonal_log_norm_variance(deep, {}) == pytest.approx(3 * variance, rel=1e-7)
    assert theory.orthogonal_log_norm_skewness(deep, {}) == pytest.approx(third / variance**1.5 / 3**0.5, rel=1e-6)


def test_leading_orders_by_hand():
    """Of 8 layers of 40 units: 5 L/w is 1, half of it the mean, 3 (1 + 5 L/w) is 6; slopes of 1 have 2 for 5."""
    assert theory.leading_order_log_norm_variance(setting(40, 8), {}) == pytest.approx(1)
    assert theory.leading_order_mean_log_norm(setting(40, 8), {}) == pytest.approx(-0.5)
    assert theory.leading_order_kurtosis(setting(40, 8), {}) == pytest.approx(6)
    assert theory.leading_order_kurtosis(setting(40, 8, 1.0), {}) == pytest.approx(3 * 1.4)
