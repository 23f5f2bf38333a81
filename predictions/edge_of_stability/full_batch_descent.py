"""Full-batch descent of a fully connected tanh network, its sharpness followed through training.

The network of widths d, m, ..., m, K is trained on n rows of a data set with the loss L = 1/2 mean_i |f(x_i) - y_i|^2,
by gradient descent with Polyak momentum: v <- beta v - eta dL/dw, w <- w + v. Targets are one-hot; a share of the
labels is drawn afresh, so that the network has something left to fit, and goes on sharpening, once the classes are
learnt. Cohen et al. 2021.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.edge_of_stability.descent import descend, late_half
from predictions.instruments.curvature import sharpness
from predictions.instruments.datasets import classification, draw_rows
from predictions.instruments.networks import fully_connected, uniform_weights
from predictions.instruments.trials import over_trials


def prepare(condition, seeds):
    """Rows, labels and weights of each trial; given: the sharpness at initialisation, (trials,)."""
    data = classification(condition["data"])
    trials = []
    for seed in seeds:
        generator = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, condition["rows"], generator, label_noise=condition["label_noise"])
        widths = [inputs.shape[1], *[condition["width"]] * condition["hidden_layers"], targets.shape[1]]
        weights = uniform_weights(generator, widths)
        probe = generator.standard_normal(sum(layer.size for layer in jax.tree.leaves(weights)))
        trials.append((weights, inputs, targets, probe))
    state = jax.tree.map(lambda *arrays: np.stack(arrays), *trials)
    return {"initial_sharpness": np.asarray(_initial_sharpness(*_on_device(state)))}, state


def measure(condition, state):
    """Observables of each trial after training for condition["steps"] steps."""
    losses, sharpnesses = _train(
        *_on_device(state),
        learning_rate=condition["learning_rate"],
        momentum=condition["momentum"],
        steps=condition["steps"],
        every=condition["every"],
    )
    return late_half(np.asarray(losses), np.asarray(sharpnesses), every=condition["every"])


def _on_device(state):
    return jax.tree.map(jnp.asarray, state)


def _flat_loss(weights, inputs, targets):
    """Weights as one vector, and the loss as a function of that vector."""
    flat, layers = ravel_pytree(weights)

    def loss(flat):
        return 0.5 * jnp.mean(jnp.sum((fully_connected(layers(flat), inputs) - targets) ** 2, axis=1))

    return flat, loss


@jax.jit
def _initial_sharpness(weights, inputs, targets, probe):
    def trial(weights, inputs, targets, probe):
        flat, loss = _flat_loss(weights, inputs, targets)
        return sharpness(loss, flat, probe).value

    return over_trials(trial, weights, inputs, targets, probe)


@partial(jax.jit, static_argnames=("steps", "every"))
def _train(weights, inputs, targets, probe, *, learning_rate, momentum, steps, every):
    def trial(weights, inputs, targets, probe):
        flat, loss = _flat_loss(weights, inputs, targets)
        rates = {"learning_rate": learning_rate, "momentum": momentum}
        return descend(loss, flat, probe, **rates, steps=steps, every=every)

    return over_trials(trial, weights, inputs, targets, probe)
