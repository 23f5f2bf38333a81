"""Groups of networks of one width, trained by gradient descent beside their own linearisations.

Model      s f(x): fully connected networks of `depth` weight layers of `width` units in NTK parametrisation
           (`activation`, `weight_std`, `bias_std`), every parameter N(0, 1). `scaling` sets the output multiplier s: 1
           (ntk) or 1/sqrt(width) (mean-field; eta then grows with the width by itself, as K_0 carries s^2).
Data       `training_rows` and `test_rows` different rows of `data`, or gaussian ones, on a sphere; targets N(0, 1).
Loss       `loss`: squared, (1/2) sum_i (s f(x_i) - y_i)^2, or logistic, sum_i ln(1 + e^{-s f(x_i) sign(y_i)}).
Training   full batch, `steps` steps of heavy ball with `momentum`, eta = `relative_learning_rate` / lambda_max(K_0);
           beside each network its own linearisation.
Observed   change of the tangent kernel, error of the linearisation on test rows, rate of a slow mode, remaining loss,
           each typical of the group; and the kernel's drift, the change that the group has in common.
Trial      a group of `networks` networks on one draw of inputs and targets, which all widths share.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.empirical_ntk import Network, empirical_ntk
from predictions.instruments.optimisers import heavy_ball
from predictions.instruments.trials import over_trials
from predictions.neural_tangent_kernel.ensembles import draw_group, draw_inputs, network_of


def squared(outputs, targets):
    """(1/2) sum_i (f_i - y_i)^2 of (rows,): ()."""
    return 0.5 * jnp.sum((outputs - targets) ** 2)


def logistic(outputs, targets):
    """-sum_i ln P(class i), nats, of the classes -1 and 1 that the targets' signs (rows,) say: ()."""
    return jnp.sum(jnp.logaddexp(0, -jnp.sign(targets) * outputs))


LOSSES = {"logistic": logistic, "squared": squared}


class Task(NamedTuple):
    """One trial's data, and the generator's state from which its networks are drawn."""

    inputs: np.ndarray  # (training rows, d)
    targets: np.ndarray  # (training rows,)
    test_inputs: np.ndarray  # (test rows, d)
    generator: dict


class Mode(NamedTuple):
    """Per network: the step size and the unit eigenvector of K_0 along which the residual is followed."""

    learning_rates: np.ndarray  # (networks,)
    vectors: np.ndarray  # (networks, training rows)


class Run(NamedTuple):
    """What one network yields; an axis of networks in front."""

    initial_kernel: jax.Array  # (training rows, training rows), s^2 included
    final_kernel: jax.Array
    initial_outputs: jax.Array  # (training + test rows,)
    final_outputs: jax.Array
    linear_outputs: jax.Array  # of the linearised network after the same steps
    initial_loss: jax.Array  # ()
    final_loss: jax.Array


