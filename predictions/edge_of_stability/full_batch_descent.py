"""Full-batch descent of a fully connected tanh network, its sharpness followed through training.

The network of widths d, m, ..., m, K is trained on n rows of a data set by gradient descent with Polyak momentum:
v <- beta v - eta dL/dw, w <- w + v. The loss L is 1/2 mean_i |f(x_i) - y_i|^2 or the cross-entropy of softmax f(x_i),
in nats a row. Targets are one-hot; a share of the labels may be drawn afresh, so that the network has something left to
fit, and goes on sharpening, once the classes are learnt. Cohen et al. 2021.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.data.datasets import classification, draw_rows
from predictions.edge_of_stability.descent import descend, observables
from predictions.instruments.curvature import sharpness
from predictions.instruments.networks import fully_connected, uniform_weights
from predictions.instruments.trials import over_trials


def prepare(setting, seeds):
    """Rows, labels and weights of each trial; given: the sharpness at initialisation, (trials,)."""
    data = classification(setting["data"])
    trials = []
    for seed in seeds:
        generator = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, setting["rows"], generator, label_noise=setting["label_noise"])
        widths = [inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], targets.shape[1]]
        weights = uniform_weights(generator, widths)
        probe = generator.standard_normal(sum(layer.size for layer in jax.tree.leaves(weights)))
        trials.append((weights, inputs, targets, probe))
    state = jax.tree.map(lambda *arrays: np.stack(arrays), *trials)
    return {"initial_sharpness": np.asarray(_initial_sharpness(*_on_device(state), loss=setting["loss"]))}, state


def measure(setting, state):
    """Observables of each trial after training for setting["steps"] steps."""
    settings = {name: setting[name] for name in ("loss", "learning_rate", "momentum", "steps", "every")}
    losses, sharpnesses = training_loop(setting["backend"])(*state, **settings)
    return observables(np.asarray(losses), np.asarray(sharpnesses), every=setting["every"])


def training_loop(backend: str):
    """The `train` function of a backend; torch is imported only for its own."""
    if backend == "jax":
        return train
    if backend == "torch":
        from predictions.edge_of_stability import torch_descent

        return torch_descent.train
    raise ValueError(f"backend is {backend!r}, but must be jax or torch")


def train(weights, inputs, targets, probe, **settings):
    """Losses before each step, (trials, steps), and sharpnesses, (trials, records), in JAX."""
    return _train(*_on_device((weights, inputs, targets, probe)), **settings)


def _on_device(state):
    return jax.tree.map(jnp.asarray, state)


def squared_error(outputs, targets):
    """1/2 mean over rows of the squared error summed over outputs."""
    return 0.5 * jnp.mean(jnp.sum((outputs - targets) ** 2, axis=1))


def cross_entropy(outputs, targets):
    """Mean over rows of -sum_k y_k ln softmax(f)_k, for targets that sum to one."""
    return jnp.mean(jax.nn.logsumexp(outputs, axis=1) - jnp.sum(outputs * targets, axis=1))


LOSSES = {"mse": squared_error, "cross-entropy": cross_entropy}


def _flat_loss(weights, inputs, targets, of_outputs):
    """Weights as one vector, and the loss as a function of that vector."""
    flat, layers = ravel_pytree(weights)
    return flat, lambda flat: of_outputs(fully_connected(layers(flat), inputs), targets)


@partial(jax.jit, static_argnames="loss")
def _initial_sharpness(weights, inputs, targets, probe, *, loss):
    def trial(weights, inputs, targets, probe):
        flat, at = _flat_loss(weights, inputs, targets, LOSSES[loss])
        return sharpness(at, flat, probe).value

    return over_trials(trial, weights, inputs, targets, probe)


@partial(jax.jit, static_argnames=("loss", "steps", "every"))
def _train(weights, inputs, targets, probe, *, loss, learning_rate, momentum, steps, every):
    def trial(weights, inputs, targets, probe):
        flat, at = _flat_loss(weights, inputs, targets, LOSSES[loss])
        rates = {"learning_rate": learning_rate, "momentum": momentum}
        return descend(at, flat, probe, **rates, steps=steps, every=every)

    return over_trials(trial, weights, inputs, targets, probe)
