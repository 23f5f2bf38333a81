"""Give Adam larger batches, a larger rate and shorter averages: does its loss fall alike, sample for sample?

Model      a fully connected network with `hidden_layers` layers of `width` units, `activation`, uniform weights.
Data       `rows` rows of `data` (digits, mnist1d), each scaled to the norm sqrt(features), a share `label_noise` of the
           labels redrawn, one-hot targets.
Loss       1/2 mean over a batch of the squared error summed over outputs.
Training   Adam (averages beta1, beta2 = 0.9, 0.99; epsilon 1e-8), every batch drawn afresh. The first `age` samples go
           in batches of `batch` with learning rate `learning_rate`; the next `samples` once as before and once with
           `times` k as many rows a batch, a rate as `rule` says (sqrt(k): square-root and long-averages, k: linear, 1:
           constant), 1 - beta1 and 1 - beta2 k times as large (as before with long-averages), epsilon smaller by
           sqrt(k). The average of squares, which the noise of a batch fills, is divided by k where the arms part.
           Each arm averages `orders` runs with batches of their own.
Observed   at five equally spaced numbers of samples, mean loss over all rows with large batches over that with small
           ones: the ratio farthest from one, and all five. Large batch over noise scale where the arms part; how much
           of its loss the arm of small batches keeps.
Trial      rows, labels, initial weights and batches.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification, draw_rows
from predictions.instruments.losses import half_squared_error
from predictions.instruments.networks import ACTIVATIONS, fully_connected, parameter_counts, uniform_weights
from predictions.instruments.trials import over_trials

CHECKPOINTS = 5
FORGET = 0.1, 0.01  # 1 - beta1, 1 - beta2
EPSILON = 1e-8
RULES = {"square-root": (0.5, 1.0), "linear": (1.0, 1.0), "constant": (0.0, 1.0), "long-averages": (0.5, 0.0)}
"""Exponents of k in the rate, and in one minus the two betas."""


def prepare(setting, seeds):
    """Given: parameters (trials,). State: rows, targets, initial layers and a seed of batches of each trial."""
    data, trials = classification(setting["data"]), []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, setting["rows"], rng, label_noise=setting["label_noise"])
        inputs = inputs * (inputs.shape[1] ** 0.5 / np.linalg.norm(inputs, axis=1, keepdims=True))
        sizes = [inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], targets.shape[1]]
        trials.append((inputs, targets, uniform_weights(rng, sizes), rng.integers(2**31)))
    inputs, targets, layers, batch_seeds = jax.tree.map(lambda *arrays: np.stack(arrays), *trials)
    return {"parameters": parameter_counts(layers)}, (inputs, targets, layers, batch_seeds)


def measure(setting, state):
    """The loss ratios, batch over noise scale, and the share of the loss that small batches leave: (trials,)."""
    k, (rate_power, memory_power) = setting["times"], RULES[setting["rule"]]
    for arm, batch in (("small", setting["batch"]), ("large", k * setting["batch"])):
        if setting["samples"] % (CHECKPOINTS * batch):
            raise ValueError(f"samples {setting['samples']} are no multiple of {CHECKPOINTS} {arm} batches of {batch}")
    rule = (setting["learning_rate"], *FORGET, EPSILON)
    large = (rule[0] * k**rate_power, *(it * k**memory_power for it in FORGET), EPSILON / k**0.5)
    sizes = tuple(setting[name] for name in ("activation", "age", "samples", "batch", "orders"))
    run = partial(_one_trial, *sizes, k)
    small_losses, large_losses, before, noise_scale = _compiled(run, state, rule, large)
    with np.errstate(all="ignore"):
        ratios = np.where(np.isfinite(large_losses), large_losses / small_losses, np.inf)  # (trials, checkpoints)
        farthest = np.argmax(np.abs(np.log(ratios)), axis=1)
    return {
        "loss_ratio": ratios[np.arange(len(ratios)), farthest],
        "loss_ratios": ratios,
        "batch_over_noise_scale": k * setting["batch"] / noise_scale,
        "remaining_loss": small_losses[:, -1] / before,
    }


def _compiled(run, state, rule, large):
    arrays = jax.tree.map(jnp.asarray, state)
    results = jax.jit(lambda state, rule, large: over_trials(lambda *trial: run(trial, rule, large), *state))
    return [np.asarray(array, dtype=float) for array in results(arrays, rule, large)]


def _one_trial(activation, age, samples, batch, orders, k, trial, rule, large):
    inputs, targets, layers, batch_seed = trial
    activation = ACTIVATIONS[activation]

    def loss(layers, inputs, targets):
        return half_squared_error(fully_connected(layers, inputs, activation=activation), targets)

    def adam(memory, key, rule, batch, steps):
        """After `steps` steps of a run with batches of its own."""
        rate, forget, forget_square, epsilon = rule

        def step(number, memory):
            layers, mean, square = memory
            drawn = jax.random.randint(jax.random.fold_in(key, number), (batch,), 0, len(inputs))
            gradient = jax.grad(loss)(layers, inputs[drawn], targets[drawn])
            mean = jax.tree.map(lambda m, g: m + forget * (g - m), mean, gradient)
            square = jax.tree.map(lambda v, g: v + forget_square * (g**2 - v), square, gradient)
            layers = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + epsilon), layers, mean, square)
            return layers, mean, square

        return jax.lax.fori_loop(0, steps, step, memory)

    def arm(memory, key, rule, batch):
        """Losses over all rows at the checkpoints, the mean over the arm's runs: (checkpoints,)."""

        def on(memory, keys):
            memory = jax.vmap(lambda memory, key: adam(memory, key, rule, batch, samples // CHECKPOINTS // batch))(
                memory, keys
            )
            return memory, jnp.mean(jax.vmap(lambda layers: loss(layers, inputs, targets))(memory[0]))

        keys = jax.vmap(lambda key: jax.random.split(key, orders))(jax.random.split(key, CHECKPOINTS))
        memory = jax.tree.map(lambda array: jnp.broadcast_to(array, (orders, *array.shape)), memory)
        return jax.lax.scan(on, memory, keys)[1]

    first, small, great = jax.random.split(jax.random.key(batch_seed), 3)
    # squares begin at those of a batch, so that the average needs no correction for a start at zero
    begun = jax.grad(loss)(layers, inputs[:batch], targets[:batch])
    start = layers, jax.tree.map(jnp.zeros_like, layers), jax.tree.map(jnp.square, begun)
    start = adam(start, first, rule, batch, age // batch)
    layers, mean, square = start
    parted = layers, mean, jax.tree.map(lambda v: v / k, square)
    noise = noise_scale(loss, layers, inputs, targets)
    return arm(start, small, rule, batch), arm(parted, great, large, k * batch), loss(layers, inputs, targets), noise


def noise_scale(loss, layers, inputs, targets):
    """tr(Sigma)/|G|^2: summed variance of single rows' gradients over the mean gradient's square, ()."""
    rows = jax.vmap(lambda x, y: jax.grad(loss)(layers, x[None], y[None]))(inputs, targets)
    own = sum(jnp.sum(g**2) / len(inputs) for g in jax.tree.leaves(rows))
    mean = sum(jnp.sum(jnp.mean(g, axis=0) ** 2) for g in jax.tree.leaves(rows))
    return own / mean - 1
