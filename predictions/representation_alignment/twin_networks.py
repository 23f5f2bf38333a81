"""Two networks of the same width, trained on different rows from different weights: how alike are they inside?

Model      rows -> `width` ReLU neurons -> `width` ReLU neurons -> logits, weights uniform in +-3^{1/2}/inputs^{1/2}.
Data       two disjoint sets of `rows` rows of `data` with their own labels (`labels`: true) or random ones (random),
           and `test_rows` others, on which representations are compared.
Loss       cross-entropy.
Training   stochastic gradient descent with momentum 0.9 and `learning_rate`, `batch_size` rows a step, until the loss
           on all rows is at most `target_loss` or for `most_steps`; or none at all (labels: none).
Observed   on the second hidden layer: linear CKA and the share of common nearest `neighbours`, raw and calibrated by
           `permutations`; of the same rows, or (`pairing`: shuffled) with the second twin's rows in another order, as
           if unrelated; and how much of the calibrated ones training has added to what the same twins had before it.
Trial      rows, labels if random, both networks' weights, order of the rows, permutations.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification
from predictions.instruments.networks import parameter_counts, uniform_weights
from predictions.instruments.trials import over_trials
from predictions.representation_alignment.similarity import (
    alignment,
    calibrated,
    centred_gram,
    neighbours,
    shared_neighbours,
)
from predictions.trained_networks.training import Recipe, error_rate, train

MOMENTUM = 0.9


def prepare(setting, seeds):
    """Given: `parameters` of a network. State: two entries a trial with weights, rows, labels and a seed, and test
    rows; and seeds of permutations.
    """
    trials = [_draw(setting, np.random.default_rng(int(seed))) for seed in seeds]
    twins, test_rows, test_labels, permuting = zip(*trials)
    stacked = jax.tree.map(lambda *arrays: np.stack(arrays), *[twin for pair in twins for twin in pair])
    repeated = (np.repeat(np.stack(test_rows), 2, axis=0), np.repeat(np.stack(test_labels), 2, axis=0))
    return {"parameters": parameter_counts(stacked[0])[: len(trials)]}, (stacked, repeated, permuting)


def measure(setting, state):
    """Similarities of the twins' second hidden layers, what training added, and their mean test error: (trials,)."""
    stacked, (test_rows, test_labels), permuting = state
    settings = {name: setting[name] for name in ("learning_rate", "target_loss", "batch_size")}
    most_steps = 0 if setting["labels"] == "none" else setting["most_steps"]
    arrays = jax.tree.map(jnp.asarray, (*stacked, test_rows, test_labels))
    features, errors = _represent(*arrays, **settings, most_steps=most_steps)
    first, _ = _represent(*arrays, **settings, most_steps=0)
    observed = _compare_all(features, setting, permuting)
    before = _compare_all(first, setting, permuting)
    for name in ("cka", "neighbours"):
        observed[f"learnt_{name}"] = observed[f"calibrated_{name}"] - before[f"calibrated_{name}"]
    return observed | {"test_error": np.asarray(errors, dtype=np.float64).reshape(-1, 2).mean(axis=1)}


def _compare_all(features, setting, permuting) -> dict[str, np.ndarray]:
    """Similarities of each trial's twins, from features (2 x trials, rows, width): (trials,) each."""
    features = np.asarray(features, dtype=np.float64)
    results = [_compare(*features[2 * trial : 2 * trial + 2], setting, seed) for trial, seed in enumerate(permuting)]
    return {name: np.array([result[name] for result in results]) for name in results[0]}


def _compare(first, second, setting, seed: int) -> dict[str, float]:
    generator = np.random.default_rng(seed)
    if setting["pairing"] == "shuffled":
        second = second[generator.permutation(len(second))]
    observed = {}
    tables = {
        "cka": (alignment, centred_gram(first), centred_gram(second)),
        "neighbours": (shared_neighbours, *(neighbours(x, setting["neighbours"]) for x in (first, second))),
    }
    for name, measures in tables.items():
        effect, chance = calibrated(*measures, generator, permutations=setting["permutations"])
        similarity, *pair = measures
        observed |= {f"raw_{name}": similarity(*pair), f"chance_{name}": chance, f"calibrated_{name}": effect}
    return observed


def _draw(setting, generator: np.random.Generator):
    data = classification(setting["data"])
    rows = setting["rows"]
    order = generator.permutation(len(data.inputs))[: 2 * rows + setting["test_rows"]]
    labels = data.labels
    if setting["labels"] == "random":
        labels = generator.integers(data.classes, size=len(labels))
    twins = []
    for chosen in (order[:rows], order[rows : 2 * rows]):
        widths = [data.inputs.shape[1], setting["width"], setting["width"], data.classes]
        layers = [(np.sqrt(3) * w, np.sqrt(3) * b) for w, b in uniform_weights(generator, widths)]
        twins.append((layers, data.inputs[chosen], labels[chosen], generator.integers(2**31, dtype=np.uint32)))
    others = order[2 * rows :]
    return twins, data.inputs[others], labels[others], int(generator.integers(2**31))


@partial(jax.jit, static_argnames="batch_size")
def _represent(layers, inputs, labels, seeds, test_rows, test_labels, *, batch_size, **settings):
    learning_rate, most_steps, target_loss = (settings[name] for name in ("learning_rate", "most_steps", "target_loss"))
    limits = {"target_loss": target_loss, "most_steps": most_steps, "rows_a_step": batch_size}
    recipe = Recipe(*(jnp.asarray(x, inputs.dtype) for x in (learning_rate, batch_size, 0.0, 0.0)))

    def one_network(layers, inputs, labels, seed, test_rows, test_labels):
        key = jax.random.key(seed)
        layers, _ = train(layers, inputs, labels, key, recipe, momentum=MOMENTUM, **limits)
        signal = test_rows
        for matrix, bias in layers[:-1]:
            signal = jax.nn.relu(signal @ matrix + bias)
        return signal, error_rate(layers, test_rows, test_labels)

    return over_trials(one_network, layers, inputs, labels, seeds, test_rows, test_labels)
