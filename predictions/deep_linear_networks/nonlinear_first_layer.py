"""Compare the first layer of a nonlinear network that has learnt images with its average gradient outer product.

Model      x -> W_L phi(... phi(W_1 x)), L = `depth` layers of weights, `width` units in each hidden layer, no biases;
           phi (`activation`) relu, tanh or linear. Entries N(0, `init_scale`^2 g/fan in) at the start, g = 2 for relu
           and 1 otherwise.
Data       `rows` images of `data` (digits, mnist1d, cifar10), each pixel standardised; targets 1 for the class of an
           image and 0 for the other nine.
Loss       (1/2) mean over rows of |f - y|^2, and (`weight_decay`/2) times the sum of all squared weights.
Training   full-batch heavy ball, momentum 0.9, `steps` steps of `learning_rate`; none at all if that is 0.
Observed   how G = W_1^T W_1 relates to the average over rows of the gradients' outer products, A = mean J^T J, J = df/dx
           of all ten outputs: the power s at which the entries of A^s correlate best with those of G (Pearson's
           correlation, over all entries), and the correlation there, at s = 1/2 and at s = 1; and the squared error
           that is left of |y|^2 = 1.
Trial      rows and initial weights.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy.optimize import minimize_scalar

from predictions.data.datasets import classification, draw_rows
from predictions.instruments.losses import half_squared_error
from predictions.instruments.networks import ACTIVATIONS, parameter_counts
from predictions.instruments.optimisers import heavy_ball
from predictions.instruments.trials import over_trials

UNITS = {"linear": (lambda z: z, 1.0), "relu": (ACTIVATIONS["relu"], 2.0), "tanh": (ACTIVATIONS["tanh"], 1.0)}
"""phi, and the variance of a layer's weights times its fan in at `init_scale` 1."""
MOMENTUM = 0.9
POWERS = (0.05, 2.0)  # among which the best is looked for


def prepare(setting, seeds):
    """Given: nothing but the number of `parameters`. State: rows, targets and layers, trials in front."""
    draws = [_draw(setting, np.random.default_rng(int(seed))) for seed in seeds]
    inputs, targets, layers = zip(*draws)
    layers = tuple(jnp.asarray(np.stack(layer)) for layer in zip(*layers))
    given = {"parameters": parameter_counts(layers)}
    return given, (jnp.asarray(np.stack(inputs)), jnp.asarray(np.stack(targets)), layers)


def measure(setting, state):
    """Best power, correlations there and at the powers 1/2 and 1, and remaining error: each (trials,)."""
    rates = {name: jnp.asarray(float(setting[name])) for name in ("learning_rate", "weight_decay")}
    steps = setting["steps"] if setting["learning_rate"] else 0
    first, agop, error = (np.asarray(array) for array in _learn(setting["activation"], *state, rates, steps))
    powers, best, half, one = zip(*(compare(w @ w.T, a) for w, a in zip(first.astype(float), agop.astype(float))))
    observed = {"gram_power": powers, "best_correlation": best, "half_correlation": half, "unit_correlation": one}
    return {name: np.array(values) for name, values in observed.items()} | {"remaining_error": error}


def compare(gram: np.ndarray, agop: np.ndarray) -> tuple[float, float, float, float]:
    """The power of the AGOP that correlates best with a Gram matrix; the correlation there, at power 1/2 and at 1."""
    if not (np.isfinite(gram).all() and np.isfinite(agop).all()):
        return np.nan, np.nan, np.nan, np.nan
    strengths, vectors = np.linalg.eigh(agop)
    strengths = np.maximum(strengths, 0) / strengths[-1]

    def correlation(power):
        return np.corrcoef(gram.ravel(), ((vectors * strengths**power) @ vectors.T).ravel())[0, 1]

    best = minimize_scalar(lambda power: -correlation(power), bounds=POWERS, method="bounded")
    return best.x, -best.fun, correlation(0.5), correlation(1.0)


def _draw(setting, rng: np.random.Generator):
    """Inputs (rows, features), targets (rows, classes), and L matrices (fan in, fan out)."""
    data = classification(setting["data"])
    inputs, targets = draw_rows(data, setting["rows"], rng)
    sizes = [inputs.shape[1], *[setting["width"]] * (setting["depth"] - 1), data.classes]
    scale = setting["init_scale"] * np.sqrt(UNITS[setting["activation"]][1])
    return inputs, targets, [scale * rng.standard_normal(pair) / np.sqrt(pair[0]) for pair in zip(sizes, sizes[1:])]


@partial(jax.jit, static_argnames="activation")
def _learn(activation: str, inputs, targets, layers, rates, steps):
    """First layers (trials, features, width), AGOPs (trials, features, features), squared errors (trials,)."""
    phi = UNITS[activation][0]
    rule = heavy_ball(learning_rate=rates["learning_rate"], momentum=MOMENTUM)

    def outputs(layers, signal):
        for matrix in layers[:-1]:
            signal = phi(signal @ matrix)
        return signal @ layers[-1]

    def one_trial(inputs, targets, layers):
        def loss(layers):
            squares = sum(jnp.sum(matrix**2) for matrix in layers)
            return half_squared_error(outputs(layers, inputs), targets) + rates["weight_decay"] / 2 * squares

        def step(_, carry):
            layers, memory = carry
            return rule.move(layers, memory, jax.grad(loss)(rule.look(layers, memory)))

        layers, _ = jax.lax.fori_loop(0, steps, step, (layers, rule.start(layers)))
        jacobians = jax.vmap(jax.jacrev(partial(outputs, layers)))(inputs)  # (rows, classes, features)
        agop = jnp.einsum("nki,nkj->ij", jacobians, jacobians) / len(inputs)
        return layers[0], agop, 2 * half_squared_error(outputs(layers, inputs), targets)

    return over_trials(one_trial, inputs, targets, layers)
