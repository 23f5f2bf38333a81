"""A network trained by stochastic gradient descent at one learning rate, until its loss stops falling, and on.

Model      fully connected, `hidden_layers` layers of `width` units, `activation` tanh, relu, gelu, elu or softplus;
           initial weights and biases uniform in +-1/sqrt(inputs).
Data       `rows` random rows of `data` (digits, mnist1d), each scaled to the norm sqrt(features), one-hot targets; each
           label is redrawn with probability `label_noise`.
Loss       `loss`: mse, 1/2 mean over rows of |f(x) - y|^2, or cross-entropy, nats a row; and 1/2 `weight_decay` |w|^2.
Training   `steps` steps of `learning_rate` on batches of `batch` rows, every batch drawn afresh with replacement; the
           heavy ball where `momentum` is not 0.
Observed   over the last half (`stage` late) or the first sixteenth (early): the mean of w.g, g a batch's gradient with
           the decay's, over half a rate times the mean of |g|^2; the same over half a rate times tr C / batch, C the
           covariance of single rows' gradients, seen once in `every` steps. The loss, last quarter over the one before.
Trial      rows, labels, initial weights and batches.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.data.datasets import classification, draw_rows
from predictions.instruments.losses import cross_entropy, half_squared_error
from predictions.instruments.networks import ACTIVATIONS, fully_connected, uniform_weights
from predictions.instruments.trials import over_trials

LOSSES = {"mse": half_squared_error, "cross-entropy": cross_entropy}
EARLY = 16
"""The part of a run, one in so many, that is its early stage."""


def prepare(setting, seeds):
    """Given: nothing. State: weights, rows, targets and a seed of batches, per trial."""
    data, trials = classification(setting["data"]), []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, setting["rows"], rng, label_noise=setting["label_noise"])
        inputs = inputs * (inputs.shape[1] ** 0.5 / np.linalg.norm(inputs, axis=1, keepdims=True))
        widths = [inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], targets.shape[1]]
        trials.append((uniform_weights(rng, widths), inputs, targets, rng.integers(2**31)))
    return {}, jax.tree.map(lambda *arrays: np.stack(arrays), *trials)


def measure(setting, state):
    """Both ratios and the loss's drift, (trials,); loss and squared norm of the weights, (trials, records)."""
    every = setting["every"]
    records = setting["steps"] // every
    rates = {name: float(setting[name]) for name in ("learning_rate", "momentum", "weight_decay")}
    along, square, noise, losses, norms = (
        np.asarray(curve, dtype=float)
        for curve in _curves(
            *jax.tree.map(jnp.asarray, state), rates, records, every,
            activation=setting["activation"], loss=setting["loss"], batch=setting["batch"],
            most=2 ** int(np.ceil(np.log2(records))),
        )
    )  # fmt: skip
    window = {"late": slice(records // 2, records), "early": slice(0, max(1, records // EARLY))}[setting["stage"]]
    mean = {name: curve[:, window].mean(axis=1) for name, curve in (("along", along), ("square", square))}
    half_rate, quarter = setting["learning_rate"] / 2, records // 4
    with np.errstate(all="ignore"):
        return {
            "moment_ratio": mean["along"] / (half_rate * mean["square"]),
            "noise_ratio": mean["along"] / (half_rate / setting["batch"] * noise[:, window].mean(axis=1)),
            "loss_drift": losses[:, records - quarter : records].mean(axis=1)
            / losses[:, records - 2 * quarter : records - quarter].mean(axis=1),
            "loss": losses[:, :records],
            "squared_norm": norms[:, :records],
        }


@partial(jax.jit, static_argnames=("activation", "loss", "batch", "most"))
def _curves(weights, inputs, targets, seeds, rates, records, every, *, activation, loss, batch: int, most: int):
    """Means over each record's steps of w.g, |g|^2, tr C, loss; |w|^2 at its end: (trials, `most`), zeros at the end.

    tr C, with n rows 1/n sum |g_i|^2 - |mean g_i|^2, is taken on all rows where the record ends.
    """
    phi = ACTIVATIONS[activation]

    def one_trial(weights, inputs, targets, seed):
        flat, layers = ravel_pytree(weights)

        def loss_on(weights, chosen):
            return LOSSES[loss](fully_connected(layers(weights), inputs[chosen], activation=phi), targets[chosen])

        def row_square(weights, row):
            return jnp.sum(jax.grad(loss_on)(weights, row[None]) ** 2)

        def spread(weights):
            rows = jnp.arange(len(inputs))
            squares = jax.lax.map(partial(row_square, weights), rows, batch_size=32)
            return jnp.mean(squares) - jnp.sum(jax.grad(loss_on)(weights, rows) ** 2)

        def step(_, carried):
            weights, velocity, key, sums = carried
            key, draw = jax.random.split(key)
            chosen = jax.random.randint(draw, (batch,), 0, len(inputs))
            value, gradient = jax.value_and_grad(loss_on)(weights, chosen)
            gradient = gradient + rates["weight_decay"] * weights
            sums = sums + jnp.stack([weights @ gradient, gradient @ gradient, value])
            velocity = rates["momentum"] * velocity - rates["learning_rate"] * gradient
            return weights + velocity, velocity, key, sums

        def record(number, carried):
            weights, velocity, key, curves = carried
            weights, velocity, key, sums = jax.lax.fori_loop(
                0, every, step, (weights, velocity, key, jnp.zeros(3, weights.dtype))
            )
            along, square, value = sums / every
            found = jnp.stack([along, square, spread(weights), value, weights @ weights])
            return weights, velocity, key, curves.at[:, number].set(found)

        start = flat, jnp.zeros_like(flat), jax.random.key(seed), jnp.zeros((5, most), flat.dtype)
        return tuple(jax.lax.fori_loop(0, records, record, start)[3])

    return over_trials(one_trial, weights, inputs, targets, seeds)
