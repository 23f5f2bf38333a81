"""Train two layers on inputs as they come, and wait until a mode of the input-output correlation is half learnt.

Model      f(x) = W_2 phi(W_1 x), `hidden` units, no biases; phi = `activation` linear, tanh or erf. Initial weights
           N(0, `init_scale`^2).
Data       `rows` random rows of `data`, each feature standardised over the data set, times `input_scale`; one-hot
           targets; inputs and targets centred over the rows. Nothing is whitened.
Loss       1/2 mean over rows of |f(x) - y|^2.
Training   full-batch gradient descent, eta = `relative_learning_rate` / s_1, until the mode is half learnt, for at most
           `max_steps` steps; s_1 is the largest singular value of S_yx = <y x^T>, averages being over the rows.
Observed   the time (steps times eta) at which l . <f x^T> r has grown to s/2: l, s, r are singular vectors and value
           number `mode` (from 1, largest first) of S_yx.
Trial      rows and initial weights.

Saxe, McClelland and Ganguli 2014 (arXiv 1312.6120), section 1.3, for whitened inputs.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification, draw_rows
from predictions.instruments.networks import ACTIVATIONS
from predictions.instruments.trials import over_trials


class Task(NamedTuple):
    """A trial: its rows, the mode that is watched, weights and step size; trials along a leading axis once stacked."""

    inputs: np.ndarray  # (rows, d)
    targets: np.ndarray  # (rows, classes)
    left: np.ndarray  # (classes,), l
    right: np.ndarray  # (d,), r
    half: np.ndarray  # (), s / 2
    layers: tuple[np.ndarray, np.ndarray]  # (hidden, d), (classes, hidden)
    learning_rate: np.ndarray  # ()


def prepare(setting, seeds):
    """Given, of each trial: s, eta, the start |W_1 r + W_2^T l|^2 / 4, <x x^T>'s eigenvalues and r's share in each."""
    tasks, given = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(classification(setting["data"]), setting["rows"], rng)
        inputs, targets = (rows - rows.mean(axis=0) for rows in (setting["input_scale"] * inputs, targets))
        eigenvalues, eigenvectors = np.linalg.eigh(inputs.T @ inputs / len(inputs))  # ascending
        left, singular_values, right = np.linalg.svd(targets.T @ inputs / len(inputs), full_matrices=False)
        mode = setting["mode"] - 1
        out, strength, into = left[:, mode], singular_values[mode], right[mode]  # l, s, r
        sizes = [(setting["hidden"], inputs.shape[1]), (targets.shape[1], setting["hidden"])]
        first, second = (setting["init_scale"] * rng.standard_normal(size) for size in sizes)
        learning_rate = setting["relative_learning_rate"] / singular_values[0]
        tasks.append(Task(inputs, targets, out, into, strength / 2, (first, second), learning_rate))
        given.append(
            {
                "singular_value": strength,
                "learning_rate": learning_rate,
                "start": np.sum((first @ into + second.T @ out) ** 2) / 4,
                "eigenvalues": eigenvalues,
                "shares": (eigenvectors.T @ into) ** 2,
            }
        )
    return {name: np.stack([one[name] for one in given]) for name in given[0]}, jax.tree.map(
        lambda *leaves: np.stack(leaves), *tasks
    )


def measure(setting, state):
    """Time (steps times eta) at which the mode is half learnt; inf if it is not: (trials,)."""
    task = jax.tree.map(jnp.asarray, state)
    return {"half_time": np.asarray(_first_passage(task, setting["max_steps"], activation=setting["activation"]))}


@partial(jax.jit, static_argnames="activation")
def _first_passage(tasks: Task, max_steps, *, activation: str):
    phi = ACTIVATIONS.get(activation, lambda z: z)

    def one_trial(task: Task):
        def outputs(layers):
            return phi(task.inputs @ layers[0].T) @ layers[1].T

        def loss(layers):
            return 0.5 * jnp.mean(jnp.sum((outputs(layers) - task.targets) ** 2, axis=1))

        def strength(layers):
            return jnp.mean((outputs(layers) @ task.left) * (task.inputs @ task.right))

        def below(carry):
            _, _, now, steps = carry
            return (now < task.half) & (steps < max_steps)  # false for nan: a diverged run ends here

        def step(carry):
            layers, _, now, steps = carry
            layers = jax.tree.map(lambda w, g: w - task.learning_rate * g, layers, jax.grad(loss)(layers))
            return layers, now, strength(layers), steps + 1

        start = strength(task.layers)
        _, before, now, steps = jax.lax.while_loop(below, step, (task.layers, start, start, 0))
        crossing = steps - (now - task.half) / (now - before)  # linear between the last two steps
        return jnp.where(now >= task.half, task.learning_rate * crossing, jnp.inf)

    return over_trials(one_trial, tasks)
