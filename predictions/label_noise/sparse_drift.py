"""Go on training a diagonal linear network that fits a sparse regression exactly, with noise in the labels.

Model      x -> b . x with b = u^2 - v^2, u and v of the length `dimension`.
Data       `samples` rows X of independent N(0, 1) numbers, y = X b* for a b* with `support` entries of either sign and
           size 0.5 to 1.5.
Loss       1/2 mean_i (b . x_i - y_i - xi_i)^2, xi_i ~ N(0, `label_noise`^2).
Training   from u = v = `alpha` by exponentiated gradients, which keep u v, to where b fits. Then K steps of gradient
           descent over all rows with noise fresh in every step, frozen as drawn first, or none (`noise`): K is
           `slow_time` n / (eta label_noise)^2, eta = `relative_rate` over the first largest eigenvalue of the loss
           Hessian. After these, descent without noise to the nearest minimum.
Observed   b at the last minimum; the largest residual there.
Trial      rows, b* and noise.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.trials import over_trials

TARGET_SIZES = (0.5, 1.5)
FITTED = 1e-10
MOST_FITTING = 500_000


def prepare(setting, seeds):
    """Given, each trial's `inputs` (samples, dimension) and `labels` (samples,), eta and number of steps."""
    samples, dimension, support = (setting[key] for key in ("samples", "dimension", "support"))
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        rows, target = rng.standard_normal((samples, dimension)), np.zeros(dimension)
        target[:support] = rng.uniform(*TARGET_SIZES, size=support) * rng.choice([-1, 1], size=support)
        trials.append((rows, rows @ target, rng.integers(2**31)))
    rows, labels, noise_seeds = map(np.stack, zip(*trials))
    start, kernels = _fit(jnp.asarray(rows), jnp.asarray(labels), setting["alpha"])
    rates = setting["relative_rate"] / np.linalg.eigvalsh(np.asarray(kernels))[:, -1]
    steps = np.ceil(setting["slow_time"] * samples / (rates * setting["label_noise"]) ** 2)
    given = {"inputs": rows, "labels": labels, "rate": rates, "steps": steps}
    given["parameters"] = np.full(len(rows), 2 * dimension)
    return given, (rows, labels, noise_seeds, *start, rates, steps.astype(np.int64))


def measure(setting, state):
    """b at the last minimum, (trials, dimension), and the largest residual there, (trials,)."""
    arrays = map(jnp.asarray, state)
    solution, residual = map(np.asarray, _drift(setting["noise"], *arrays, setting["label_noise"]))
    return {"solution": solution, "residual": residual}


def _until_fitted(step, rows, labels, weights):
    """Steps until the largest residual of b = u^2 - v^2 is below FITTED, MOST_FITTING at most: u, v."""

    def unfitted(carry):
        (u, v), number = carry
        return (jnp.max(jnp.abs(rows @ (u**2 - v**2) - labels)) > FITTED) & (number < MOST_FITTING)

    return jax.lax.while_loop(unfitted, lambda carry: (step(*carry[0]), carry[1] + 1), (weights, 0))[0]


@jax.jit
def _fit(rows, labels, alpha):
    """The first minimum u, v, and the loss Hessian's nonzero part there, (samples, samples)."""

    def one_trial(rows, labels):
        curvature = jnp.sum(rows**2) / len(rows) * jnp.max(jnp.abs(labels))  # more than the Hessian's, on the way

        def step(u, v):
            pull = 2 / curvature * rows.T @ (rows @ (u**2 - v**2) - labels) / len(rows)
            return u * jnp.exp(-pull), v * jnp.exp(pull)

        first = jnp.full(rows.shape[1], alpha)
        u, v = _until_fitted(step, rows, labels, (first, first))
        return (u, v), 4 * (rows * (u**2 + v**2)) @ rows.T / len(rows)

    return over_trials(one_trial, rows, labels, small=True)


@partial(jax.jit, static_argnames="noise")
def _drift(noise, rows, labels, noise_seeds, u, v, rates, steps, label_noise):
    def one_trial(rows, labels, noise_seed, u, v, rate, steps):
        key = jax.random.key(noise_seed)

        def step(shift, u, v):
            pull = 2 * rate * rows.T @ (rows @ (u**2 - v**2) - labels - shift) / len(rows)
            return u * (1 - pull), v * (1 + pull)

        def noisy_step(number, weights):
            around = jax.random.fold_in(key, number if noise == "fresh" else 0)
            size = 0.0 if noise == "none" else label_noise
            return step(size * jax.random.normal(around, labels.shape, labels.dtype), *weights)

        weights = jax.lax.fori_loop(0, steps, noisy_step, (u, v))
        u, v = _until_fitted(partial(step, 0.0), rows, labels, weights)
        return u**2 - v**2, jnp.max(jnp.abs(rows @ (u**2 - v**2) - labels))

    return over_trials(one_trial, rows, labels, noise_seeds, u, v, rates, steps, small=True)
