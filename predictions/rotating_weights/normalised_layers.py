"""Train a network whose hidden layers are normalised until its weights stop growing, and see by what angle they turn.

Model      fully connected, `hidden_layers` layers of `width` rectified units whose pre-activations are centred and
           scaled to variance one over the units of each row (`normalised` yes; as they are with no), a linear readout;
           no biases; Gaussian initial weights of variance one over the inputs.
Data       `rows` rows of `data` (digits, mnist1d), a share `label_noise` of the labels redrawn.
Loss       cross-entropy, nats a row.
Training   `steps` steps with learning rate `learning_rate` on batches of `batch` rows, every batch drawn afresh, by
           `optimiser`: descent with momentum `momentum` and a decay lambda in the gradient; adamw with beta1
           `momentum`, beta2 0.99 and decoupled decay; adam-l2 with the decay in the gradient. `decay_rate` is the
           learning rate times lambda.
Observed   over the last half of training the angle by which a hidden layer's whole matrix turns in a step, root mean
           square over steps: over all hidden layers, and the largest layer's over the smallest's. The squared norms of
           hidden layers, last quarter over the one before, farthest from one.
Trial      rows, labels, initial weights and batches.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification, draw_rows
from predictions.instruments.losses import cross_entropy
from predictions.instruments.networks import gaussian_weights, parameter_counts
from predictions.instruments.optimisers import adam, adamw, heavy_ball
from predictions.instruments.trials import over_trials

BETA2 = 0.99


def prepare(setting, seeds):
    """Given: parameters (trials,). State: rows, targets, initial matrices and a seed of batches of each trial."""
    data, trials = classification(setting["data"]), []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, setting["rows"], rng, label_noise=setting["label_noise"])
        sizes = [inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], targets.shape[1]]
        trials.append((inputs, targets, [matrix for matrix, _ in gaussian_weights(rng, sizes)], rng.integers(2**31)))
    inputs, targets, matrices, batch_seeds = jax.tree.map(lambda *arrays: np.stack(arrays), *trials)
    return {"parameters": parameter_counts(matrices)}, (inputs, targets, matrices, batch_seeds)


def measure(setting, state):
    """Rotation a step (radians), its spread over layers and the drift of the norms, (trials,)."""
    fixed = ("optimiser", "normalised", "batch", "steps")
    run = partial(_train, *(setting[name] for name in fixed))
    rates = tuple(float(setting[name]) for name in ("learning_rate", "momentum", "decay_rate"))
    train = jax.jit(lambda rates, state: over_trials(lambda *trial: run(rates, *trial), *state))
    squares, norms = (np.asarray(it, dtype=float) for it in train(rates, jax.tree.map(jnp.asarray, state)))
    rotations = np.sqrt(squares)  # (trials, layers)
    drifts = norms[:, 3] / norms[:, 2]  # (trials, layers)
    farthest = np.argmax(np.abs(np.log(drifts)), axis=1)
    return {
        "rotation": np.sqrt(np.mean(squares, axis=1)),
        "layer_spread": rotations.max(axis=1) / rotations.min(axis=1),
        "norm_drift": drifts[np.arange(len(drifts)), farthest],
    }


def _train(optimiser, normalised, batch, steps, rates, inputs, targets, matrices, batch_seed):
    """Mean squared angle a step of each hidden layer, (layers,), and squared norms, (quarters, layers)."""
    rate, momentum, decay_rate = rates
    weight_decay = decay_rate / rate
    averages = {"momentum": momentum, "second_momentum": BETA2}
    rule = {
        "descent": lambda: heavy_ball(learning_rate=rate, momentum=momentum),
        "adamw": lambda: adamw(learning_rate=rate, weight_decay=weight_decay, **averages),
        "adam-l2": lambda: adam(learning_rate=rate, **averages),
    }[optimiser]()
    in_gradient = 0.0 if optimiser == "adamw" else weight_decay

    def penalised(weights, inputs, targets):
        squares = sum(jnp.sum(matrix**2) for matrix in weights)
        return cross_entropy(outputs(weights, inputs, normalised=normalised), targets) + in_gradient / 2 * squares

    def step(number, carry):
        weights, memory, squares, norms = carry
        drawn = jax.random.randint(jax.random.fold_in(jax.random.key(batch_seed), number), (batch,), 0, len(inputs))
        before = directions(weights)
        weights, memory = rule.move(weights, memory, jax.grad(penalised)(weights, inputs[drawn], targets[drawn]))
        turned = jnp.stack([jnp.sum((now - old) ** 2) for now, old in zip(directions(weights), before)])
        squares = squares + jnp.where(number >= steps // 2, turned, 0)
        lengths = jnp.stack([jnp.sum(matrix**2) for matrix in weights[:-1]])
        return weights, memory, squares, norms.at[4 * number // steps].add(lengths)

    hidden = len(matrices) - 1
    start = matrices, rule.start(matrices), jnp.zeros(hidden), jnp.zeros((4, hidden))
    _, _, squares, norms = jax.lax.fori_loop(0, steps, step, start)
    return squares / (steps - steps // 2), norms


def outputs(weights, inputs, *, normalised: str):
    """(rows, classes) of a network whose hidden pre-activations are centred and scaled in each row."""
    signal = inputs
    for matrix in weights[:-1]:
        signal = signal @ matrix
        if normalised == "yes":
            signal = signal - jnp.mean(signal, axis=1, keepdims=True)
            signal = signal * jax.lax.rsqrt(jnp.mean(signal**2, axis=1, keepdims=True) + 1e-12)
        signal = jax.nn.relu(signal)
    return signal @ weights[-1]


def directions(weights):
    """Hidden matrices over their norms: the distance of two is the angle between them, to third order."""
    return [matrix / jnp.linalg.norm(matrix) for matrix in weights[:-1]]
