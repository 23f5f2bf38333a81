"""Networks of growing width on the same rows with their own labels or random ones: what is fitted, what is learnt.

Model      rows -> `width` ReLU neurons -> logits, weights uniform in +-1/sqrt(inputs).
Data       `rows` rows of `data`, with their own labels or (`labels`: random) with labels drawn at random; test error on
           `test_rows` others (on all others, if there are fewer), with their own labels or random ones alike.
Loss       cross-entropy.
Training   stochastic gradient descent with `learning_rate`, momentum 0.9, `batch_size` rows a step, no decay, until the
           loss on all rows is at most `target_loss` or for `most_steps`; of all weights, or (`trained`: readout) of the
           last layer only, which is a linear class on fixed random features. Zhang et al. 2017.
Observed   errors on both sets of rows and their difference, the last loss, the steps.
Trial      rows, labels if random, initial weights, order of the rows.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification, split_rows
from predictions.instruments.networks import parameter_counts, uniform_weights
from predictions.instruments.trials import over_trials
from predictions.trained_networks.training import Recipe, cross_entropy, error_rate, train

MOMENTUM = 0.9


def prepare(setting, seeds):
    """Given: `features`, inputs of a network, and `classes`, outputs of it, (trials,)."""
    trials = []
    for seed in seeds:
        generator = np.random.default_rng(int(seed))
        data = classification(setting["data"])
        if setting["labels"] == "random":
            data = data._replace(labels=generator.integers(data.classes, size=len(data.labels)))
        rows = split_rows(data, setting["rows"], setting["test_rows"], generator, label_noise=0)
        layers = uniform_weights(generator, [rows.inputs.shape[1], setting["width"], data.classes])
        trials.append((rows, layers, generator.integers(2**31, dtype=np.uint32)))
    state = jax.tree.map(lambda *arrays: np.stack(arrays), *trials)
    sizes = {"features": state[0].inputs.shape[2], "classes": data.classes}
    given = {name: np.full(len(trials), size) for name, size in sizes.items()}
    return given | {"parameters": parameter_counts(state[1])}, state


def measure(setting, state):
    """Errors on both sets of rows, their difference, the last loss on the training rows and the steps: (trials,)."""
    settings = {name: setting[name] for name in ("learning_rate", "batch_size", "target_loss", "most_steps")}
    readout_only = float(setting["trained"] == "readout")
    results = _train(*jax.tree.map(jnp.asarray, state), readout_only, **settings)
    names = ("train_error", "test_error", "training_loss", "steps")
    observed = {name: np.asarray(values, dtype=np.float64) for name, values in zip(names, results)}
    return observed | {"gap": observed["test_error"] - observed["train_error"]}


@partial(jax.jit, static_argnames="batch_size")
def _train(rows, layers, seeds, readout_only, *, learning_rate, batch_size, target_loss, most_steps):
    limits = {"target_loss": target_loss, "most_steps": most_steps, "rows_a_step": batch_size}
    recipe = Recipe(*(jnp.asarray(x, rows.inputs.dtype) for x in (learning_rate, batch_size, 0.0, readout_only)))

    def one_trial(rows, layers, seed):
        layers, steps = train(
            layers, rows.inputs, rows.labels, jax.random.key(seed), recipe, momentum=MOMENTUM, **limits
        )
        train_error = error_rate(layers, rows.inputs, rows.labels)
        test_error = error_rate(layers, rows.test_inputs, rows.test_labels)
        return train_error, test_error, cross_entropy(layers, rows.inputs, rows.labels), steps

    return over_trials(one_trial, rows, layers, seeds)
