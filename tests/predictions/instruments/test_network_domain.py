"""Networks, their tangent kernels and trials at the ends: one row, no hidden layer, depth, scale, precision."""

from __future__ import annotations

from itertools import pairwise

import jax.numpy as jnp
import numpy as np
import pytest

from predictions.instruments.empirical_ntk import Network, empirical_ntk, empirical_ntk_by_layer
from predictions.instruments.networks import fully_connected, uniform_weights
from predictions.instruments.trials import over_trials
from runners.measuring.profiles import profile


def parameters_of(widths, *, seed=0):
    rng = np.random.default_rng(seed)
    return [(rng.standard_normal((a, b)), rng.standard_normal(b)) for a, b in pairwise(widths)]


ROWS = np.random.default_rng(1).standard_normal((4, 3))
TROUBLED = np.concatenate([ROWS, ROWS[:1], 2 * ROWS[1:2], -ROWS[2:3], np.zeros((1, 3))])


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_the_kernel_of_relu_without_biases_is_homogeneous(scale):
    """Rows that repeat have the same kernel, bit for bit; K(x, 2 x') = 2 K(x, x'); a row of zeros has none."""
    network, parameters = Network("relu", weight_std=1.3, bias_std=0.0), parameters_of([3, 6, 5, 1])
    with profile("float64"):
        plain = np.asarray(empirical_ntk(network, parameters, jnp.asarray(TROUBLED)))
        scaled = np.asarray(empirical_ntk(network, parameters, jnp.asarray(scale * TROUBLED)))
        beside = np.asarray(empirical_ntk(network, parameters, jnp.asarray(TROUBLED[:1]), jnp.asarray(TROUBLED)))
    np.testing.assert_allclose(scaled / scale / scale, plain, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(plain[4], plain[0])
    np.testing.assert_allclose(plain[5], 2 * plain[1], rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(plain[7], 0)
    np.testing.assert_allclose(beside[0], plain[0], rtol=1e-12, atol=1e-14)
    assert np.linalg.eigvalsh(plain)[0] >= -1e-12 * np.trace(plain)


@pytest.mark.parametrize("activation", ["relu", "erf", "tanh"])
def test_single_precision_agrees_with_double(activation):
    network, parameters = Network(activation, weight_std=1.2, bias_std=0.3), parameters_of([3, 8, 8, 1])
    found = {}
    for precision in ("float32", "float64"):
        with profile(precision):
            cast = [tuple(jnp.asarray(array) for array in layer) for layer in parameters]
            found[precision] = np.asarray(empirical_ntk(network, cast, jnp.asarray(TROUBLED)))
            assert found[precision].dtype == precision
    size = np.abs(found["float64"]).max()
    np.testing.assert_allclose(found["float32"], found["float64"], rtol=0, atol=1e-5 * size)


def test_a_thousand_layers_share_the_kernel_of_a_linear_chain():
    """One unit a layer, weights w_l > 0, s_w = 1, no biases: df/dw_l = f / w_l, so that a layer adds f f' / w_l^2."""
    weights = np.random.default_rng(2).uniform(0.9, 1.1, 1000)
    parameters = [(np.array([[w]]), np.zeros(1)) for w in weights]
    inputs = np.array([[2.0], [0.5]])
    with profile("float64"):
        shares = np.asarray(empirical_ntk_by_layer(Network("relu", 1.0, 0.0), parameters, jnp.asarray(inputs)))
    outputs = weights.prod() * inputs[:, 0]
    np.testing.assert_allclose(shares, np.outer(outputs, outputs) / weights[:, None, None] ** 2, rtol=1e-9)


def test_one_layer_is_linear_and_one_row_is_a_row_of_many():
    layers = uniform_weights(np.random.default_rng(0), [3, 2])
    with profile("float64"):
        np.testing.assert_allclose(fully_connected(layers, ROWS), ROWS @ layers[0][0] + layers[0][1], rtol=1e-14)
        deep = uniform_weights(np.random.default_rng(0), [3] * 1001)
        whole = np.asarray(fully_connected(deep, ROWS))
        np.testing.assert_allclose(fully_connected(deep, ROWS[2:3])[0], whole[2], rtol=1e-12)
        assert np.isfinite(whole).all()


def test_initial_weights_fill_their_range_evenly():
    """+-1/sqrt(inputs), mean square 1/(3 inputs), in every layer and for the biases, too."""
    for (matrix, bias), inputs in zip(uniform_weights(np.random.default_rng(0), [16, 4000, 3000]), (16, 4000)):
        for array in (matrix, bias):
            assert np.abs(array).max() <= inputs**-0.5
            assert np.mean(array**2) * 3 * inputs == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("small", [False, True])
def test_trials_are_apart_and_one_alone_is_the_same(small):
    rows = np.random.default_rng(0).standard_normal((5, 3, 3))
    rows[2] = np.nan  # a trial that diverged
    with profile("float64"):
        found = np.asarray(over_trials(lambda a, b: a @ a + b, rows, rows[:, 0, 0], small=small))
        alone = np.asarray(over_trials(lambda a, b: a @ a + b, rows[3:4], rows[3:4, 0, 0], small=small))
    np.testing.assert_array_equal(alone[0], found[3])
    np.testing.assert_array_equal(np.isnan(found).any(axis=(1, 2)), [False, False, True, False, False])
    np.testing.assert_allclose(found[4], rows[4] @ rows[4] + rows[4, 0, 0], rtol=1e-12)
