"""Stochastic gradient descent on a fully connected ReLU network until it fits its training rows."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from predictions.instruments.losses import label_cross_entropies
from predictions.instruments.networks import fully_connected
from predictions.instruments.optimisers import decoupled_decay, heavy_ball

CHECKED_EVERY = 25
"""Steps between two looks at the loss on all rows."""


class Recipe(NamedTuple):
    """How one network is trained; every number is traced, so that all recipes share one compilation."""

    learning_rate: jax.Array
    batch_size: jax.Array  # at most the rows drawn a step
    weight_decay: jax.Array  # w <- (1 - learning_rate * weight_decay) w, before momentum, for every weight and bias
    readout_only: jax.Array  # 1: hidden layers stay as they were drawn; 0: all layers learn


def outputs(layers, inputs):
    """Logits (rows, classes)."""
    return fully_connected(layers, inputs, activation=jax.nn.relu)


def cross_entropy(layers, inputs, labels):
    """Mean over rows of -ln softmax(f)_y, in nats; labels (rows,) are integers."""
    return jnp.mean(label_cross_entropies(outputs(layers, inputs), labels))


def error_rate(layers, inputs, labels):
    """Share of rows whose largest logit is not that of their label."""
    return jnp.mean(jnp.argmax(outputs(layers, inputs), axis=1) != labels)


def train(layers, inputs, labels, key, recipe: Recipe, *, momentum: float, target_loss, most_steps, rows_a_step: int):
    """Layers after the first look at which the loss on all rows is at most `target_loss`, or after `most_steps`.

    Also the number of steps. Each step draws `batch_size` rows with replacement (`rows_a_step` are drawn and the rest
    weighs nothing, as shapes are fixed), by heavy-ball momentum with decoupled decay.
    """
    weights_of_rows = jnp.where(jnp.arange(rows_a_step) < recipe.batch_size, 1 / recipe.batch_size, 0)
    rates = {"learning_rate": recipe.learning_rate}
    rule = decoupled_decay(heavy_ball(momentum=momentum, **rates), weight_decay=recipe.weight_decay, **rates)

    def batch_loss(layers, rows):
        return weights_of_rows @ label_cross_entropies(outputs(layers, inputs[rows]), labels[rows])

    def step(index, state):
        layers, velocity, key = state
        rows = jax.random.randint(jax.random.fold_in(key, index), (rows_a_step,), 0, len(inputs))
        moved, velocity = rule.move(layers, velocity, jax.grad(batch_loss)(layers, rows))
        stay = recipe.readout_only > 0
        moved[:-1] = jax.tree.map(lambda old, new: jnp.where(stay, old, new), layers[:-1], moved[:-1])
        return moved, velocity, key

    def stretch(state):
        count, *run, _ = state
        layers, velocity, key = jax.lax.fori_loop(count, count + CHECKED_EVERY, step, tuple(run))
        return count + CHECKED_EVERY, layers, velocity, key, cross_entropy(layers, inputs, labels)

    def unfinished(state):
        count, *_, loss = state
        return (count < most_steps) & (loss > target_loss)  # a NaN ends it

    state = (0, layers, rule.start(layers), key, jnp.asarray(jnp.inf, inputs.dtype))
    steps, layers, *_ = jax.lax.while_loop(unfinished, stretch, state)
    return layers, steps
