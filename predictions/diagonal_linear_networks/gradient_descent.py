"""Interpolate underdetermined linear regression data with a diagonal linear network.

Model      x -> b . x with b = u^2 - v^2, u and v of the length `dimension`; at the start (`init`) equal: u = v =
           `alpha`, or unequal: u = alpha e^{z/2}, v = alpha e^{-z/2}, z independent N(0, 1/24^2).
Data       `samples` rows X of independent N(0, 1/dimension) numbers, y = X b* for a b* with `support` entries of either
           sign and size 0.5 to 1.5, without noise.
Loss       1/2 ||X b - y||^2.
Training   full-batch gradient descent until the loss is 1e-16 of its value at b = 0, for at most `max_steps` steps of
           size h = `learning_rate` / (1 + alpha^2) (the curvature is of order u^2 + v^2), and again with h/2. A step
           moves ln(u v) by O(h^2), a run by O(h): 2 b(h/2) - b(h) is free of that.
Observed   that b, how far the step moved it, and the loss that was left.
Trial      rows, b* and z.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials

TARGET_SIZES = (0.5, 1.5)
CONVERGED = 1e-16
TILTS = {"equal": 0.0, "unequal": 1 / 24}
"""Standard deviation of ln(u/v) at the start."""


def prepare(setting, seeds):
    """Given: the data, `rows` (samples, dimension) and `labels` (samples,), and the first u and v, (dimension,)."""
    samples, dimension, support = (setting[key] for key in ("samples", "dimension", "support"))
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        rows = rng.standard_normal((samples, dimension)) / np.sqrt(dimension)
        target = np.zeros(dimension)
        target[:support] = rng.uniform(*TARGET_SIZES, size=support) * rng.choice([-1, 1], size=support)
        tilt = np.exp(TILTS[setting["init"]] * rng.standard_normal(dimension) / 2)
        trials.append((rows, rows @ target, setting["alpha"] * tilt, setting["alpha"] / tilt))
    given = dict(zip(("rows", "labels", "u", "v"), map(np.stack, zip(*trials))))
    return given | {"parameters": parameter_counts((given["u"], given["v"]))}, given


def measure(setting, state):
    """The interpolating b at vanishing step size, how far the step moved it, and the loss that was left."""
    step = setting["learning_rate"] / (1 + setting["alpha"] ** 2)
    arrays = [jnp.asarray(state[name]) for name in ("rows", "labels", "u", "v")]
    coarse, coarse_loss = map(np.asarray, _descend(*arrays, jnp.asarray(step), setting["max_steps"]))
    fine, fine_loss = map(np.asarray, _descend(*arrays, jnp.asarray(step / 2), 2 * setting["max_steps"]))
    with np.errstate(invalid="ignore"):
        solution = 2 * fine - coarse
        moved = np.linalg.norm(coarse - fine, axis=-1) / np.linalg.norm(solution, axis=-1)
    return {"solution": solution, "step_effect": moved, "remaining_loss": np.maximum(coarse_loss, fine_loss)}


@jax.jit
def _descend(rows, labels, u, v, step_size, max_steps):
    def one_trial(rows, labels, u, v):
        def running(carry):
            _, _, loss, steps = carry
            return (loss > CONVERGED) & (loss < jnp.inf) & (steps < max_steps)  # false for nan

        def step(carry):
            u, v, _, steps = carry
            gradient = 2 * rows.T @ (rows @ (u**2 - v**2) - labels)
            u, v = u - step_size * gradient * u, v + step_size * gradient * v
            return u, v, relative_loss(u, v), steps + 1

        def relative_loss(u, v):
            return jnp.sum((rows @ (u**2 - v**2) - labels) ** 2) / jnp.sum(labels**2)

        u, v, loss, _ = jax.lax.while_loop(running, step, (u, v, relative_loss(u, v), 0))
        return u**2 - v**2, loss

    return over_trials(one_trial, rows, labels, u, v)
