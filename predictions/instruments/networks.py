"""Networks as plain functions of their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

ACTIVATIONS: dict[str, Callable] = {
    "elu": jax.nn.elu,
    "erf": jax.lax.erf,
    "gelu": partial(jax.nn.gelu, approximate=False),
    "relu": jax.nn.relu,
    "softplus": jax.nn.softplus,
    "tanh": jnp.tanh,
}


def uniform_weights(generator: np.random.Generator, widths: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Matrix (inputs, outputs) and bias (outputs,) of each layer, uniform in +-1/sqrt(inputs).

    PyTorch's default for a linear layer: the entries' variance is 1/(3 inputs).
    """
    layers = []
    for inputs, outputs in pairwise(widths):
        bound = 1 / np.sqrt(inputs)
        layers.append((generator.uniform(-bound, bound, (inputs, outputs)), generator.uniform(-bound, bound, outputs)))
    return layers


def gaussian_weights(generator: np.random.Generator, widths: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Matrix (inputs, outputs) of each layer, N(0, 1/inputs), and bias (outputs,), zero. LeCun et al. 1998."""
    return [
        (generator.standard_normal((inputs, outputs)) / np.sqrt(inputs), np.zeros(outputs))
        for inputs, outputs in pairwise(widths)
    ]


def parameter_counts(weights) -> np.ndarray:
    """How many parameters each trial's network has, (trials,), from arrays with the trials as leading axis."""
    leaves = jax.tree.leaves(weights)
    return np.full(len(leaves[0]), sum(leaf[0].size for leaf in leaves))


INITIALISATIONS = {"gaussian": gaussian_weights, "uniform": uniform_weights}


def fully_connected(layers: Sequence[tuple], inputs, *, activation: Callable = jnp.tanh):
    """Outputs (samples, outputs) of a fully connected network; `activation` follows every layer but the last."""
    signal = inputs
    for matrix, bias in layers[:-1]:
        signal = activation(signal @ matrix + bias)
    matrix, bias = layers[-1]
    return signal @ matrix + bias
