"""Training with weight decay long after the rows are fitted: the geometry of last-layer features and classifier.

Model      logits h(x) @ W + b; `features` h of a network: rows -> `hidden_layers` layers of `width` ReLU neurons; or
           free: one vector of `width` numbers for each row, learnt like a weight, times the root of the number of rows
           (the unconstrained features model).
Data       `rows_a_class` rows of each of the first `classes` classes of `data`, the later half of the classes with
           fewer by the factor `imbalance`. Free features have classes only.
Loss       cross-entropy plus (`weight_decay`/2) times the sum of squares of all weights, biases and free features.
Training   full-batch gradient descent with momentum 0.9; `steps` steps of `learning_rate`.
Observed   the statistics of `geometry`, and the training error.
Trial      rows and initial weights.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification
from predictions.instruments.losses import label_cross_entropies
from predictions.instruments.networks import uniform_weights
from predictions.instruments.optimisers import heavy_ball
from predictions.instruments.trials import over_trials
from predictions.neural_collapse.geometry import collapse_statistics

MOMENTUM = 0.9
GAIN = np.sqrt(3)
"""Times PyTorch's default: weights of variance 1/inputs."""


def prepare(setting, seeds):
    """Given: the statistics of `geometry` at initialisation, `initial_...`, (trials,)."""
    trials = [_draw(setting, np.random.default_rng(int(seed))) for seed in seeds]
    state = jax.tree.map(lambda *arrays: np.stack(arrays), *trials)
    return {f"initial_{name}": values for name, values in _statistics(setting, *state).items()}, state


def measure(setting, state):
    """Statistics of `geometry` after training and the training error, (trials,)."""
    _, inputs, labels = state
    settings = {name: setting[name] for name in ("learning_rate", "weight_decay", "steps")}
    trained, errors = _train(*jax.tree.map(jnp.asarray, state), **settings)
    statistics = _statistics(setting, jax.tree.map(np.asarray, trained), inputs, labels)
    return statistics | {"train_error": np.asarray(errors, dtype=np.float64)}


def class_sizes(setting) -> list[int]:
    """Rows of each class."""
    few = setting["rows_a_class"] // setting["imbalance"]
    frequent = setting["classes"] // 2
    return [setting["rows_a_class"]] * frequent + [few] * (setting["classes"] - frequent)


def _draw(setting, generator: np.random.Generator):
    """Layers, inputs (n, d) and labels (n,); free features are a first layer of one matrix (n, m), without inputs."""
    sizes, classes = class_sizes(setting), setting["classes"]
    labels = np.repeat(np.arange(classes), sizes)
    if setting["features"] == "free":
        free = generator.standard_normal((len(labels), setting["width"])) / np.sqrt(len(labels))
        ((matrix, bias),) = uniform_weights(generator, [setting["width"], classes])
        return [(free,), (GAIN * matrix, GAIN * bias)], np.zeros((len(labels), 0)), labels
    data = classification(setting["data"])
    members = [np.flatnonzero(data.labels == label) for label in range(classes)]
    chosen = np.concatenate([generator.permutation(rows)[:size] for rows, size in zip(members, sizes)])
    widths = [data.inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], classes]
    layers = [(GAIN * matrix, GAIN * bias) for matrix, bias in uniform_weights(generator, widths)]
    return layers, data.inputs[chosen], labels


def _features(layers, inputs):
    """Last-layer features (n, m)."""
    if len(layers[0]) == 1:
        return jnp.sqrt(len(inputs)) * layers[0][0]
    signal = inputs
    for matrix, bias in layers[:-1]:
        signal = jax.nn.relu(signal @ matrix + bias)
    return signal


def _statistics(setting, layers, inputs, labels) -> dict[str, np.ndarray]:
    """Each statistic of `geometry`, (trials,), in float64."""
    features = np.asarray(_all_features(layers, jnp.asarray(inputs)), dtype=np.float64)
    classifiers = np.asarray(layers[-1][0], dtype=np.float64)
    trials = [collapse_statistics(*trial) for trial in zip(features, labels, classifiers)]
    return {name: np.array([trial[name] for trial in trials]) for name in trials[0]}


@jax.jit
def _all_features(layers, inputs):
    return over_trials(_features, jax.tree.map(jnp.asarray, layers), inputs)


@jax.jit
def _train(layers, inputs, labels, *, learning_rate, weight_decay, steps):
    def one_trial(layers, inputs, labels):
        def logits(layers):
            matrix, bias = layers[-1]
            return _features(layers, inputs) @ matrix + bias

        def loss(layers):
            squares = sum(jnp.sum(w**2) for w in jax.tree.leaves(layers))
            return jnp.mean(label_cross_entropies(logits(layers), labels)) + weight_decay / 2 * squares

        rule = heavy_ball(learning_rate=learning_rate, momentum=MOMENTUM)

        def step(_, training):
            layers, velocity = training
            return rule.move(layers, velocity, jax.grad(loss)(layers))

        layers, _ = jax.lax.fori_loop(0, steps, step, (layers, rule.start(layers)))
        return layers, jnp.mean(jnp.argmax(logits(layers), axis=1) != labels)

    return over_trials(one_trial, layers, inputs, labels)
