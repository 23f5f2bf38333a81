"""Empirical tangent kernels of fully connected networks with one output, layer by layer.

The tangent of a layer's weights is an outer product, d f(x) / d W = (s_w / sqrt(fan in)) h(x) g(x)^T, of the activities
that enter the layer, h, and the backward signals that return to it, g = d f / d z. So the kernel needs two Gram
matrices a layer, and never a Jacobian of rows x parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.networks import ACTIVATIONS


@dataclass(frozen=True)
class Network:
    """Fully connected network in NTK parametrisation: z = (weight_std / sqrt(fan in)) h W + bias_std b, h = phi(z).

    Its parameters are a sequence of (weights, biases), of shapes (fan in, fan out) and (fan out,), each entry N(0, 1)
    before training; the last layer is linear and has one output.
    """

    activation: str
    weight_std: float
    bias_std: float

    def outputs(self, parameters, inputs):
        """f(x): (rows,)."""
        phi = ACTIVATIONS[self.activation]
        *hidden, last = parameters
        activity = inputs
        for layer in hidden:
            activity = phi(self._preactivation(layer, activity))
        return self._preactivation(last, activity)[:, 0]

    def signals(self, parameters, inputs):
        """Activities h that enter each layer, and backward signals d f / d z of each: two lists of (rows, width)."""
        phi = ACTIVATIONS[self.activation]
        activities, slopes = [inputs], []
        for layer in parameters[:-1]:
            z = self._preactivation(layer, activities[-1])
            activity, slope = jax.jvp(phi, (z,), (jnp.ones_like(z),))
            activities.append(activity)
            slopes.append(slope)
        backward = [jnp.ones_like(inputs[:, :1])]
        for (weights, _), slope in zip(reversed(parameters[1:]), reversed(slopes)):
            gain = self.weight_std / np.sqrt(weights.shape[0])
            backward.append(gain * (backward[-1] @ weights.T) * slope)
        return activities, backward[::-1]

    def _preactivation(self, layer, activity):
        weights, biases = layer
        return self.weight_std / np.sqrt(weights.shape[0]) * (activity @ weights) + self.bias_std * biases


def two_layers(hidden, readout):
    """Parameters of x -> readout . phi(x hidden / sqrt(d)) / sqrt(m) without biases; hidden (d, m), readout (m, 1).

    For a `Network` whose weight_std is 1 and whose bias_std is 0: its biases are there, but count for nothing.
    """
    return (hidden, np.zeros(hidden.shape[1])), (readout, np.zeros(1))


def empirical_ntk_by_layer(network: Network, parameters, first, second=None):
    """Share of each layer's weights and biases in the tangent kernel: (layers, rows, rows); the sum is the kernel."""
    left = network.signals(parameters, first)
    right = left if second is None else network.signals(parameters, second)
    shares = []
    for h, h_other, g, g_other in zip(left[0], right[0], left[1], right[1]):
        tangent = network.weight_std**2 / h.shape[1] * (h @ h_other.T) + network.bias_std**2
        shares.append(tangent * (g @ g_other.T))
    return jnp.stack(shares)


def empirical_ntk(network: Network, parameters, first, second=None):
    """K(x, x') = sum over parameters p of df(x)/dp df(x')/dp: (rows of `first`, rows of `second`; absent: of `first`).

    Jacot et al. 2018 (arXiv 1806.07572), section 4; the structured derivatives of Novak et al. 2022 (arXiv 2206.08720),
    written out for dense layers.
    """
    return empirical_ntk_by_layer(network, parameters, first, second).sum(axis=0)
