"""A model with fewer dimensions than features reconstructs sparse features.

Model      relu(W' W x + b), W of m rows (`dimensions`) and n columns (`features`); W starts as N(0, 1/m), b at 0.
Data       n features, each 0 unless active, with `probability` and independently; an active one is uniform on [0, 1].
Loss       mean over rows of sum_i I_i (x_i - output_i)^2, importance I_i = `importance_ratio`^i, i = 0 ... n - 1.
Training   Adam with steps 0.01 falling to 0 along half a cosine, `steps` fresh batches of `batch` rows.
Observed   dimensions that each feature has, angles between neighbours, and the test loss.
Trial      the model of least test loss of `starts` models trained on the same batches.

Elhage et al. 2022, "Toy Models of Superposition".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.optimisers import adam
from predictions.instruments.trials import over_trials

LEARNING_RATE = 0.01
TEST_ROWS = 2**17


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], tuple]:
    """Given: `parameters` of a model. State: W at the start (trials, starts, m, n), a seed of the batches (trials,)."""
    shape = setting["starts"], setting["dimensions"], setting["features"]
    weights, batches = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        weights.append(rng.standard_normal(shape) / np.sqrt(setting["dimensions"]))
        batches.append(rng.integers(2**31))
    parameters = np.full(len(seeds), (setting["dimensions"] + 1) * setting["features"])
    return {"parameters": parameters}, (np.array(weights), np.array(batches, dtype=np.uint32))


def measure(setting: Mapping, state: tuple) -> dict[str, np.ndarray]:
    """Geometry of the model of least loss, and the share of starts within 2% of that loss: (trials,)."""
    weights, batches = state
    importance = jnp.asarray(setting["importance_ratio"] ** np.arange(setting["features"]))
    trained, losses = _train(
        jnp.asarray(weights),
        jnp.asarray(batches),
        jnp.asarray(float(setting["probability"])),
        importance,
        steps=setting["steps"],
        batch=setting["batch"],
    )
    trained, losses = np.asarray(trained, dtype=float), np.asarray(losses, dtype=float)
    best = trained[np.arange(len(losses)), losses.argmin(axis=1)]
    return {
        "lowest_dimensionality": np.array([dimensionalities(it).min() for it in best]),
        "widest_gap": np.array([widest_gap(it) for it in best]),
        "test_loss": losses.min(axis=1),
        "share_of_starts": np.mean(losses < 1.02 * losses.min(axis=1, keepdims=True), axis=1),
    }


def dimensionalities(weights: np.ndarray) -> np.ndarray:
    """Share of a dimension that each feature has: |W_i|^2 / sum_j (W_i . W_j / |W_i|)^2, (n,) for W (m, n)."""
    gram = weights.T @ weights
    squares = np.diag(gram)
    return squares**2 / np.sum(gram**2, axis=1)


def widest_gap(weights: np.ndarray) -> float:
    """Largest angle, in degrees, between neighbouring features in the plane of the first two dimensions."""
    angles = np.sort(np.degrees(np.arctan2(weights[1], weights[0])))
    return float(np.diff(angles, append=angles[0] + 360).max())


def expected_loss(model, rows, importance):
    """Mean over rows (rows, n) of the squared errors, weighted by importance."""
    weights, bias = model
    output = jax.nn.relu(rows @ weights.T @ weights + bias)
    return jnp.mean(jnp.sum(importance * (rows - output) ** 2, axis=1))


def _rows(key, count, features, probability):
    of_activity, of_size = jax.random.split(key)
    active = jax.random.bernoulli(of_activity, probability, (count, features))
    return jnp.where(active, jax.random.uniform(of_size, (count, features)), 0.0)


@partial(jax.jit, static_argnames=("steps", "batch"))
def _train(weights, batches, probability, importance, *, steps, batch):
    """W (trials, starts, m, n) after training, and test losses (trials, starts)."""
    features = weights.shape[-1]

    def one_trial(starts, seed):
        key = jax.random.PRNGKey(seed)
        gradient = jax.vmap(jax.grad(expected_loss), (0, None, None))

        def step(training, index):
            model, memory = training
            rows = _rows(jax.random.fold_in(key, index), batch, features, probability)
            rule = adam(learning_rate=LEARNING_RATE * (1 + jnp.cos(jnp.pi * index / steps)) / 2)
            return rule.move(model, memory, gradient(model, rows, importance)), None

        model = starts, jnp.zeros((len(starts), features))
        start = model, adam(learning_rate=LEARNING_RATE).start(model)
        (model, _), _ = jax.lax.scan(step, start, jnp.arange(steps))
        rows = _rows(jax.random.fold_in(key, steps), TEST_ROWS, features, probability)
        return model[0], jax.lax.map(lambda it: expected_loss(it, rows, importance), model)

    return over_trials(one_trial, weights, batches, small=True)
