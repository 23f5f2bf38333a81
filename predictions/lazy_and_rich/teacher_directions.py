"""Train a student of many neurons on a teacher of few, in the plane, and see onto which directions its weights settle.

Model      f(x) = (alpha/n) sum_i a_i relu(w_i . x), n = `neurons`, all numbers N(0, 1) at the start; the output
           multiplier alpha is `multiplier`. The mass of a neuron is what it can put out, |a| |w| (times the factor
           before the sum).
Data       all of x ~ N(0, I_2): the loss and its gradient are closed forms of angles, nothing is sampled. Teacher f*(x)
           = k^{-1/2} sum_i a*_i relu(w*_i . x), k = `teacher_neurons`, all numbers N(0, 1).
Loss       E (f - f*)^2.
Training   gradient descent, `steps` steps of eta = `relative_learning_rate` n / (alpha (alpha + M)), M the teacher's
           mass: the curvature is about 2 alpha^2/n at the start and 2 alpha M/n for a student condensed on the teacher.
Observed   onto which directions the student's mass settles, and the loss that remains.
Trial      teacher and first weights.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials

OBSERVED_LINES = 3


def prepare(setting, seeds):
    """Given: `initial_alignment` (trials,) of the student with the lines of the teacher's first three neurons."""
    count, neurons = setting["teacher_neurons"], setting["neurons"]
    rngs = [np.random.default_rng(int(seed)) for seed in seeds]
    teacher = [(rng.standard_normal(count) / np.sqrt(count), rng.standard_normal((count, 2))) for rng in rngs]
    student = [(rng.standard_normal(neurons), rng.standard_normal((neurons, 2))) for rng in rngs]
    state = {
        "teacher": tuple(map(np.stack, zip(*teacher))),
        "student": tuple(map(np.stack, zip(*student))),
    }
    given = {"initial_alignment": _alignments(*state["student"], state["teacher"][1])}
    return given | {"parameters": parameter_counts(state["student"])}, state


def measure(setting, state):
    """The student's alignment with the same lines after training, and the loss at the end over E f*^2: (trials,)."""
    alpha, (readout, weights) = setting["multiplier"], state["teacher"]
    mass = np.sum(np.abs(readout) * np.linalg.norm(weights, axis=2), axis=1)
    step_sizes = setting["relative_learning_rate"] * setting["neurons"] / (alpha * (alpha + mass))
    arrays = [jnp.asarray(array) for array in (*state["student"], *state["teacher"], step_sizes)]
    last_readout, last_weights, loss = map(np.asarray, _train(*arrays, jnp.asarray(float(alpha)), setting["steps"]))
    return {"alignment": _alignments(last_readout, last_weights, weights), "remaining_loss": loss}


def alignment(readout, weights, teacher_weights) -> float:
    """How close a student's mass lies to the teacher's lines: 1 on them, 0 on average for random directions.

    One less the mass-weighted mean angle from w_i to the nearest of the lines +-w*, over what that mean is if all
    directions are alike, sum_g g^2 / (4 pi) for gaps g between neighbouring lines.
    """
    directions, lines = (np.arctan2(w[:, 1], w[:, 0]) % np.pi for w in (weights, teacher_weights))
    apart = np.abs(directions[:, None] - lines)
    nearest = np.minimum(apart, np.pi - apart).min(axis=1)
    mass = np.abs(readout) * np.linalg.norm(weights, axis=1)
    lines = np.sort(lines)
    gaps = np.diff(lines, append=lines[0] + np.pi)
    return 1 - np.average(nearest, weights=mass) / (np.sum(gaps**2) / (4 * np.pi))


def _alignments(readouts, weights, teacher_weights):
    trials = zip(readouts, weights, teacher_weights[:, :OBSERVED_LINES])
    with np.errstate(all="ignore"):  # a diverged run yields nan
        return np.array([alignment(*trial) for trial in trials])


@jax.jit
def _train(readout, weights, teacher_readout, teacher_weights, step_sizes, alpha, steps):
    def one_trial(readout, weights, teacher_readout, teacher_weights, step_size):
        factor = alpha / len(readout)
        target = Angles(teacher_weights)

        def step(_, student):
            readout, weights = student
            slopes = gradient(readout, weights, factor, teacher_readout, target)
            return tuple(w - step_size * slope for w, slope in zip(student, slopes))

        readout, weights = jax.lax.fori_loop(0, steps, step, (readout, weights))
        norm = teacher_readout @ target.kernel(target) @ teacher_readout
        return readout, weights, population_loss(readout, weights, factor, teacher_readout, target) / norm

    return over_trials(one_trial, readout, weights, teacher_readout, teacher_weights, step_sizes)


class Angles:
    """Weight vectors in the plane, (neurons, 2), by norm and angle: what Gaussian averages of ReLUs depend on."""

    def __init__(self, weights):
        self.weights, self.norms = weights, jnp.linalg.norm(weights, axis=1)
        self.angles = jnp.arctan2(weights[:, 1], weights[:, 0])

    def towards(self, other: Angles):
        """Of all pairs u, v, (neurons, others): |u| |v| sin t, u . v and pi - t, t the angle between them."""
        u, v = self.weights, other.weights
        apart = jnp.abs(self.angles[:, None] - other.angles)
        sine = jnp.abs(jnp.outer(u[:, 0], v[:, 1]) - jnp.outer(u[:, 1], v[:, 0]))
        return sine, u @ v.T, jnp.pi - jnp.minimum(apart, 2 * jnp.pi - apart)

    def kernel(self, other: Angles):
        """E relu(u . x) relu(v . x) = |u| |v| (sin t + (pi - t) cos t) / (2 pi). Cho and Saul 2009."""
        sine, cosine, opening = self.towards(other)
        return (sine + opening * cosine) / (2 * jnp.pi)

    def pull(self, other: Angles, readout):
        """sum over v of readout_v E 1(u . x > 0) relu(v . x) x, the gradient of that sum of kernels in u: (neurons, 2).

        Each is (|v| sin t u/|u| + (pi - t) v) / (2 pi).
        """
        sine, _, opening = self.towards(other)
        along_own = (sine @ readout) / self.norms**2
        return (along_own[:, None] * self.weights + opening @ (readout[:, None] * other.weights)) / (2 * jnp.pi)


def gradient(readout, weights, factor, teacher_readout, target: Angles):
    """Gradient of E (f - f*)^2 in the student's readout, (neurons,), and weights, (neurons, 2)."""
    own = Angles(weights)
    in_readout = factor * (own.kernel(own) @ readout) - own.kernel(target) @ teacher_readout
    in_weights = factor * own.pull(own, readout) - own.pull(target, teacher_readout)
    return 2 * factor * in_readout, 2 * factor * readout[:, None] * in_weights


def population_loss(readout, weights, factor, teacher_readout, target: Angles):
    """E (f - f*)^2 over x ~ N(0, I_2)."""
    own, signal = Angles(weights), factor * readout
    own_part, cross = signal @ own.kernel(own) @ signal, signal @ own.kernel(target) @ teacher_readout
    return own_part - 2 * cross + teacher_readout @ target.kernel(target) @ teacher_readout
