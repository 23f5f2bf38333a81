"""Training with weight decay long after the rows are fitted: the geometry of last-layer features and classifier.

Model      logits h(x) @ W + b; `features` h of a network: rows -> `hidden_layers` layers of `width` ReLU neurons; or
           free: one vector of `width` numbers for each row, learnt like a weight, times the root of the number of rows
           (the unconstrained features model).
Data       `rows_a_class` rows of each of the first `classes` classes of `data`, the later half of the classes with
           fewer by the factor `imbalance`, and 40 fresh rows of each. Free features have classes only.
Loss       `loss`: cross-entropy, or half the squared distance from the one-hot labels; plus, where `decay` is on,
           (`weight_decay`/2) times the sum of squares of all weights, biases and free features.
Training   full-batch gradient descent with momentum 0.9; `steps` steps of `learning_rate`.
Observed   the statistics of `geometry`, the training error, and how often the network decides on a fresh row (a free
           feature: on its own) as the nearest class mean does.
Trial      rows and initial weights.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification
from predictions.instruments.losses import label_cross_entropies
from predictions.instruments.networks import uniform_weights
from predictions.instruments.optimisers import heavy_ball
from predictions.instruments.trials import over_trials
from predictions.neural_collapse.geometry import collapse_statistics, nearest_mean_agreement

MOMENTUM = 0.9
FRESH_ROWS = 40
"""Of each class, that training does not see."""
GAIN = np.sqrt(3)
"""Times PyTorch's default: weights of variance 1/inputs."""


def prepare(setting, seeds):
    """Given: the statistics of `geometry` at initialisation, and the agreement, `initial_...`, (trials,)."""
    trials = [_draw(setting, np.random.default_rng(int(seed))) for seed in seeds]
    state = jax.tree.map(lambda *arrays: np.stack(arrays), *trials)
    return {f"initial_{name}": values for name, values in _statistics(setting, *state).items()}, state


def measure(setting, state):
    """Statistics of `geometry` after training, agreement with the nearest mean and the training error, (trials,)."""
    *start, fresh = state
    _, inputs, labels = start
    settings = {name: setting[name] for name in ("loss", "learning_rate", "steps")}
    decay = setting["weight_decay"] if setting["decay"] == "on" else 0.0
    trained, errors = _train(*jax.tree.map(jnp.asarray, start), **settings, weight_decay=decay)
    statistics = _statistics(setting, jax.tree.map(np.asarray, trained), inputs, labels, fresh)
    return statistics | {"train_error": np.asarray(errors, dtype=np.float64)}


def class_sizes(setting) -> list[int]:
    """Rows of each class."""
    few = setting["rows_a_class"] // setting["imbalance"]
    frequent = setting["classes"] // 2
    return [setting["rows_a_class"]] * frequent + [few] * (setting["classes"] - frequent)


def _draw(setting, generator: np.random.Generator):
    """Layers, inputs (n, d), labels (n,) and fresh inputs; free features are a first layer of one matrix (n, m) without
    inputs, and are their own fresh ones."""
    sizes, classes = class_sizes(setting), setting["classes"]
    labels = np.repeat(np.arange(classes), sizes)
    if setting["features"] == "free":
        free = generator.standard_normal((len(labels), setting["width"])) / np.sqrt(len(labels))
        ((matrix, bias),) = uniform_weights(generator, [setting["width"], classes])
        none = np.zeros((len(labels), 0))
        return [(free,), (GAIN * matrix, GAIN * bias)], none, labels, none
    data = classification(setting["data"])
    members = [np.flatnonzero(data.labels == label) for label in range(classes)]
    orders = [generator.permutation(rows) for rows in members]
    chosen = np.concatenate([order[:size] for order, size in zip(orders, sizes)])
    fresh = np.concatenate([order[size : size + FRESH_ROWS] for order, size in zip(orders, sizes)])
    widths = [data.inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], classes]
    layers = [(GAIN * matrix, GAIN * bias) for matrix, bias in uniform_weights(generator, widths)]
    return layers, data.inputs[chosen], labels, data.inputs[fresh]


def _features(layers, inputs):
    """Last-layer features (n, m)."""
    if len(layers[0]) == 1:
        return jnp.sqrt(len(inputs)) * layers[0][0]
    signal = inputs
    for matrix, bias in layers[:-1]:
        signal = jax.nn.relu(signal @ matrix + bias)
    return signal


def _statistics(setting, layers, inputs, labels, fresh) -> dict[str, np.ndarray]:
    """Each statistic of `geometry`, (trials,), in float64."""
    seen, unseen = (np.asarray(_all_features(layers, jnp.asarray(rows)), dtype=np.float64) for rows in (inputs, fresh))
    classifiers, biases = (np.asarray(array, dtype=np.float64) for array in layers[-1])
    trials = [
        collapse_statistics(features, *of)
        | {"nearest_mean_agreement": nearest_mean_agreement(features, *of, bias, new)}
        for features, *of, bias, new in zip(seen, labels, classifiers, biases, unseen)
    ]
    return {name: np.array([trial[name] for trial in trials]) for name in trials[0]}


@jax.jit
def _all_features(layers, inputs):
    return over_trials(_features, jax.tree.map(jnp.asarray, layers), inputs)


@partial(jax.jit, static_argnames="loss")
def _train(layers, inputs, labels, *, loss, learning_rate, weight_decay, steps):
    def one_trial(layers, inputs, labels):
        def logits(layers):
            matrix, bias = layers[-1]
            return _features(layers, inputs) @ matrix + bias

        def objective(layers):
            squares = sum(jnp.sum(w**2) for w in jax.tree.leaves(layers))
            outputs = logits(layers)
            if loss == "cross-entropy":
                rows = label_cross_entropies(outputs, labels)
            else:
                rows = jnp.sum((outputs - jax.nn.one_hot(labels, outputs.shape[1])) ** 2, axis=1) / 2
            return jnp.mean(rows) + weight_decay / 2 * squares

        rule = heavy_ball(learning_rate=learning_rate, momentum=MOMENTUM)

        def step(_, training):
            layers, velocity = training
            return rule.move(layers, velocity, jax.grad(objective)(layers))

        layers, _ = jax.lax.fori_loop(0, steps, step, (layers, rule.start(layers)))
        return layers, jnp.mean(jnp.argmax(logits(layers), axis=1) != labels)

    return over_trials(one_trial, layers, inputs, labels)
