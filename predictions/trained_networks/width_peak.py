"""Train two-layer networks of growing width to the end on a few rows with noisy labels, and see where they test worst.

Model      fully connected, D inputs, one hidden layer of `width` rectified units, K outputs; weights and biases uniform
           in +-1/sqrt(inputs).
Data       `rows` rows of `data` (digits, mnist1d), each label redrawn among ten classes with probability `label_noise`;
           tested on `test_rows` others with their own labels. Targets one-hot (`outputs` 10), or (1) a sign, which half
           of the classes, halved at random, has.
Loss       mean over rows of the squared distance of outputs and targets.
Training   full-batch Adam, `steps` steps with a rate that falls from 0.01 to 0 along half a cosine; of all weights, or
           (`trained`: readout) of the last layer only.
Observed   the loss of test rows and of training rows, geometric mean over networks.
Trial      `networks` networks: rows, redrawn labels, halves and initial weights of each.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification, split_rows
from predictions.instruments.networks import fully_connected, parameter_counts, uniform_weights
from predictions.instruments.optimisers import adam
from predictions.instruments.trials import over_trials

LEARNING_RATE = 0.01


def prepare(setting, seeds):
    """Given: `features`, inputs that vary over a network's rows, mean, (trials,). State: (trials, networks, ...)."""
    data, trials = classification(setting["data"]), []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        trials.append(stacked([_network(setting, data, rng) for _ in range(setting["networks"])]))
    state = stacked(trials)
    features = np.sum(np.ptp(state[0], axis=2) > 0, axis=2).mean(axis=1)
    return {"features": features, "parameters": parameter_counts(jax.tree.map(lambda it: it[:, 0], state[-1]))}, state


def measure(setting, state):
    """Mean squared distance from the targets on test and training rows, geometric mean over networks: (trials,)."""
    flat = jax.tree.map(lambda it: jnp.asarray(it.reshape(-1, *it.shape[2:])), state)
    losses = _train(*flat, float(setting["trained"] == "readout"), steps=setting["steps"])
    logarithms = [np.log(np.asarray(it, dtype=np.float64)).reshape(state[0].shape[:2]) for it in losses]
    return {name: np.exp(it.mean(axis=1)) for name, it in zip(("test_loss", "training_loss"), logarithms)}


def stacked(trees):
    """Trees of arrays as one, with a new leading axis."""
    return jax.tree.map(lambda *arrays: np.stack(arrays), *trees)


def _network(setting, data, rng: np.random.Generator):
    """Rows, targets, test rows and their targets, and layers, of one network."""
    split = split_rows(data, setting["rows"], setting["test_rows"], rng, label_noise=setting["label_noise"])
    code = np.eye(10) if setting["outputs"] == 10 else np.where(rng.permutation(10) < 5, 1.0, -1.0)[:, None]
    layers = uniform_weights(rng, [split.inputs.shape[1], setting["width"], setting["outputs"]])
    return split.inputs, code[split.labels], split.test_inputs, code[split.test_labels], layers


@partial(jax.jit, static_argnames="steps")
def _train(inputs, targets, test_inputs, test_targets, layers, readout_only, *, steps):
    def one_network(inputs, targets, test_inputs, test_targets, layers):
        def loss(layers, inputs, targets):
            distances = (fully_connected(layers, inputs, activation=jax.nn.relu) - targets) ** 2
            return jnp.mean(jnp.sum(distances, axis=1))

        def step(index, training):
            layers, memory = training
            hidden, readout = jax.grad(loss)(layers, inputs, targets)
            gradient = [jax.tree.map(lambda it: (1 - readout_only) * it, hidden), readout]
            rate = LEARNING_RATE * (1 + jnp.cos(jnp.pi * index / steps)) / 2
            return adam(learning_rate=rate).move(layers, memory, gradient)

        layers, _ = jax.lax.fori_loop(0, steps, step, (layers, adam(learning_rate=LEARNING_RATE).start(layers)))
        return loss(layers, test_inputs, test_targets), loss(layers, inputs, targets)

    return over_trials(one_network, inputs, targets, test_inputs, test_targets, layers)
