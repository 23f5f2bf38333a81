"""Go on training a network that fits its labels exactly, with noise in the labels, and see where it goes.

Model      fully connected, `hidden_layers` layers of `width` units (`activation`), one output, weights N(0, 1/inputs),
           biases 0; then moved to where f(x_i) = y_i by Gauss-Newton steps of half their length, none longer than 1.
Data       `rows` different rows x_i of `data`, each scaled to mean square 1; labels y_i = +-1 at random.
Loss       1/2 mean_i (f(x_i) - y_i - xi_i)^2, xi_i ~ N(0, `label_noise`^2).
Training   K steps w <- w - eta g. `batch`: rows a step, drawn with replacement, or 0: all rows. `noise`: fresh, drawn
           anew in every step; shared, one number for all rows of a step; frozen, as drawn first; none. K is `slow_time`
           B / (eta label_noise)^2, B the rows a step, and eta = `relative_rate` / (lambda + t), lambda the first
           largest eigenvalue of the loss Hessian, t its trace over the batch (0 if that is all rows). After these,
           descent without noise to the nearest minimum.
Observed   how far all weights have moved from the first minimum to the last: the vector; the largest |f(x_i) - y_i|.
Trial      rows, labels, weights and noise.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.data.datasets import classification
from predictions.instruments.networks import ACTIVATIONS, fully_connected, gaussian_weights
from predictions.instruments.trials import over_trials

GAUSS_NEWTON_STEPS = 100
SETTLED = 1e-9
MOST_SETTLING = 200_000


def prepare(setting, seeds):
    """Given, each trial's: first minimum `weights` (parameters,), `inputs`, `labels`, eta and number of steps."""
    data, trials = classification(setting["data"]), []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs = data.inputs[rng.permutation(len(data.inputs))[: setting["rows"]]]
        inputs = inputs * np.sqrt(inputs.shape[1]) / np.linalg.norm(inputs, axis=1, keepdims=True)
        labels = rng.choice([-1.0, 1.0], setting["rows"])
        layers = gaussian_weights(rng, [inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], 1])
        trials.append((layers, inputs, labels, rng.integers(2**31)))
    layers, inputs, labels, noise_seeds = jax.tree.map(lambda *arrays: jnp.asarray(np.stack(arrays)), *trials)
    weights, kernels = map(np.asarray, _interpolate(setting["activation"], layers, inputs, labels))
    batch = setting["batch"] or setting["rows"]
    trace = np.trace(kernels, axis1=1, axis2=2) / batch if setting["batch"] else 0.0
    rates = setting["relative_rate"] / (np.linalg.eigvalsh(kernels)[:, -1] + trace)
    steps = np.ceil(setting["slow_time"] * batch / (rates * setting["label_noise"]) ** 2)
    given = {"weights": weights, "inputs": np.asarray(inputs), "labels": np.asarray(labels), "rate": rates}
    given |= {"steps": steps, "parameters": np.full(len(weights), weights.shape[1])}
    return given, (layers, inputs, labels, noise_seeds, weights, rates, steps.astype(np.int64))


def measure(setting, state):
    """Displacement (trials, parameters) from minimum to minimum, and the largest residual at the last, (trials,)."""
    options = setting["activation"], setting["noise"], setting["batch"]
    last, residual = map(
        np.asarray, _drift(*options, *map(partial(jax.tree.map, jnp.asarray), state), setting["label_noise"])
    )
    return {"displacement": last - state[4], "residual": residual}


def _outputs(activation, unravel, inputs):
    """Flat weights -> f(x_i), (rows,)."""
    return lambda weights: fully_connected(unravel(weights), inputs, activation=ACTIVATIONS[activation])[:, 0]


@partial(jax.jit, static_argnames="activation")
def _interpolate(activation, layers, inputs, labels):
    """The nearest weights that fit, as short steps go, and the loss Hessian's nonzero part there, J J^T / rows."""

    def one_trial(layers, inputs, labels):
        weights, unravel = ravel_pytree(layers)
        outputs = _outputs(activation, unravel, inputs)

        def step(_, weights):
            slopes = jax.jacrev(outputs)(weights)
            whole = slopes.T @ jnp.linalg.solve(slopes @ slopes.T, outputs(weights) - labels)
            return weights - whole * jnp.minimum(0.5, 1 / jnp.linalg.norm(whole))

        weights = jax.lax.fori_loop(0, GAUSS_NEWTON_STEPS, step, weights)
        slopes = jax.jacrev(outputs)(weights)
        return weights, slopes @ slopes.T / len(labels)

    return over_trials(one_trial, layers, inputs, labels)


@partial(jax.jit, static_argnames=("activation", "noise", "batch"))
def _drift(activation, noise, batch, layers, inputs, labels, noise_seeds, weights, rates, steps, label_noise):
    def one_trial(layers, inputs, labels, noise_seed, weights, rate, steps):
        unravel = ravel_pytree(layers)[1]
        outputs, key = _outputs(activation, unravel, inputs), jax.random.key(noise_seed)

        def gradient(weights, rows, shifts):
            """Of the mean over these rows, with their labels shifted."""

            def loss(weights):
                return 0.5 * jnp.mean(
                    (_outputs(activation, unravel, inputs[rows])(weights) - labels[rows] - shifts) ** 2
                )

            return jax.grad(loss)(weights)

        def step(number, weights):
            which, around = jax.random.split(jax.random.fold_in(key, number))
            if noise == "frozen":
                around = key
            rows = jax.random.randint(which, (batch,), 0, len(labels)) if batch else jnp.arange(len(labels))
            shape = (1,) if noise == "shared" else rows.shape
            size = 0.0 if noise == "none" else label_noise
            return weights - rate * gradient(weights, rows, size * jax.random.normal(around, shape, weights.dtype))

        def unsettled(carry):
            weights, number = carry
            return (jnp.max(jnp.abs(outputs(weights) - labels)) > SETTLED) & (number < MOST_SETTLING)

        weights = jax.lax.fori_loop(0, steps, step, weights)
        weights, _ = jax.lax.while_loop(
            unsettled,
            lambda carry: (carry[0] - rate * gradient(carry[0], slice(None), 0.0), carry[1] + 1),
            (weights, 0),
        )
        return weights, jnp.max(jnp.abs(outputs(weights) - labels))

    return over_trials(one_trial, layers, inputs, labels, noise_seeds, weights, rates, steps)
