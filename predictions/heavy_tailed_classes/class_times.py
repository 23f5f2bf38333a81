"""Train on classes of very different frequencies, by gradient descent or by its sign, and see when each is learnt.

Model      fully connected, `hidden_layers` layers (0: linear) of `width` tanh units, uniform weights and biases.
Data       `data` (digits, mnist1d), each of whose ten classes is turned into four by reordering the features in four
           fixed ways (as they are, and three random orders): 40 classes. The class of rank k, ranks being drawn at
           random, has `most` k^-`tail` rows, no fewer than four.
Loss       cross-entropy, nats a row, over all rows.
Training   full-batch, `steps` steps of `optimiser`: descent, w <- w - eta g; sign, w <- w - eta sign(g). eta is
           `learning_rate` for descent and `sign_rate` for sign.
Observed   the step at which a class has half of the loss ln 40, as a power of the frequency of that class: the
           slope over classes; how many classes get there. The loss at the end, over all rows.
Trial      rows, orders, ranks and initial weights.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification
from predictions.instruments.losses import label_cross_entropies
from predictions.instruments.networks import fully_connected, parameter_counts, uniform_weights
from predictions.instruments.trials import over_trials

ORDERS = 4
FEWEST = 4
RECORDS = 400


def prepare(setting, seeds):
    """Given: the frequency of each class, (trials, classes). State: rows, labels, initial layers, frequencies."""
    data, trials = classification(setting["data"]), []
    features, classes = data.inputs.shape[1], ORDERS * data.classes
    sizes = np.maximum(FEWEST, np.round(setting["most"] * np.arange(1, classes + 1.0) ** -setting["tail"])).astype(int)
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        orders = [np.arange(features), *(rng.permutation(features) for _ in range(ORDERS - 1))]
        inputs, labels, counts = [], [], sizes[rng.permutation(classes)]
        for own in range(data.classes):
            rows = rng.permutation(np.flatnonzero(data.labels == own))
            for number, order in enumerate(orders):
                label = ORDERS * own + number
                # rows are shared by a class's four orders where there are too few of them
                inputs.append(
                    data.inputs[np.resize(np.roll(rows, -number * len(rows) // ORDERS), counts[label])][:, order]
                )
                labels.append(np.full(counts[label], label))
        widths = [features, *[setting["width"]] * setting["hidden_layers"], classes]
        trials.append(
            (np.concatenate(inputs), np.concatenate(labels), uniform_weights(rng, widths), counts / counts.sum())
        )
    state = jax.tree.map(lambda *arrays: np.stack(arrays), *trials)
    return {"parameters": parameter_counts(state[2]), "frequencies": state[3]}, state


def measure(setting, state):
    """Slope of ln time in ln frequency, share of classes learnt, and the final loss, (trials,)."""
    rate = setting["learning_rate"] if setting["optimiser"] == "descent" else setting["sign_rate"]
    counts = np.unique(np.geomspace(1, setting["steps"], RECORDS).round().astype(int))
    run = partial(_train, setting["optimiser"])
    train = jax.jit(lambda state, rate, between: over_trials(lambda *trial: run(rate, between, *trial), *state))
    losses = np.asarray(train(jax.tree.map(jnp.asarray, state), rate, jnp.diff(counts, prepend=0)), dtype=float)
    frequencies = np.asarray(state[3])
    slopes, learnt = zip(*(slope(counts, *trial) for trial in zip(losses, frequencies)))
    final = np.sum(losses[:, -1] * frequencies, axis=1)
    return {"time_power": np.array(slopes), "classes_learnt": np.array(learnt), "final_loss": final}


def slope(counts: np.ndarray, losses: np.ndarray, frequencies: np.ndarray) -> tuple[float, float]:
    """Slope of ln (step at which a class's loss is halved) in ln frequency, of those that get there, and their share.

    Losses (records, classes) at `counts` steps; between two records by the logarithm of both.
    """
    goal, times = np.log(len(frequencies)) / 2, np.full(len(frequencies), np.nan)
    for number, loss in enumerate(losses.T):
        reached = np.flatnonzero(loss <= goal)
        if reached.size and reached[0]:
            around = slice(reached[0] - 1, reached[0] + 1)
            times[number] = np.exp(np.interp(-np.log(goal), -np.log(loss[around]), np.log(counts[around])))
    known = np.isfinite(times)
    if known.sum() < 3 or np.ptp(frequencies[known]) == 0:
        return np.nan, float(known.mean())
    return float(np.polyfit(np.log(frequencies[known]), np.log(times[known]), 1)[0]), float(known.mean())


def _train(optimiser, rate, between, inputs, labels, layers, frequencies):
    """Each class's mean loss after so many more steps each, (records, classes)."""
    classes = len(frequencies)
    members = jax.nn.one_hot(labels, classes).T  # (classes, rows)
    members = members / jnp.sum(members, axis=1, keepdims=True)

    def losses(layers):
        return label_cross_entropies(fully_connected(layers, inputs), labels)

    def step(_, layers):
        gradient = jax.grad(lambda layers: jnp.mean(losses(layers)))(layers)
        moves = gradient if optimiser == "descent" else jax.tree.map(jnp.sign, gradient)
        return jax.tree.map(lambda w, g: w - rate * g, layers, moves)

    def record(layers, number):
        layers = jax.lax.fori_loop(0, number, step, layers)
        return layers, members @ losses(layers)

    return jax.lax.scan(record, layers, between)[1]
