"""Predictions of the tangent-kernel limit against linear models that are trained step by step."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.neural_tangent_kernel import theory

SETTING = {"depth": 3, "activation": "relu", "weight_std": 2**0.5, "bias_std": 0.0}


def kernel_descent(kernel, residual, *, learning_rate, momentum, steps):
    """Residual of a linear model of this kernel after gradient descent on (1/2) sum of its squares."""
    velocity = np.zeros_like(residual)
    for _ in range(steps):
        velocity = momentum * velocity - learning_rate * kernel @ residual
        residual = residual + velocity
    return residual


@pytest.mark.parametrize(
    ("momentum", "predicted"), [(0.0, theory.slow_mode_rate), (0.5, theory.slow_mode_rate_with_momentum)]
)
def test_slow_mode_rate_is_that_of_a_linear_model(momentum, predicted):
    rng = np.random.default_rng(0)
    features = rng.standard_normal((6, 20))
    kernel = features @ features.T
    eigenvalues, vectors = np.linalg.eigh(kernel)
    start, learning_rate, steps = rng.standard_normal(6), 0.2 / eigenvalues[-1], 30
    final = kernel_descent(kernel, start, learning_rate=learning_rate, momentum=momentum, steps=steps)
    measured = -np.log(np.abs((vectors[:, 1] @ final) / (vectors[:, 1] @ start))) / steps
    given = {"learning_rates": np.array([learning_rate]), "slow_mode_eigenvalues": eigenvalues[[1]]}
    assert predicted({"momentum": momentum, "steps": steps}, given) == pytest.approx(measured, rel=1e-9)


def test_momentum_rate_without_momentum_is_the_plain_rate():
    given = {"learning_rates": np.array([0.1, 0.2]), "slow_mode_eigenvalues": np.array([1.0, 2.0])}
    plain = theory.slow_mode_rate({}, given)
    assert plain == pytest.approx((-np.log(0.9) - np.log(0.6)) / 2)
    assert theory.slow_mode_rate_with_momentum({"momentum": 0.0, "steps": 20}, given) == pytest.approx(plain)


def test_top_eigenvalues_of_one_input_by_hand():
    """ReLU with s_w^2 = 2 keeps the variance 2: the tangent kernel is 2 x depth, the Gaussian process's 2."""
    given = {"gram": np.ones((1, 1))}
    assert theory.ntk_top_eigenvalue(SETTING, given) == pytest.approx(6.0)
    assert theory.one_layer_deeper_top_eigenvalue(SETTING, given) == pytest.approx(8.0)
    assert theory.nngp_top_eigenvalue(SETTING, given) == pytest.approx(2.0)


def test_top_eigenvalue_of_equal_inputs_grows_with_their_number():
    assert theory.ntk_top_eigenvalue(SETTING, {"gram": np.ones((3, 3))}) == pytest.approx(18.0)
    assert theory.one_layer_deeper_top_eigenvalue(SETTING, {"gram": np.ones((3, 3))}) == pytest.approx(24.0)
    assert theory.nngp_top_eigenvalue(SETTING, {"gram": np.ones((3, 3))}) == pytest.approx(6.0)


def test_mean_mode_rate_is_that_of_an_isotropic_kernel():
    """A kernel with one eigenvalue for all has its trace over n: the residual shrinks by 1 - 0.3 x 0.8 a step."""
    final = kernel_descent(0.8 * np.eye(4), np.ones(4), learning_rate=0.3, momentum=0.0, steps=7)
    given = {"learning_rates": np.array([0.3, 0.5]), "mean_eigenvalues": np.array([0.8, 1.2])}
    expected = (-np.log(final[0]) / 7 - np.log(1 - 0.6)) / 2
    assert theory.mean_mode_rate({}, given) == pytest.approx(expected)


def kernel_of(width, rng, networks):
    """Tangent kernels at x = 1 and y = 0.3 of v . tanh(u x) / w^1/2, from first principles: (networks,)."""
    u, v = rng.standard_normal((2, networks, width))
    first, second = np.tanh(u), np.tanh(0.3 * u)
    slopes = (1 - first**2) * (1 - second**2)
    return np.mean(first * second, axis=1) + np.mean(0.3 * v**2 * slopes, axis=1)


def test_kernels_fluctuate_with_the_power_of_a_mean():
    rng = np.random.default_rng(0)
    spreads = [kernels.std() / kernels.mean() for kernels in (kernel_of(width, rng, 4000) for width in (16, 1024))]
    measured = np.log(spreads[1] / spreads[0]) / np.log(64)
    assert theory.fluctuation_exponent({}, {}) == pytest.approx(measured, abs=0.015)


def test_kernels_change_with_the_inverse_width_in_training():
    """Mean change over networks f = v . tanh(u x) / w^1/2 of the kernel at x = 1, when one datum is fitted to y = 1."""

    def change(width):
        u, v = np.random.default_rng(width).standard_normal((2, 20_000_000 // width // 50, width))
        start, moved = None, []
        for _ in range(60):
            h = np.tanh(u)
            kernel = np.mean(h**2 + (v * (1 - h**2)) ** 2, axis=1)
            start = kernel if start is None else start
            error = (np.sum(v * h, axis=1) / np.sqrt(width) - 1)[:, None]
            u, v = u - 0.2 * error * v * (1 - h**2) / np.sqrt(width), v - 0.2 * error * h / np.sqrt(width)
        moved = kernel - start
        return abs(np.mean(moved))

    measured = np.log(change(256) / change(32)) / np.log(8)
    assert theory.change_exponent({}, {}) == pytest.approx(measured, abs=0.2)
