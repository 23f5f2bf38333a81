"""Train deep random networks for a while: which depths learn at all?

Model      f = V phi(z_L), z_{l+1} = W_{l+1} phi(z_l) + b_{l+1}, z_1 = W_1 x + b_1: `depth` layers of `width` units,
           phi = `activation` (see `instruments.networks`). Weights N(0, sigma_w^2/inputs) with sigma_w^2 =
           `weight_variance`, biases N(0, sigma_b^2) with sigma_b^2 = `bias_variance`, readout N(0, 1/width).
Data       `rows` random rows of `data`, each scaled to |x|^2/d = 1, in ten classes.
Loss       cross-entropy, nats, mean over rows.
Training   full-batch heavy ball with `learning_rate` and `momentum`, `steps` steps.
Observed   at the end, how much of the rows is learnt, training accuracy from 0 for chance to 1 for all; the loss.
Trial      rows and weights.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification
from predictions.instruments.losses import cross_entropy
from predictions.instruments.networks import ACTIVATIONS
from predictions.instruments.optimisers import heavy_ball
from predictions.instruments.trials import over_trials


def prepare(setting, seeds):
    """Given: nothing that a theory could need. State: hidden layers stacked, first layer, readout, rows and targets."""
    data, trials = classification(setting["data"]), []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        chosen = rng.choice(len(data.inputs), setting["rows"], replace=False)
        inputs = data.inputs[chosen]
        inputs = inputs * np.sqrt(inputs.shape[1] / np.sum(inputs**2, axis=1, keepdims=True))
        sizes = [inputs.shape[1], *[setting["width"]] * setting["depth"], data.classes]
        trials.append((_draw_layers(setting, sizes, rng), inputs, np.eye(data.classes)[data.labels[chosen]]))
    return {}, jax.tree.map(lambda *leaves: np.stack(leaves), *trials)


def _draw_layers(setting, sizes, rng: np.random.Generator):
    """First layer, hidden layers stacked along a leading axis, and readout: (weights, biases) each."""
    weight_scale, bias_scale = np.sqrt(setting["weight_variance"]), np.sqrt(setting["bias_variance"])
    layers = [
        (weight_scale / np.sqrt(into) * rng.standard_normal((into, out)), bias_scale * rng.standard_normal(out))
        for into, out in pairwise(sizes[:-1])
    ]
    readout = rng.standard_normal(sizes[-2:]) / np.sqrt(sizes[-2]), np.zeros(sizes[-1])
    return layers[0], tuple(np.stack(arrays) for arrays in zip(*layers[1:])), readout


def measure(setting, state):
    """Training accuracy, 0 for chance, and loss at the end, nats: (trials,). Outputs that are nan count as class 0."""
    state = jax.tree.map(jnp.asarray, state)
    rates = {name: float(setting[name]) for name in ("learning_rate", "momentum")}
    accuracy, loss = _train(*state, rates, setting["steps"], activation=setting["activation"])
    chance = 1 / state[2].shape[2]
    return {"learnt": (np.asarray(accuracy) - chance) / (1 - chance), "final_loss": np.asarray(loss)}


@partial(jax.jit, static_argnames="activation")
def _train(layers, inputs, targets, rates, steps, *, activation: str):
    phi = ACTIVATIONS[activation]

    def outputs(layers, inputs):
        (first_weights, first_biases), hidden, (readout, offsets) = layers

        def layer(z, weights_and_biases):
            weights, biases = weights_and_biases
            return phi(z) @ weights + biases, None

        z, _ = jax.lax.scan(layer, inputs @ first_weights + first_biases, hidden)
        return phi(z) @ readout + offsets

    def one_trial(layers, inputs, targets):
        rule = heavy_ball(**rates)
        gradient = jax.grad(lambda layers: cross_entropy(outputs(layers, inputs), targets))

        def step(_, carry):
            return rule.move(*carry, gradient(carry[0]))

        layers, _ = jax.lax.fori_loop(0, steps, step, (layers, rule.start(layers)))
        found = outputs(layers, inputs)
        right = jnp.argmax(found, axis=1) == jnp.argmax(targets, axis=1)
        return jnp.mean(right), cross_entropy(found, targets)

    return over_trials(one_trial, layers, inputs, targets)
