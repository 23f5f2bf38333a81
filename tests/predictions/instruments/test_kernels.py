"""Analytic kernels against quadrature of the expectations that define them, special values and wide random networks."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.special import erf

from predictions.instruments.kernels import MOMENTS, infinite_width_kernels, propagate
from runners.measuring.profiles import profile

FUNCTIONS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "erf": (erf, lambda z: 2 / np.sqrt(np.pi) * np.exp(-(z**2))),
}


@cache
def hermite_rule():
    points, weights = np.polynomial.hermite_e.hermegauss(180)
    return points, weights / weights.sum()


def smooth_expectation(function, covariance, first_variance, second_variance):
    """E[function(u) function(v)] by a Gauss-Hermite product rule."""
    points, weights = hermite_rule()
    root = np.linalg.cholesky([[first_variance, covariance], [covariance, second_variance]])
    u = root[0, 0] * points[:, None]
    v = root[1, 0] * points[:, None] + root[1, 1] * points[None, :]
    return weights @ (function(u) * function(v)) @ weights


def homogeneous_expectation(function, covariance, first_variance, second_variance):
    """E[function(u) function(v)] in polar coordinates: a function homogeneous of degree k leaves one angle.

    After whitening, (r cos a, r sin a): the product is r^2k times a trigonometric function on the arc where both are
    positive, which Gauss-Legendre integrates; E r^2k = 2^k k!.
    """
    degree = int(function(np.array(2.0)) / function(np.array(1.0))) - 1
    root = np.linalg.cholesky([[first_variance, covariance], [covariance, second_variance]])
    start, stop = -np.arctan2(root[1, 0], root[1, 1]), np.pi / 2
    nodes, weights = np.polynomial.legendre.leggauss(60)
    angle = (start + stop) / 2 + (stop - start) / 2 * nodes
    product = function(root[0, 0] * np.cos(angle)) * function(root[1] @ [np.cos(angle), np.sin(angle)])
    return 2**degree * (stop - start) / 2 * weights @ product / (2 * np.pi)


EXPECTATION = {"relu": homogeneous_expectation, "erf": smooth_expectation}


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize(("covariance", "variances"), [(0.3, (1.0, 0.7)), (-0.5, (0.4, 1.3)), (0.0, (1.0, 1.0))])
def test_moments_are_the_gaussian_expectations(activation, covariance, variances):
    got = MOMENTS[activation](np.array(covariance), *map(np.array, variances))
    for value, function in zip(got, FUNCTIONS[activation]):
        assert value == pytest.approx(EXPECTATION[activation](function, covariance, *variances), abs=2e-7)


def test_relu_moments_on_the_diagonal_are_one_half():
    outputs, derivatives = MOMENTS["relu"](np.array(1.7), np.array(1.7), np.array(1.7))
    assert outputs == pytest.approx(1.7 / 2)
    assert derivatives == pytest.approx(1 / 2)


@pytest.mark.parametrize("depth", [1, 2, 3, 7])
def test_relu_kernel_of_one_input_is_depth_times_its_variance(depth):
    """With s_w^2 = 2 and no bias, every layer passes the variance on and the tangents of each layer add it once."""
    kernels = infinite_width_kernels(np.ones((1, 5)), depth=depth, activation="relu", weight_std=2**0.5, bias_std=0.0)
    assert kernels.nngp[0, 0] == pytest.approx(2.0)
    assert kernels.ntk[0, 0] == pytest.approx(2.0 * depth)


def test_relu_kernel_of_orthogonal_inputs_by_hand():
    """Two weight layers, s_w^2 = 2: NNGP 2 (2/(2 pi)); the tangent kernel adds the first layer's Gram matrix, 0."""
    kernels = infinite_width_kernels(2**0.5 * np.eye(2), depth=2, activation="relu", weight_std=2**0.5, bias_std=0.0)
    assert kernels.nngp[0, 1] == pytest.approx(2 / np.pi)
    assert kernels.ntk[0, 1] == pytest.approx(2 / np.pi)


def quadrature_kernels(first, second, *, depth, activation, weight_std, bias_std):
    """NNGP and NTK of two single inputs, the recursion written out with numerical expectations."""
    function, derivative = FUNCTIONS[activation]
    expectation = EXPECTATION[activation]
    s, b = weight_std**2, bias_std**2
    covariance, p, q = (s * np.mean(x * y) + b for x, y in [(first, second), (first, first), (second, second)])
    tangent = covariance
    for _ in range(depth - 1):
        slope = s * expectation(derivative, covariance, p, q)
        covariance, p, q = (
            s * expectation(function, *arguments) + b
            # a variance is a covariance of two variables that are all but equal
            for arguments in [(covariance, p, q), (p * (1 - 1e-12), p, p), (q * (1 - 1e-12), q, q)]
        )
        tangent = covariance + slope * tangent
    return covariance, tangent


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("depth", [3, 4])
def test_deep_kernels_against_quadrature(activation, depth):
    rng = np.random.default_rng(3)
    first, second = rng.standard_normal((3, 6)), rng.standard_normal((2, 6))
    setting = {"depth": depth, "activation": activation, "weight_std": 1.4, "bias_std": 0.3}
    kernels = infinite_width_kernels(first, second, **setting)
    expected = np.array([[quadrature_kernels(x, y, **setting) for y in second] for x in first])
    np.testing.assert_allclose(kernels.nngp, expected[:, :, 0], rtol=1e-6)
    np.testing.assert_allclose(kernels.ntk, expected[:, :, 1], rtol=1e-6)


def test_gram_matrix_suffices():
    inputs = np.random.default_rng(4).standard_normal((5, 8))
    setting = {"depth": 3, "activation": "erf", "weight_std": 1.2, "bias_std": 0.1}
    both = zip(propagate(inputs @ inputs.T / 8, **setting), infinite_width_kernels(inputs, **setting))
    for by_gram, by_inputs in both:
        np.testing.assert_allclose(by_gram, by_inputs, rtol=1e-12)


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_wide_random_networks_average_to_the_ntk(activation):
    """Mean of 200 empirical kernels at width 256: fluctuation about 0.17/sqrt(200) = 1.2%, bias O(1/width)."""
    import jax

    from predictions.instruments.empirical_ntk import Network, empirical_ntk
    from predictions.instruments.trials import over_trials
    from predictions.neural_tangent_kernel.ensembles import draw_group

    rng = np.random.default_rng(5)
    inputs = rng.standard_normal((6, 10))
    with profile("float32"):
        network = Network(activation, weight_std=1.4, bias_std=0.3)
        group = draw_group([10, 256, 256, 1], 200, rng)
        mean = jax.jit(over_trials, static_argnums=0)(lambda p: empirical_ntk(network, p, inputs), group).mean(axis=0)
    limit = infinite_width_kernels(inputs, depth=3, activation=activation, weight_std=1.4, bias_std=0.3).ntk
    assert np.linalg.norm(mean - limit) / np.linalg.norm(limit) < 0.04
