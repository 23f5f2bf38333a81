"""How many rows with random labels a network fits: its capacity, found by training it on more and more of them.

Model      rows -> `width` ReLU neurons -> logits of `classes`, weights uniform in +-1/sqrt(inputs).
Data       rows of `features` independent Gaussians, or (`data`) of the digits; labels drawn at random among all
           classes, or (`labels`) among the first half of them.
Training   `trained`: readout, the last layer on the neurons as they were drawn, which a linear programme decides; or
           all, by stochastic gradient descent on the cross-entropy with `learning_rate`, momentum 0.9 and `batch_size`
           rows a step, until no row is wrong or for `most_steps`, from the same weights for every number of rows.
Observed   rows fitted: of numbers of rows that rise by the factor 1 + `finer` from weights / 4 `classes` on,
           the geometric mean of the first that is not fitted without an error and the one before; infinite if all are,
           up to `most_rows` a weight; geometric mean over `networks`.
Trial      `networks` times rows, labels, initial weights, order of the rows.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import linprog

from predictions.data.datasets import classification
from predictions.instruments.networks import uniform_weights
from predictions.instruments.optimisers import heavy_ball
from predictions.trained_networks.training import CHECKED_EVERY, cross_entropy, outputs

MOMENTUM = 0.9


def prepare(setting, seeds):
    """Given: `features`, inputs of a network, (trials,). State: each network's rows, labels, layers and seed."""
    features, trials = _features(setting), []
    most = ladder(setting | {"features": features})[-1]
    labels = setting["classes"] if setting["labels"] == "all" else setting["classes"] // 2
    for seed in seeds:
        rng, networks = np.random.default_rng(int(seed)), []
        for _ in range(setting["networks"]):
            layers = uniform_weights(rng, [features, setting["width"], setting["classes"]])
            networks.append((_inputs(setting, most, rng), rng.integers(labels, size=most), layers, rng.integers(2**31)))
        trials.append(networks)
    parameters = (features + 1) * setting["width"] + (setting["width"] + 1) * setting["classes"]
    return {"features": np.full(len(seeds), features), "parameters": np.full(len(seeds), parameters)}, trials


def measure(setting, state):
    """Rows that a trial's networks fit (trials,); half of the least number if not even these."""
    steps = ladder(setting | {"features": _features(setting)})
    fits = _separable if setting["trained"] == "readout" else partial(_learns, setting)
    fitted = [[_first_failure(steps, partial(fits, *network)) for network in trial] for trial in state]
    return {"rows_fitted": np.exp(np.mean(np.log(fitted), axis=1))}


def ladder(setting) -> np.ndarray:
    """Numbers of rows to be fitted: by the factor 1 + `finer` from weights / 4 classes to `most_rows` a weight."""
    weights = trained_weights(setting)
    lowest, highest = weights / setting["classes"] / 4, setting["most_rows"] * weights
    count = int(np.log(highest / lowest) / np.log1p(setting["finer"])) + 1
    return np.unique(np.round(lowest * (1 + setting["finer"]) ** np.arange(count)).astype(int))


def trained_weights(setting) -> int:
    """Weights and biases that learn; a shift of all logits alike changes no label, so that K classes count as K - 1."""
    readout = (setting["width"] + 1) * (setting["classes"] - 1)
    return readout if setting["trained"] == "readout" else readout + (setting["features"] + 1) * setting["width"]


def _features(setting) -> int:
    return setting["features"] if setting["data"] == "gaussian" else classification(setting["data"]).inputs.shape[1]


def _inputs(setting, rows: int, rng: np.random.Generator) -> np.ndarray:
    if setting["data"] == "gaussian":
        return rng.standard_normal((rows, setting["features"]))
    inputs = classification(setting["data"]).inputs
    return inputs[rng.choice(len(inputs), rows, replace=False)]


def _first_failure(steps: np.ndarray, fits) -> float:
    """Geometric mean of the last number of rows that is fitted and the next; sought upwards, one after the other."""
    below = steps[0] / 4
    for rows in steps:
        if not fits(int(rows)):
            return float(np.sqrt(below * rows))
        below = rows
    return np.inf


def _separable(inputs, labels, layers, seed, rows: int) -> bool:
    """Whether some readout gives every row's own class the largest logit: w_y . h >= w_j . h + 1 for all other j."""
    (matrix, bias), (_, offsets) = layers
    hidden = np.column_stack([np.maximum(inputs[:rows] @ matrix + bias, 0), np.ones(rows)])
    classes = len(offsets)
    others = np.array([[j for j in range(classes) if j != label] for label in labels[:rows]])
    margins = np.zeros((rows, classes - 1, classes, hidden.shape[1]))
    each = np.arange(rows)[:, None], np.arange(classes - 1)
    margins[each[0], each[1], others] = -hidden[:, None]
    margins[each[0], each[1], labels[:rows, None]] = hidden[:, None]
    free = margins.reshape(rows * (classes - 1), classes, -1)[:, 1:].reshape(rows * (classes - 1), -1)  # w_0 = 0
    found = linprog(np.zeros(free.shape[1]), A_ub=-free, b_ub=-np.ones(len(free)), bounds=(None, None), method="highs")
    return found.status == 0


def _learns(setting, inputs, labels, layers, seed, rows: int) -> bool:
    """Whether gradient descent comes to classify all of these rows rightly."""
    arrays = jax.tree.map(jnp.asarray, (layers, inputs, labels))
    rule = {name: setting[name] for name in ("learning_rate", "batch_size", "most_steps")}
    return int(_wrong_rows(*arrays, rows, int(seed), **rule)) == 0


@partial(jax.jit, static_argnames="batch_size")
def _wrong_rows(layers, inputs, labels, rows, seed, *, learning_rate, batch_size, most_steps):
    """How many of the first `rows` are wrong at the first look at which none is, or after `most_steps`."""
    rule, key = heavy_ball(learning_rate=learning_rate, momentum=MOMENTUM), jax.random.key(seed)
    used = jnp.arange(len(inputs)) < rows  # a fixed shape, so that all numbers of rows share one compilation

    def step(index, state):
        drawn = jax.random.randint(jax.random.fold_in(key, index), (batch_size,), 0, rows)
        return rule.move(*state, jax.grad(cross_entropy)(state[0], inputs[drawn], labels[drawn]))

    def stretch(state):
        count, run, _ = state
        run = jax.lax.fori_loop(count, count + CHECKED_EVERY, step, run)
        wrong = jnp.argmax(outputs(run[0], inputs), axis=1) != labels
        return count + CHECKED_EVERY, run, jnp.sum(wrong & used)

    state = (0, (layers, rule.start(layers)), rows)
    return jax.lax.while_loop(lambda state: (state[0] < most_steps) & (state[2] > 0), stretch, state)[2]
