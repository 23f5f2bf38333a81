"""Many chains of stochastic gradient descent around the minimum of one least-squares problem.

Model      linear, w of `features` unknowns, starting at the minimum.
Data       `rows` n Gaussian rows, standard deviations evenly spaced in variance from 1/4 to 1, rotated at random; y = x
           . v plus noise whose standard deviation grows as |x|, so that gradient noise and Hessian are not
           proportional.
Loss       L(w) = 1/(2n) sum_i (x_i . w - y_i)^2.
Training   w <- w - (eta/B) sum over a batch of x_i (x_i . w - y_i), eta = `learning_rate`, B = `batch`. `sampling`:
           rows drawn afresh for every batch, with replacement or none twice in a batch (distinct).
Observed   over `chains` chains, from time (steps times eta) `warmup` on for a `time`: covariance of w about the
           minimum, and the loss above it.
Trial      rows, targets and batches.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.trials import over_trials

LEAST_VARIANCE = 0.25


def prepare(setting, seeds):
    """Given: rows (trials, n, d) and their residuals at the minimum (trials, n). State: these and a seed of batches."""
    problems = [_problem(setting["rows"], setting["features"], np.random.default_rng(int(seed))) for seed in seeds]
    inputs, residuals, batch_seeds = (np.stack(arrays) for arrays in zip(*problems))
    return {"inputs": inputs, "residuals": residuals}, (inputs, residuals, batch_seeds)


def measure(setting, state):
    """Covariance of the weights (trials, d, d) and mean excess loss (trials,)."""
    inputs, residuals, batch_seeds = state
    rate = setting["learning_rate"]
    warmup, steps = (int(np.ceil(setting[span] / rate)) for span in ("warmup", "time"))
    covariance = _covariance(
        jnp.asarray(inputs),
        jnp.asarray(residuals),
        jnp.asarray(batch_seeds),
        rate,
        warmup,
        steps,
        batch=setting["batch"],
        chains=setting["chains"],
        distinct={"replacement": False, "distinct": True}[setting["sampling"]],
    )
    covariance = np.asarray(covariance, dtype=float)
    hessian = np.swapaxes(inputs, 1, 2) @ inputs / inputs.shape[1]
    return {"covariance": covariance, "excess_loss": 0.5 * np.einsum("tij,tji->t", hessian, covariance)}


def _problem(rows: int, features: int, rng: np.random.Generator):
    rotation = np.linalg.qr(rng.standard_normal((features, features)))[0]
    variances = np.linspace(LEAST_VARIANCE, 1, features)
    inputs = (rng.standard_normal((rows, features)) * np.sqrt(variances)) @ rotation
    noise = rng.standard_normal(rows) * np.linalg.norm(inputs, axis=1) / np.sqrt(variances.sum())
    targets = inputs @ rng.standard_normal(features) + noise
    minimum = np.linalg.lstsq(inputs, targets, rcond=None)[0]
    return inputs, inputs @ minimum - targets, rng.integers(2**31)


@partial(jax.jit, static_argnames=("batch", "chains", "distinct"))
def _covariance(inputs, residuals, seeds, rate, warmup, steps, *, batch: int, chains: int, distinct: bool):
    """Second moment of w - w* over chains and over the steps from `warmup` to `steps`: (trials, d, d)."""
    rows, features = inputs.shape[1:]

    def one_trial(inputs, residuals, seed):
        def step(number, carried):
            offset, second, key = carried  # offset w - w*: (chains, d)
            key, draw = jax.random.split(key)
            if distinct:
                chosen = jax.lax.top_k(jax.random.uniform(draw, (chains, rows)), batch)[1]
            else:
                chosen = jax.random.randint(draw, (chains, batch), 0, rows)
            x = inputs[chosen]
            errors = jnp.einsum("cbd,cd->cb", x, offset) + residuals[chosen]
            offset = offset - rate / batch * jnp.einsum("cbd,cb->cd", x, errors)
            second = second + jnp.where(number >= warmup, 1.0, 0.0) * (offset.T @ offset)
            return offset, second, key

        start = jnp.zeros((chains, features)), jnp.zeros((features, features)), jax.random.key(seed)
        second = jax.lax.fori_loop(0, steps, step, start)[1]
        return second / (chains * (steps - warmup))

    return over_trials(one_trial, inputs, residuals, seeds)
