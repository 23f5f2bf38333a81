"""Learn one task, then another that overlaps with it by a given angle, and see what is left of the first.

Model      f = m^(-1/2) sum_j a_j relu(w_j . x / D^(1/2)) less its first value, m = `width`, all weights N(0, 1) at the
           start.
Data       `samples` images of `data` (digits, mnist1d, cifar10) a task, pixels less their means, of mean square 1; D
           inputs, twice as many as pixels. Images of the first task stand in the first half of the inputs, those of the
           second, other ones, are turned out of it into the other half by `angle` degrees: 0 is the same space, 90 an
           orthogonal one. `labels`: own, one half of the classes against the other, at random for each task; or
           teacher, those of one network of the same shape for both.
Loss       (1/2) mean (f - y)^2.
Training   full-batch gradient descent on each task in turn, `steps` steps of `learning_rate` over the largest
           eigenvalue of the task's tangent kernel at the start over the number of rows.
Observed   forgetting: rise of the mean squared error on the rows of the first task while the second is learnt; and the
           errors on either task right after it was learnt.
Trial      images, classes or teacher, and weights.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.forgetting.tasks import rotated_tasks
from predictions.instruments.empirical_ntk import Network, empirical_ntk, two_layers
from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials

NETWORK = Network("relu", weight_std=1.0, bias_std=0.0)


def prepare(setting, seeds):
    """Given: the tangent kernel at the start between the rows of both tasks, the first's first, (trials, 2n, 2n), their
    labels (trials, 2n) and the step size of each task (trials, 2)."""
    draws = [_draw(setting, np.random.default_rng(int(seed))) for seed in seeds]
    rows, labels, hidden, readout, *teacher = (np.stack(arrays) for arrays in zip(*draws))
    if setting["labels"] == "teacher":
        labels = np.stack([np.asarray(_outputs(*one), dtype=np.float64) for one in zip(*teacher, rows)])
    kernels = np.stack([np.asarray(_kernel(*one), dtype=np.float64) for one in zip(hidden, readout, rows)])
    n = setting["samples"]
    steepest = np.array([[np.linalg.eigvalsh(k[part, part])[-1] / n for part in _tasks(n)] for k in kernels])
    rates = setting["learning_rate"] / steepest
    weights = jnp.asarray(hidden), jnp.asarray(readout)
    given = {"kernel": kernels, "labels": labels, "rates": rates, "parameters": parameter_counts(weights)}
    return given, (jnp.asarray(rows), jnp.asarray(labels), jnp.asarray(rates), *weights)


def measure(setting, state):
    """Rise of the first task's error, and either task's error after it was learnt: each (trials,)."""
    first, second, after = (np.asarray(errors, dtype=np.float64) for errors in _train(state, setting["steps"]))
    return {"forgetting": after - first, "first_error": first, "second_error": second}


def _tasks(samples: int) -> tuple[slice, slice]:
    return slice(0, samples), slice(samples, 2 * samples)


def _draw(setting, rng: np.random.Generator):
    """Rows of both tasks (2n, D), own labels (2n,), hidden weights (D, m) and readout (m, 1), and a teacher's."""
    rows, labels = rotated_tasks(setting["data"], setting["samples"], np.deg2rad(setting["angle"]), rng)
    shapes = (rows.shape[1], setting["width"]), (setting["width"], 1)
    return rows, labels, *(rng.standard_normal(shape) for shape in (*shapes, *shapes))


@jax.jit
def _kernel(hidden, readout, rows):
    return empirical_ntk(NETWORK, two_layers(hidden, readout), rows)


@jax.jit
def _outputs(hidden, readout, rows):
    return NETWORK.outputs(two_layers(hidden, readout), rows)


@jax.jit
def _train(state, steps):
    def one_trial(rows, labels, rates, hidden, readout):
        half = len(rows) // 2
        start = NETWORK.outputs(two_layers(hidden, readout), rows)

        def errors(weights):
            squares = (NETWORK.outputs(two_layers(*weights), rows) - start - labels) ** 2
            return jnp.mean(squares[:half]), jnp.mean(squares[half:])

        def learn(weights, task):
            def step(_, now):
                gradient = jax.grad(lambda w: 0.5 * errors(w)[task])(now)
                return jax.tree.map(lambda w, g: w - rates[task] * g, now, gradient)

            return jax.lax.fori_loop(0, steps, step, weights)

        middle = learn((hidden, readout), 0)
        last = learn(middle, 1)
        return errors(middle)[0], errors(last)[1], errors(last)[0]

    return over_trials(one_trial, *state)
