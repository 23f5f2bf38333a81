"""What the experiments on tangent kernels draw: inputs on a sphere, and groups of random networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification
from predictions.instruments.empirical_ntk import Network

GAUSSIAN_DIMENSION = 64


def network_of(setting: Mapping) -> Network:
    """The network that the condition describes: activation, weight and bias scale."""
    return Network(setting["activation"], setting["weight_std"], setting["bias_std"])


def draw_inputs(data: str, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Different rows of a data set, or Gaussian ones, each scaled to norm sqrt(d): (rows, d).

    On this sphere every first-layer preactivation has the same variance, so that no input is louder than another.
    """
    if data == "gaussian":
        inputs = rng.standard_normal((rows, GAUSSIAN_DIMENSION))
    else:
        samples = classification(data).inputs
        inputs = samples[rng.choice(len(samples), rows, replace=False)]
    return inputs * np.sqrt(inputs.shape[1]) / np.linalg.norm(inputs, axis=1, keepdims=True)


def draw_group(layers: Sequence[int], networks: int, rng: np.random.Generator):
    """Standard normal parameters of a group of networks: (weights, biases) a layer, networks along the leading axis.

    Drawn in float64, so that the numbers are the same in any precision, and kept in the one that JAX is set to.
    """
    precision = jnp.result_type(float)

    def standard_normal(*shape):
        stack = np.empty((networks, *shape), precision)
        for entry in stack:  # one network at a time: the float64 draw of a whole group would double the memory
            entry[...] = rng.standard_normal(shape)
        return stack

    return tuple((standard_normal(fan_in, fan_out), standard_normal(fan_out)) for fan_in, fan_out in pairwise(layers))
