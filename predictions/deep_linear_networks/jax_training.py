"""Gradient descent on a product of matrices in JAX: one compiled loop for each depth and set of widths."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp

from predictions.instruments.trials import over_trials


@partial(jax.jit, static_argnames="records")
def train(layers, target, left, right, *, step_sizes, stride: int, records: int):
    """Mode strengths after each `stride` steps, (trials, modes, records), and the last loss, (trials,).

    Weights are (trials, rows, columns), the target (trials, outputs, inputs), its singular vectors
    (trials, outputs or inputs, modes); `step_sizes` holds one step size a layer.
    """

    def one_trial(layers, target, left, right):
        def step(_, layers):
            gradients = jax.grad(squared_error)(layers, target)
            return [w - size * g for w, size, g in zip(layers, step_sizes, gradients)]

        def record(layers, _):
            layers = jax.lax.fori_loop(0, stride, step, layers)
            return layers, jnp.einsum("om,oi,im->m", left, product_of(layers), right)

        layers, strengths = jax.lax.scan(record, layers, length=records)
        return strengths.T, squared_error(layers, target)

    return over_trials(one_trial, layers, target, left, right)


def product_of(layers):
    """W_L ... W_1: (outputs, inputs)."""
    product = layers[0]
    for weights in layers[1:]:
        product = weights @ product
    return product


def squared_error(layers, target):
    """The loss, 1/2 ||W_L ... W_1 - T||_F^2."""
    return 0.5 * jnp.sum((product_of(layers) - target) ** 2)
