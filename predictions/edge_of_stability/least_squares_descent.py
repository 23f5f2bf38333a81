"""Full-batch descent of linear regression on the same rows: a loss whose Hessian is constant and cannot sharpen.

L = 1/2 mean_i |W x_i - y_i|^2 over n rows, W from zero, by gradient descent with Polyak momentum. Data, loss, optimiser
and observables are those of `full_batch_descent`; only the network is missing.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification, draw_rows
from predictions.edge_of_stability.descent import descend, observables
from predictions.instruments.trials import over_trials


def prepare(setting, seeds):
    """Rows and labels of each trial; given: eigenvalues of X^T X / n, (trials, features), ascending."""
    data = classification(setting["data"])
    trials = []
    for seed in seeds:
        generator = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, setting["rows"], generator, label_noise=setting["label_noise"])
        probe = generator.standard_normal(inputs.shape[1] * targets.shape[1])
        trials.append((inputs, targets, probe))
    inputs, targets, probe = (np.stack(arrays) for arrays in zip(*trials))
    second_moments = inputs.transpose(0, 2, 1) @ inputs / setting["rows"]
    return {"second_moment_spectrum": np.linalg.eigvalsh(second_moments)}, (inputs, targets, probe)


def measure(setting, state):
    """Observables of each trial after training for setting["steps"] steps."""
    losses, sharpnesses = _train(
        *(jnp.asarray(array) for array in state),
        learning_rate=setting["learning_rate"],
        momentum=setting["momentum"],
        steps=setting["steps"],
        every=setting["every"],
    )
    return observables(np.asarray(losses), np.asarray(sharpnesses), every=setting["every"])


@partial(jax.jit, static_argnames=("steps", "every"))
def _train(inputs, targets, probe, *, learning_rate, momentum, steps, every):
    def trial(inputs, targets, probe):
        def loss(flat):
            matrix = flat.reshape(inputs.shape[1], targets.shape[1])
            return 0.5 * jnp.mean(jnp.sum((inputs @ matrix - targets) ** 2, axis=1))

        rates = {"learning_rate": learning_rate, "momentum": momentum}
        return descend(loss, jnp.zeros_like(probe), probe, **rates, steps=steps, every=every)

    return over_trials(trial, inputs, targets, probe)
