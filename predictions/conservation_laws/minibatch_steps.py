"""Train by stochastic gradient descent for a while; then take one step and see by how much it lowers a batch's loss.

Model      a fully connected tanh network with `hidden_layers` layers of `width` units, uniform initial weights.
Data       `rows` handwritten digits, each scaled to the norm sqrt(pixels), so that no rare pixel dominates a batch; a
           tenth of the labels redrawn at random, one-hot targets.
Loss       1/2 mean_i |f(x_i) - y_i|^2 over a batch of `batch` rows.
Training   `age` steps of stochastic gradient descent with step `training_rate`, every batch drawn afresh; then one step
           w - eta g, g the gradient of one more batch, eta chosen in each trial so that eta times the curvature along
           g, lambda_g = g . H g / |g|^2, is `curvature_step`.
Observed   the decrease of that batch's loss (`seen`: own), or of a batch with four other rows in place of four of
           its own (`seen`: exchanged), over eta |g|^2.
Trial      rows, labels, initial weights and batches.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.data.datasets import classification, draw_rows
from predictions.instruments.curvature import hessian_product
from predictions.instruments.losses import half_squared_error
from predictions.instruments.networks import fully_connected, parameter_counts, uniform_weights
from predictions.instruments.trials import over_trials

LABEL_NOISE = 0.1
EXCHANGED = 4  # rows
OWN_IS_SEEN = {"own": True, "exchanged": False}


def prepare(setting, seeds):
    """Given: curvature along the step on its own batch and on the other, and the other gradient's part along it."""
    data, trials = classification("digits"), []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, setting["rows"], rng, label_noise=LABEL_NOISE)
        inputs *= np.sqrt(inputs.shape[1]) / np.linalg.norm(inputs, axis=1, keepdims=True)
        widths = [inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], targets.shape[1]]
        weights = uniform_weights(rng, widths)
        draws = [rng.choice(setting["rows"], setting["batch"], replace=False) for _ in range(setting["age"] + 2)]
        draws[-1][EXCHANGED:] = draws[-2][EXCHANGED:]
        trials.append((weights, inputs, targets, np.stack(draws)))
    trials = jax.tree.map(lambda *arrays: jnp.asarray(np.stack(arrays)), *trials)
    weights, along = _train(*trials, setting["training_rate"])
    given = {name: np.asarray(values) for name, values in along.items()} | {"parameters": parameter_counts(trials[0])}
    return given, (weights, *trials[1:], given["curvature"])


def measure(setting, state):
    """Relative decrease of the loss, and eta lambda_g; where the loss curves downwards, eta lambda_g is negative."""
    *arrays, curvature = state
    step_sizes = jnp.asarray(setting["curvature_step"] / np.abs(curvature))
    decrease, curvature_step = _take_step(*arrays, step_sizes, OWN_IS_SEEN[setting["seen"]])
    return {"relative_decrease": np.asarray(decrease), "curvature_along_step": np.asarray(curvature_step)}


def _batch_loss(inputs, targets, layers):
    """Loss of some rows as a function of flat weights: rows -> weights -> loss."""

    def on(rows):
        def loss(weights):
            outputs = fully_connected(layers(weights), inputs[rows])
            return half_squared_error(outputs, targets[rows])

        return loss

    return on


@jax.jit
def _train(weights, inputs, targets, draws, training_rate):
    """The trained weights, and what the last two batches say about a step along the gradient of the last but one."""

    def one_trial(layers, inputs, targets, draws):
        weights, unravel = ravel_pytree(layers)
        loss_on = _batch_loss(inputs, targets, unravel)

        def step(weights, rows):
            return weights - training_rate * jax.grad(loss_on(rows))(weights), None

        weights, _ = jax.lax.scan(step, weights, draws[:-2])
        own, other = (loss_on(rows) for rows in draws[-2:])
        gradient = jax.grad(own)(weights)
        square = gradient @ gradient
        along = {
            "curvature": gradient @ hessian_product(own, weights)(gradient) / square,
            "curvature_of_other": gradient @ hessian_product(other, weights)(gradient) / square,
            "alignment_with_other": gradient @ jax.grad(other)(weights) / square,
        }
        return unravel(weights), along

    return over_trials(one_trial, weights, inputs, targets, draws)


@jax.jit
def _take_step(weights, inputs, targets, draws, step_sizes, own_is_seen):
    def one_trial(layers, inputs, targets, draws, step_size):
        weights, unravel = ravel_pytree(layers)
        loss_on = _batch_loss(inputs, targets, unravel)
        own, rows = draws[-2], jnp.where(own_is_seen, draws[-2], draws[-1])
        gradient = jax.grad(loss_on(own))(weights)
        square = gradient @ gradient
        seen = loss_on(rows)
        decrease = seen(weights) - seen(weights - step_size * gradient)
        curvature = gradient @ hessian_product(loss_on(own), weights)(gradient) / square
        return decrease / (step_size * square), step_size * curvature

    return over_trials(one_trial, weights, inputs, targets, draws, step_sizes)
