"""Linear regression by the same descent: a loss whose Hessian is constant and cannot sharpen.

Model      W x, no bias, W from zero.
Data       `rows` random rows of `data`, one-hot targets, each label redrawn with probability `label_noise`.
Loss       1/2 mean over rows of |W x - y|^2.
Training   `steps` steps of heavy ball with `learning_rate` and `momentum` on all rows.
Observed   as in `network_descent`, every `every` steps.
Trial      rows and labels, those of a network's trial of the same seed.
"""

from __future__ import annotations

from functools import reduce

import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification, draw_rows
from predictions.edge_of_stability.descent import descend, observables
from predictions.instruments.losses import half_squared_error
from predictions.instruments.optimisers import heavy_ball


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


def measure(setting, state, reduce=reduce):
    """`descent.observables` of each trial's training."""
    inputs, targets, probe = (jnp.asarray(array) for array in state)
    trials, steps = len(inputs), setting["steps"]
    weights = jnp.zeros((trials, inputs.shape[2], targets.shape[2]))
    all_rows = jnp.zeros((trials, steps, 0), jnp.int32)
    rates = {name: float(setting[name]) for name in ("learning_rate", "momentum")}
    settings = {"model": linear, "loss": half_squared_error, "optimiser": heavy_ball}
    run = {"steps": steps, "every": setting["every"], "reduce": reduce}
    curves = descend(weights, inputs, targets, probe, all_rows, rates, **settings, **run)
    return observables(curves)


def linear(matrix, inputs):
    """Outputs (rows, outputs)."""
    return inputs @ matrix
