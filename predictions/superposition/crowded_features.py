"""A model with many more features than dimensions, from a single start, and how much their directions overlap.

Model      relu(W' W x + b), W of m rows (`dimensions`) and n columns (`features`); W starts as N(0, 1/m), b at 0.
Data       n features, each 0 unless active, independently, feature i with a probability in proportion to
           i^-`frequency_exponent`, `active` of them a row on average; an active one is uniform on [0, 1].
Loss       mean over rows of sum_i (x_i - output_i)^2.
Training   Adam with steps 0.02 falling to 0 along half a cosine, `steps` fresh batches of `batch` rows.
Observed   the squared cosine of two features' columns of W, mean over all pairs; the share of features that are kept,
           |W_i| > 1/2; test loss. `steps` 0 shows the start.
Trial      W at the start, and the batches.

Elhage et al. 2022, "Toy Models of Superposition"; Liu et al. 2025 (arXiv 2505.10465), for many features.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.optimisers import adam
from predictions.instruments.trials import over_trials
from predictions.superposition.toy_model import expected_loss

LEARNING_RATE = 0.02
TEST_ROWS = 2**13


def prepare(setting, seeds):
    """Given: `parameters` of a model, (trials,). State: W at the start (trials, m, n), a seed of batches (trials,)."""
    m, n = setting["dimensions"], setting["features"]
    weights, batches = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        weights.append(rng.standard_normal((m, n)) / np.sqrt(m))
        batches.append(rng.integers(2**31))
    return {"parameters": np.full(len(seeds), (m + 1) * n)}, (np.array(weights), np.array(batches, dtype=np.uint32))


def measure(setting, state):
    """Mean squared cosine of two features, share of features kept and test loss, each (trials,)."""
    ranks = np.arange(1, setting["features"] + 1.0)
    frequencies = ranks ** -float(setting["frequency_exponent"])
    probabilities = jnp.asarray(np.minimum(setting["active"] * frequencies / frequencies.sum(), 1))
    options = {name: setting[name] for name in ("steps", "batch")}
    trained, losses = _train(*map(jnp.asarray, state), probabilities, **options)
    trained = np.asarray(trained, dtype=np.float64)
    return {
        "squared_overlap": np.array([mean_squared_cosine(it) for it in trained]),
        "kept": np.mean(np.linalg.norm(trained, axis=1) > 0.5, axis=1),
        "test_loss": np.asarray(losses, dtype=np.float64),
    }


def mean_squared_cosine(weights: np.ndarray) -> float:
    """Of two different columns of W (m, n), mean over all pairs."""
    directions = weights / np.linalg.norm(weights, axis=0)
    count = weights.shape[1]
    return float((np.sum((directions @ directions.T) ** 2) - count) / (count * (count - 1)))


@partial(jax.jit, static_argnames=("steps", "batch"))
def _train(weights, batches, probabilities, *, steps, batch):
    """W (trials, m, n) after training, and test losses (trials,)."""
    count = weights.shape[-1]
    importance = jnp.ones(count)

    def rows(key, number):
        of_activity, of_size = jax.random.split(key)
        active = jax.random.bernoulli(of_activity, probabilities, (number, count))
        return jnp.where(active, jax.random.uniform(of_size, (number, count)), 0.0)

    def one_trial(start, seed):
        key = jax.random.key(seed)

        def step(index, training):
            model, memory = training
            gradient = jax.grad(expected_loss)(model, rows(jax.random.fold_in(key, index), batch), importance)
            rate = LEARNING_RATE * (1 + jnp.cos(jnp.pi * index / steps)) / 2
            return adam(learning_rate=rate).move(model, memory, gradient)

        model = start, jnp.zeros(count)
        model, _ = jax.lax.fori_loop(0, steps, step, (model, adam(learning_rate=LEARNING_RATE).start(model)))
        return model[0], expected_loss(model, rows(jax.random.fold_in(key, steps), TEST_ROWS), importance)

    return over_trials(one_trial, weights, batches)
