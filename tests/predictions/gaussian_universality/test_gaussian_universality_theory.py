"""Predictions from covariances: against quadrature, Bessel functions, enumeration and least squares."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.special import gamma, iv

from predictions.gaussian_universality import theory
from predictions.gaussian_universality.hermite import largest_products
from predictions.gaussian_universality.setting import KERNELS


def test_the_largest_products_are_those_of_an_enumeration():
    ratios = np.array([0.7, 0.45, 0.2])
    every = sorted((2 * np.prod(ratios**powers) for powers in product(range(40), repeat=3)), reverse=True)
    assert largest_products(2.0, ratios, 60) == pytest.approx(every[:60])


def test_ratios_that_do_not_descend_are_refused():
    with pytest.raises(ValueError, match="must descend"):
        largest_products(1.0, np.array([0.2, 0.5]), 3)


def spectrum_by_quadrature(variance: float, width: float) -> np.ndarray:
    """Eigenvalues of the kernel under a one-dimensional Gaussian, from Gauss-Hermite nodes, descending."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    nodes, weights = nodes * np.sqrt(variance), weights / weights.sum()
    kernel = np.exp(-((nodes[:, None] - nodes) ** 2) / (2 * width**2))
    return np.linalg.eigvalsh(np.sqrt(weights)[:, None] * kernel * np.sqrt(weights))[::-1]


def test_eigenvalues_on_gaussian_data_are_those_of_the_kernel_operator():
    variances, width = np.array([0.6, 0.3, 0.1]), 0.8
    first, second, third = (spectrum_by_quadrature(variance, width)[:16] for variance in variances)
    exact = np.sort(np.einsum("i,j,k->ijk", first, second, third).ravel())[::-1]
    for ranks, group in (("first", exact[1:5]), ("second", exact[5:20])):
        predicted = theory.gaussian_kernel_eigenvalue({"kernel_width": width, "ranks": ranks}, {"variances": variances})
        assert predicted == pytest.approx(np.exp(np.mean(np.log(group))), rel=1e-6)


def test_hermite_products_are_the_limit_of_a_wide_kernel():
    """To first order the ratio is 1 - 2 sum_i k_i gamma_i / s^2; ranks 2 to 5 are the four linear functions."""
    variances = np.array([0.28, 0.26, 0.24, 0.22])
    for width in (5.0, 10.0):
        condition = {"kernel_width": width, "ranks": "first"}
        exact = theory.gaussian_kernel_eigenvalue(condition, {"variances": variances})
        ansatz = theory.hermite_eigenvalue(condition, {"variances": variances})
        assert exact / ansatz - 1 == pytest.approx(-2 * 0.25 / width**2, rel=0.1)


def test_the_linear_part_is_the_same_while_no_square_is_larger():
    condition, given = {"kernel_width": 4.0, "ranks": "first"}, {"variances": np.array([0.28, 0.26, 0.24, 0.22])}
    assert theory.linear_kernel_eigenvalue(condition, given) == pytest.approx(
        theory.hermite_eigenvalue(condition, given)
    )


def test_the_exponential_kernel_has_bessel_functions_as_eigenvalues():
    """E e^t P_k(t) = Gamma(d/2) 2^(d/2 - 1) I_{k + d/2 - 1}(1), by the Gegenbauer expansion of e^t (Funk-Hecke)."""
    dimension = 9
    eigenvalues, _ = theory.sphere_spectrum("exponential", dimension)
    order = np.arange(6) + dimension / 2 - 1
    expected = gamma(dimension / 2) * 2 ** (dimension / 2 - 1) * iv(order, 1.0)
    assert eigenvalues[:6] == pytest.approx(expected, rel=1e-9)


def test_there_are_as_many_harmonics_as_in_three_dimensions():
    assert theory.sphere_spectrum("relu", 3)[1] == pytest.approx(2 * np.arange(theory.DEGREES) + 1)


@pytest.mark.parametrize("kernel", KERNELS)
def test_eigenvalues_add_up_to_the_kernel_at_a_point_but_for_the_degrees_left_out(kernel):
    eigenvalues, multiplicities = theory.sphere_spectrum(kernel, 16)
    assert 0.99 < np.sum(eigenvalues * multiplicities) / KERNELS[kernel](np.array(1.0)) <= 1 + 1e-9


def test_the_staircase_is_where_high_dimension_leads():
    """At n = d^1.5 the linear half is learnt, the quadratic is not, up to what falls with the dimension."""
    gaps = []
    for dimension in (50, 200, 800):
        condition = {"kernel": "exponential", "dimension": dimension, "samples_power": 1.5}
        gaps.append(abs(theory.sphere_excess_risk(condition, {}) - theory.staircase(condition, {})))
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 0.02
    assert theory.staircase({"samples_power": 0.8}, {}) == 1
    assert theory.staircase({"samples_power": 2.2}, {}) == 0


def test_without_ridge_and_bias_the_noise_costs_what_least_squares_costs():
    """sigma^2 p / (n - p), the asymptotic form of the exact sigma^2 p / (n - 1 - p)."""
    given = {"variances": np.array([4.0, 1.0, 0.5]), "energies": np.array([0.2, 0.3, 0.5]), "residual": 0.7}
    risk = theory.gaussian_excess_risk({"samples": 40, "ridge": 1e-12}, given)
    assert risk == pytest.approx(0.7 * 3 / 37, rel=1e-6)


def test_the_classical_risk_of_one_feature_by_hand():
    given = {"variances": np.array([2.0]), "energies": np.array([0.6]), "residual": 0.4}
    assert theory.classical_excess_risk({"samples": 10, "ridge": 1.0}, given) == pytest.approx(
        0.25 * 0.6 + 0.4 * 0.25 / 10
    )


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_a_laplace_kernels_eigenvalues_add_up_to_one_but_for_the_tail(dimension):
    eigenvalues, multiplicities = theory.laplace_spectrum(dimension, 1.0)
    assert 0.97 < np.sum(eigenvalues * multiplicities) < 1
    assert multiplicities[1] == dimension + 1


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_a_laplace_kernels_spectrum_falls_with_one_plus_the_inverse_dimension(dimension):
    """l_k falls as k^-(d + 1), and k^d harmonics come before degree k."""
    eigenvalues, _ = theory.laplace_spectrum(dimension, 1.0)
    assert np.log(eigenvalues[80] / eigenvalues[40]) / np.log(2) == pytest.approx(-(dimension + 1), rel=0.03)
    setting = {"dimension": dimension, "length_scale": 1.0, "ridge_per_row": 0.0, "samples": 400}
    assert theory.fitted_noise(setting, {}) == pytest.approx(theory.tempered_noise(setting, {}), rel=0.03)


def test_the_circle_has_the_closed_form_of_its_fourier_integral():
    """(1/pi) int_0^pi e^(-2 sin(a/2)) cos(k a) da by another rule: the trapezoid on a fine grid."""
    angles = np.linspace(0, np.pi, 200_001)
    for k in (0, 1, 7):
        expected = np.trapezoid(np.exp(-2 * np.sin(angles / 2)) * np.cos(k * angles), angles) / np.pi
        assert theory.laplace_spectrum(1, 1.0)[0][k] == pytest.approx(expected, rel=1e-7)
