"""The layer-by-layer kernel against its definition: each parameter's gradient, by automatic and finite differences."""

from __future__ import annotations

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from predictions.instruments.empirical_ntk import Network, empirical_ntk, empirical_ntk_by_layer
from runners.measuring.profiles import profile

pytestmark = pytest.mark.usefixtures("hastily_compiled")

LAYERS = [5, 7, 6, 8, 1]


def random_parameters(layers, *, seed=0):
    rng = np.random.default_rng(seed)
    return [(rng.standard_normal((a, b)), rng.standard_normal(b)) for a, b in pairwise(layers)]


def flat_gradients(network, parameters, inputs):
    """d f / d p for each layer: a list of (rows, parameters of the layer)."""
    jacobian = jax.vmap(jax.grad(lambda p, x: network.outputs(p, x[None])[0]), (None, 0))(parameters, inputs)
    return [np.concatenate([np.asarray(leaf).reshape(len(inputs), -1) for leaf in layer], axis=1) for layer in jacobian]


@pytest.mark.parametrize("activation", ["relu", "erf", "tanh"])
def test_equals_contracted_jacobians(activation):
    network, parameters = Network(activation, weight_std=1.3, bias_std=0.4), random_parameters(LAYERS)
    rng = np.random.default_rng(1)
    first, second = rng.standard_normal((4, 5)), rng.standard_normal((3, 5))
    with profile("float64"):
        left, right = (flat_gradients(network, parameters, jnp.asarray(rows)) for rows in (first, second))
        by_layer = empirical_ntk_by_layer(network, parameters, jnp.asarray(first), jnp.asarray(second))
        whole = empirical_ntk(network, parameters, jnp.asarray(first))
    np.testing.assert_allclose(by_layer, [a @ b.T for a, b in zip(left, right)], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(whole, sum(a @ a.T for a in left), rtol=1e-10)


def test_equals_finite_differences():
    """K(x, x') = grad f(x) . grad f(x'), each entry of the gradient by a central difference of the outputs."""
    network, parameters = Network("erf", weight_std=1.1, bias_std=0.2), random_parameters([3, 4, 1])
    inputs = np.random.default_rng(2).standard_normal((3, 3))
    step, columns = 1e-5, []
    with profile("float64"):
        for layer in range(len(parameters)):
            for part in range(2):
                for entry in np.ndindex(parameters[layer][part].shape):
                    moved = []
                    for sign in (1, -1):
                        other = [tuple(array.copy() for array in pair) for pair in parameters]
                        other[layer][part][entry] += sign * step
                        moved.append(np.asarray(network.outputs(other, jnp.asarray(inputs))))
                    columns.append((moved[0] - moved[1]) / (2 * step))
        kernel = empirical_ntk(network, parameters, jnp.asarray(inputs))
    gradients = np.stack(columns, axis=1)
    np.testing.assert_allclose(kernel, gradients @ gradients.T, rtol=1e-8)


def test_linear_network_without_hidden_layers_is_the_gram_matrix():
    inputs = np.random.default_rng(6).standard_normal((4, 5))
    with profile("float64"):
        kernel = empirical_ntk(Network("relu", 1.5, 0.5), random_parameters([5, 1]), jnp.asarray(inputs))
    np.testing.assert_allclose(kernel, 1.5**2 * inputs @ inputs.T / 5 + 0.5**2, rtol=1e-12)


def test_outputs_of_a_network_by_hand():
    """One input 2, two units: f = s/sqrt(2) (relu(s 2 - b) 3 + relu(-s 2 + b) 5) + b 0.5 with s = 1.5, b = 1."""
    parameters = [(np.array([[1.0, -1.0]]), np.array([-1.0, 1.0])), (np.array([[3.0], [5.0]]), np.array([0.5]))]
    with profile("float64"):
        outputs = Network("relu", weight_std=1.5, bias_std=1.0).outputs(parameters, jnp.asarray([[2.0]]))
    assert outputs == pytest.approx(1.5 / np.sqrt(2) * 2.0 * 3.0 + 0.5)
