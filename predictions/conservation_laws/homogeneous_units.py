"""Train two layers of homogeneous units by gradient descent and follow the charge of each unit.

Model      f(x) = sum_j a_j relu(w_j . x), `units` units, no biases; a_j and w_j of size units^-1/2, so that gradients
           do not grow with the width.
Data       `samples` standard Gaussian inputs of `features` entries; targets of three rectified units, variance one.
Loss       1/2 mean_i (f(x_i) - y_i)^2, and `weight_decay` / 2 times the squared norm of all weights.
Training   full-batch gradient descent with step `learning_rate` for a fixed `time` (steps times learning rate).
Observed   how far the charges a_j^2 - |w_j|^2 drift, relative; how much of that the squared steps leave open; the loss
           that remains.
Trial      data, teacher and initial weights; conditions of a trial share them.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.losses import mean_squared_error
from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials

TEACHER_UNITS = 3


def prepare(setting, seeds):
    """Given: inputs, targets, initial weights and charges of each trial."""
    samples, features, units = (setting[name] for name in ("samples", "features", "units"))
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs = rng.standard_normal((samples, features))
        teacher = rng.standard_normal((TEACHER_UNITS, features))
        targets = np.maximum(inputs @ teacher.T, 0) @ rng.choice([-1.0, 1.0], TEACHER_UNITS)
        inner = rng.standard_normal((units, features)) / np.sqrt(features * units)
        outer = rng.standard_normal(units) / np.sqrt(units)
        trials.append((inputs, targets / targets.std(), inner, outer))
    inputs, targets, inner, outer = (np.stack(arrays) for arrays in zip(*trials))
    given = {
        "inputs": inputs,
        "targets": targets,
        "initial_inner": inner,
        "initial_outer": outer,
        "initial_charges": outer**2 - np.sum(inner**2, axis=-1),
        "parameters": parameter_counts((inner, outer)),
    }
    return given, (inputs, targets, inner, outer)


def measure(setting, state):
    """Drift of the charges, the part of it that the squared steps do not account for, and the loss that remains."""
    steps = round(setting["time"] / setting["learning_rate"])
    if not np.isclose(steps * setting["learning_rate"], setting["time"]):
        raise ValueError(f"time {setting['time']} is no multiple of learning_rate {setting['learning_rate']}")
    arrays = (jnp.asarray(array) for array in state)
    observed = _train(*arrays, setting["learning_rate"], setting["weight_decay"], steps)
    return {name: np.asarray(values) for name, values in observed.items()}


@jax.jit
def _train(inputs, targets, inner, outer, step_size, weight_decay, steps):
    def one_trial(inputs, targets, inner, outer):
        def loss(weights):
            return 0.5 * mean_squared_error(jax.nn.relu(inputs @ weights[0].T) @ weights[1], targets)

        def penalised(weights):
            return loss(weights) + 0.5 * weight_decay * sum(jnp.sum(layer**2) for layer in weights)

        def step(_, carry):
            weights, accounted = carry
            moves = [-step_size * gradient for gradient in jax.grad(penalised)(weights)]
            weights = [layer + move for layer, move in zip(weights, moves)]
            return weights, accounted + charges(moves)

        start = [inner, outer]
        weights, accounted = jax.lax.fori_loop(0, steps, step, (start, jnp.zeros_like(outer)))
        drift, scale = charges(weights) - charges(start), jnp.linalg.norm(charges(start))
        return {
            "relative_drift": jnp.linalg.norm(drift) / scale,
            "unexplained_drift": jnp.linalg.norm(drift - accounted) / scale,
            "remaining_loss": loss(weights) / loss(start),
        }

    return over_trials(one_trial, inputs, targets, inner, outer)


def charges(weights):
    """a_j^2 - |w_j|^2 of each unit: (units,)."""
    inner, outer = weights
    return outer**2 - jnp.sum(inner**2, axis=-1)
