"""A small network that has to memorise items of unequal frequency, each with a random code and a label.

Model      x -> W2 relu(W1 x + b1) + b2, `width` units; W1 ~ N(0, 2/d), W2 ~ N(0, 1/width), b = 0.
Data       item i of `items` has frequency theta_i ~ i^{-(1 + `alpha`)}, a code in {-1, 1}^d, d = `code_size`, and one
           of `classes` labels: drawn at random (`labels` random), or the largest of `classes` random linear functions
           of the code (`labels` linear). A training set is the first `samples` of `most_samples` draws.
Loss       cross entropy averaged over the draws.
Training   full-batch Adam (0.9, 0.999), `steps` steps of `learning_rate`.
Observed   share of fresh draws misjudged, over all items exactly, and share of training draws fitted.
Trial      frequencies stay; codes, labels, draws and weights are new: the mean over `runs` such trainings.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.losses import label_cross_entropies
from predictions.instruments.optimisers import adam
from predictions.instruments.trials import over_trials


def prepare(setting, seeds):
    """Given: `parameters` of a network. State, (trials x runs, ...): codes, labels, counts of items, first weights."""
    items, dimension, classes, width = (setting[key] for key in ("items", "code_size", "classes", "width"))
    cumulative = np.cumsum(item_frequencies(setting["alpha"], items))
    trainings = []
    for rng in (np.random.default_rng([int(seed), run]) for seed in seeds for run in range(setting["runs"])):
        codes = rng.integers(0, 2, (items, dimension), dtype=np.int8) * 2 - 1
        labels = rng.integers(classes, size=items)
        teacher = rng.standard_normal((dimension, classes))
        if setting["labels"] == "linear":
            labels = np.argmax(codes @ teacher, axis=1)
        drawn = np.searchsorted(cumulative, rng.random(setting["most_samples"])[: setting["samples"]])
        counts = np.bincount(np.minimum(drawn, items - 1), minlength=items)
        hidden = rng.standard_normal((dimension, width)) * np.sqrt(2 / dimension)
        readout = rng.standard_normal((width, classes)) / np.sqrt(width)
        trainings.append((codes, labels, counts, hidden, readout))
    parameters = np.full(len(seeds), (dimension + classes) * width)
    return {"parameters": parameters}, tuple(np.stack(arrays) for arrays in zip(*trainings))


def measure(setting, state):
    """Share of fresh draws misjudged, over all items exactly, and share of training draws fitted: (trials,) each."""
    codes, labels, counts, hidden, readout = state
    frequencies = item_frequencies(setting["alpha"], setting["items"])
    # seen items first; rows for the training with most of them, in steps, so that few shapes are compiled
    order = np.argsort(counts == 0, axis=1, kind="stable")
    rows = -(-int(np.max(np.sum(counts > 0, axis=1))) // 256) * 256
    seen = order[:, :rows]
    train_codes = np.take_along_axis(codes, seen[:, :, None], axis=1)
    train_labels = np.take_along_axis(labels, seen, axis=1)
    share = np.take_along_axis(counts, seen, axis=1) / setting["samples"]
    right_seen, right = _trained(
        *(jnp.asarray(array) for array in (train_codes, train_labels, share, hidden, readout, codes, labels)),
        jnp.asarray(setting["learning_rate"], dtype=float),
        steps=setting["steps"],
    )
    error = 1 - np.asarray(right, dtype=np.float64) @ frequencies
    fitted = np.sum(np.asarray(right_seen, dtype=np.float64) * share, axis=1)
    runs = setting["runs"]
    return {"error": error.reshape(-1, runs).mean(axis=1), "fitted": fitted.reshape(-1, runs).mean(axis=1)}


def item_frequencies(alpha: float, items: int) -> np.ndarray:
    """theta (items,), most frequent first, summing to one."""
    weight = np.arange(1, items + 1, dtype=float) ** -(1 + alpha)
    return weight / weight.sum()


def _logits(weights, inputs):
    hidden, bias, readout, offset = weights
    return jax.nn.relu(inputs @ hidden + bias) @ readout + offset


@partial(jax.jit, static_argnames="steps")
def _trained(*arrays_and_rate, steps: int):
    """Which of the training rows, and of all items, the trained network judges rightly: two of (trainings, ...)."""
    *arrays, learning_rate = arrays_and_rate
    rule = adam(learning_rate=learning_rate)

    def one_training(train_codes, train_labels, share, hidden, readout, codes, labels):
        inputs = train_codes.astype(hidden.dtype)

        def loss(weights):
            return jnp.sum(share * label_cross_entropies(_logits(weights, inputs), train_labels))

        def step(training, _):
            weights, memory = training
            return rule.move(weights, memory, jax.grad(loss)(weights)), None

        weights = (hidden, jnp.zeros(hidden.shape[1]), readout, jnp.zeros(readout.shape[1]))
        (weights, _), _ = jax.lax.scan(step, (weights, rule.start(weights)), length=steps)
        right = jnp.argmax(_logits(weights, codes.astype(hidden.dtype)), axis=1) == labels
        return jnp.argmax(_logits(weights, inputs), axis=1) == train_labels, right

    return over_trials(one_training, *arrays)