def prepare(setting: Mapping, seeds: np.ndarray):
    """Given, each (trials, networks): step size eta, and of K_0 the observed slow mode's and the mean eigenvalue.

    The slow mode: in the lower half of K_0's spectrum, the eigenvector along which the initial residual is largest.
    """
    tasks = [_draw_task(setting, np.random.default_rng(int(seed))) for seed in seeds]
    modes, given = [], {"learning_rates": [], "slow_mode_eigenvalues": [], "mean_eigenvalues": []}
    for task in tasks:
        group, multiplier = _group(setting, task), _multiplier(setting)
        kernels, outputs = _initially(network_of(setting), group, task.inputs, multiplier)
        eigenvalues, vectors = np.linalg.eigh(np.asarray(kernels, dtype=np.float64))  # ascending
        coefficients = np.einsum("kni,kn->ki", vectors, np.asarray(outputs) - task.targets)
        slow = np.argmax(np.abs(coefficients[:, : eigenvalues.shape[1] // 2]), axis=1)
        network = np.arange(len(slow))
        learning_rates = setting["relative_learning_rate"] / eigenvalues[:, -1]
        given["learning_rates"].append(learning_rates)
        given["slow_mode_eigenvalues"].append(eigenvalues[network, slow])
        given["mean_eigenvalues"].append(eigenvalues.mean(axis=1))
        modes.append(Mode(learning_rates, vectors[network, :, slow]))
    return {name: np.stack(values) for name, values in given.items()}, (tasks, modes)


def measure(setting: Mapping, state) -> dict[str, np.ndarray]:
    """Kernel change and drift, linearisation error, slow mode's rate, remaining loss: (trials,).

    Change and error are geometric means over the group: their logarithm is what falls on a line in ln(width).
    """
    rows = []
    for task, mode in zip(*state):  # a group at a time: a block's weights may not fit in memory
        run = _train(
            network_of(setting),
            _group(setting, task),
            (task.inputs, task.targets, task.test_inputs),
            jnp.asarray(mode.learning_rates),
            _multiplier(setting),
            setting["momentum"],
            loss=setting["loss"],
            steps=setting["steps"],
        )
        run = Run(*(np.asarray(array, dtype=np.float64) for array in run))
        with np.errstate(all="ignore"):  # a diverged run yields nan or inf
            rows.append(_observe(run, task, mode, steps=setting["steps"]))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _observe(run: Run, task: Task, mode: Mode, *, steps: int) -> dict[str, float]:
    training = len(task.targets)
    initial, final = (outputs[:, :training] - task.targets for outputs in (run.initial_outputs, run.final_outputs))
    learnt, missed = run.linear_outputs - run.initial_outputs, run.final_outputs - run.linear_outputs
    decay = np.abs(np.sum(mode.vectors * final, axis=1) / np.sum(mode.vectors * initial, axis=1))
    change = run.final_kernel - run.initial_kernel
    return {
        "kernel_change": _typical_ratio(change, run.initial_kernel),
        "kernel_drift": np.linalg.norm(change.mean(axis=0)) / np.linalg.norm(run.initial_kernel.mean(axis=0)),
        "linearisation_error": _typical_ratio(missed[:, training:], learnt[:, training:]),
        "slow_mode_rate": np.mean(-np.log(decay) / steps),
        "remaining_loss": np.mean(run.final_loss / run.initial_loss),
    }


def _draw_task(setting: Mapping, rng: np.random.Generator) -> Task:
    training, test = setting["training_rows"], setting["test_rows"]
    inputs = draw_inputs(setting["data"], training + test, rng)
    return Task(inputs[:training], rng.standard_normal(training), inputs[training:], rng.bit_generator.state)


def _group(setting: Mapping, task: Task):
    rng = np.random.default_rng()
    rng.bit_generator.state = task.generator
    layers = [task.inputs.shape[1], *[setting["width"]] * (setting["depth"] - 1), 1]
    return draw_group(layers, setting["networks"], rng)


def _multiplier(setting: Mapping) -> float:
    return {"ntk": 1.0, "mean-field": setting["width"] ** -0.5}[setting["scaling"]]


def _typical_ratio(differences, references) -> float:
    """Geometric mean over networks of |difference| / |reference|, norms over all other axes."""
    norms = [np.linalg.norm(array.reshape(len(array), -1), axis=1) for array in (differences, references)]
    return np.exp(np.mean(np.log(norms[0] / norms[1])))


@partial(jax.jit, static_argnames="network")
def _initially(network: Network, group, inputs, multiplier):
    """Kernel (networks, rows, rows) and outputs (networks, rows) before training."""

    def single(parameters):
        kernel = empirical_ntk(network, parameters, inputs)
        return multiplier**2 * kernel, multiplier * network.outputs(parameters, inputs)

    return over_trials(single, group)


@partial(jax.jit, static_argnames=("network", "loss"))
def _train(network: Network, group, data, learning_rates, multiplier, momentum, *, loss: str, steps: int) -> Run:
    inputs, targets, test_inputs = data
    everything = jnp.concatenate([inputs, test_inputs])
    training = len(targets)

    def outputs(parameters, rows):
        return multiplier * network.outputs(parameters, rows)

    def loss_of(outputs):
        return LOSSES[loss](outputs, targets)

    def kernel(parameters, rows):
        return multiplier**2 * empirical_ntk(network, parameters, rows, inputs)

    def single(initial, learning_rate):
        initial_outputs, initial_kernel = outputs(initial, everything), kernel(initial, everything)

        def step(_, carry):
            (parameters, velocity), (linear, linear_velocity) = carry
            gradient = jax.grad(lambda parameters: loss_of(outputs(parameters, inputs)))(parameters)
            moved = rule.move(parameters, velocity, gradient)
            # The linearised network's gradient step, seen in its outputs: f <- f - eta K_0 dL/df.
            pull = initial_kernel @ jax.grad(loss_of)(linear[:training])
            return moved, rule.move(linear, linear_velocity, pull)

        rule = heavy_ball(learning_rate=learning_rate, momentum=momentum)
        start = ((initial, rule.start(initial)), (initial_outputs, rule.start(initial_outputs)))
        (parameters, _), (linear, _) = jax.lax.fori_loop(0, steps, step, start)
        final_outputs = outputs(parameters, everything)
        losses = loss_of(initial_outputs[:training]), loss_of(final_outputs[:training])
        return Run(
            initial_kernel[:training], kernel(parameters, inputs), initial_outputs, final_outputs, linear, *losses
        )

    return over_trials(single, group, learning_rates)
