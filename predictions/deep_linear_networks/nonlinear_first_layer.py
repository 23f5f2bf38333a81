"""Compare the first two layers of a network that has learnt images with their average gradient outer products.

Model      x -> W_L phi(... phi(W_1 x)), L = `depth` layers of weights, `width` units in each hidden layer, no biases;
           phi (`activation`) relu, tanh or linear. Entries N(0, `init_scale`^2 g/fan in) at the start, g = 2 for relu
           and 1 otherwise.
Data       `rows` images of `data` (digits, mnist1d, cifar10), each pixel standardised; targets 1 for the class of an
           image and 0 for the other nine.
Loss       (1/2) mean over rows of |f - y|^2, and (`weight_decay`/2) times the sum of all squared weights.
Training   full-batch heavy ball, momentum 0.9, `steps` steps of `learning_rate`; none at all if that is 0.
Observed   of the first layer and of the second (inner): how G = W^T W relates to A = mean over rows of J^T J, J = df/dh
           of all ten outputs, h what enters the layer: the power s at which the entries of A^s correlate best with
           those of G (Pearson's correlation, over all entries), and the correlation there, at s = 1/2 and at s = 1.
           Also the squared error that is left of |y|^2 = 1, and the projection of the last W_1 on the first one, over
           the square of that.
Trial      rows and initial weights.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

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
    """Of either layer best power and correlations; remaining error, and what is left of the start: each (trials,)."""
    rates = {name: jnp.asarray(float(setting[name])) for name in ("learning_rate", "weight_decay")}
    steps = setting["steps"] if setting["learning_rate"] else 0
    pairs, error, left = _learn(setting["activation"], *state, rates, steps)
    observed = {"remaining_error": np.asarray(error), "start_left": np.asarray(left)}
    for prefix, matrices in zip(("", "inner_"), pairs):
        compared = [compare(*(np.asarray(matrix, dtype=np.float64) for matrix in pair)) for pair in zip(*matrices)]
        names = ("gram_power", "best_correlation", "half_correlation", "unit_correlation")
        observed |= {prefix + name: np.array(values) for name, values in zip(names, zip(*compared))}
    return observed


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
    return inputs, targets, [scale * rng.standard_normal(pair) / np.sqrt(pair[0]) for pair in pairwise(sizes)]


@partial(jax.jit, static_argnames="activation")
def _learn(activation: str, inputs, targets, layers, rates, steps):
    """Gram matrix and AGOP of the first layer, then of the second: (trials, fan in, fan in); two numbers a trial."""
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

        def gram_and_agop(layers, signal):
            jacobians = jax.vmap(jax.jacrev(partial(outputs, layers)))(signal)  # (rows, classes, fan in)
            return layers[0] @ layers[0].T, jnp.einsum("nki,nkj->ij", jacobians, jacobians) / len(signal)

        last, _ = jax.lax.fori_loop(0, steps, step, (layers, rule.start(layers)))
        pairs = gram_and_agop(last, inputs), gram_and_agop(last[1:], phi(inputs @ last[0]))
        left = jnp.sum(last[0] * layers[0]) / jnp.sum(layers[0] ** 2)
        return pairs, 2 * half_squared_error(outputs(last, inputs), targets), left

    return over_trials(one_trial, inputs, targets, layers)
