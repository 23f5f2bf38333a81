"""Gradient descent on a last layer and free features, for classes of unequal size.

Model      logits W h_i of sample i; W (K, d) and the features h_i (d,) of all samples are free, d = `feature_size`; W
           and h start normal, each of norm about `start`.
Data       `majority` classes of `imbalance` x n samples and `minority` classes of n samples, n = 2, N in all.
Loss       (1/N) sum_i cross entropy + (l/2) |W|^2 + (l/2) sum_i c_i |h_i|^2, l = `decay`; c_i is one over the size of
           the sample's class (`penalty` per-class, Fang et al. 2021) or 1/N (`penalty` per-sample, ordinary decay).
Training   gradient descent, `steps` steps of `learning_rate`; a feature's step is divided by its weight c_i.
Observed   mean cosine between the minority classes' rows of W; norm of the last gradient over that of the first.
Trial      first W and features.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.losses import label_cross_entropies
from predictions.instruments.trials import over_trials

MINORITY_SAMPLES = 2


def prepare(setting, seeds):
    """Nothing is given. State: first W (trials, K, d) and features (trials, N, d)."""
    labels = class_of_samples(setting)
    classes, dimension = setting["majority"] + setting["minority"], setting["feature_size"]
    scale = setting["start"] / np.sqrt(dimension)
    rngs = [np.random.default_rng(int(seed)) for seed in seeds]
    weights = np.stack([scale * rng.standard_normal((classes, dimension)) for rng in rngs])
    features = np.stack([scale * rng.standard_normal((len(labels), dimension)) for rng in rngs])
    return {}, (weights, features)


def measure(setting, state):
    """Mean cosine between the minority classes' rows of W, and the last gradient's norm over the first one's."""
    labels = class_of_samples(setting)
    shares = (
        1 / np.bincount(labels)[labels] if setting["penalty"] == "per-class" else np.full(len(labels), 1 / len(labels))
    )
    classifiers, gradients = _descend(
        *(jnp.asarray(array, dtype=float) for array in state),
        jnp.asarray(labels),
        jnp.asarray(shares),
        jnp.asarray(float(setting["decay"])),
        jnp.asarray(float(setting["learning_rate"])),
        setting["steps"],
    )
    rare = np.asarray(classifiers, dtype=np.float64)[:, setting["majority"] :]
    rare = rare / np.linalg.norm(rare, axis=2, keepdims=True)
    cosines = rare @ rare.swapaxes(1, 2)
    above = np.triu_indices(setting["minority"], 1)
    return {
        "minority_cosine": cosines[:, above[0], above[1]].mean(axis=1),
        "remaining_gradient": np.asarray(gradients[:, 1] / gradients[:, 0], dtype=np.float64),
    }


def class_of_samples(setting) -> np.ndarray:
    """Class of each sample (N,), the majority classes first."""
    sizes = [setting["imbalance"] * MINORITY_SAMPLES] * setting["majority"]
    sizes += [MINORITY_SAMPLES] * setting["minority"]
    return np.repeat(np.arange(len(sizes)), sizes)


def loss(parameters, labels, shares, decay):
    """Regularised cross entropy of (W, features), as above."""
    weights, features = parameters
    fit = jnp.mean(label_cross_entropies(features @ weights.T, labels))
    return fit + decay / 2 * (jnp.sum(weights**2) + jnp.sum(shares[:, None] * features**2))


@jax.jit
def _descend(weights, features, labels, shares, decay, learning_rate, steps):
    """Final W (trials, K, d), and norms of the first and the last gradient, each in the metric of the steps."""
    gradient = jax.grad(loss)

    def norm(parameters):
        of_weights, of_features = gradient(parameters, labels, shares, decay)
        return jnp.sqrt(jnp.sum(of_weights**2) + jnp.sum(of_features**2 / shares[:, None]))

    def step(_, parameters):
        of_weights, of_features = gradient(parameters, labels, shares, decay)
        return (
            parameters[0] - learning_rate * of_weights,
            parameters[1] - learning_rate * of_features / shares[:, None],
        )

    def one_trial(*start):
        end = jax.lax.fori_loop(0, steps, step, start)
        return end[0], jnp.stack([norm(start), norm(end)])

    return over_trials(one_trial, weights, features, small=True)
