"""Gradient descent, and gradient flow on a loss to which its own squared gradient is added; the task of both.

Model  one hidden layer of `width` tanh units with biases, one output; the teacher is such a network, too.
Loss   1/2 mean_i (f(x_i) - y_i)^2 over `samples` Gaussian inputs of `features` entries, targets of variance one.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.instruments.losses import half_squared_error
from predictions.instruments.networks import fully_connected, uniform_weights
from predictions.instruments.optimisers import heavy_ball, nesterov

METHODS = {"polyak": heavy_ball, "nesterov": nesterov}
GAIN = 3.0  # of the matrices over uniform weights in +-1/sqrt(inputs): tanh is bent, and the loss is far from quadratic


def draw_task(setting, seeds):
    """Initial weights, inputs and targets, each with the trials as leading axis."""
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs = rng.standard_normal((setting["samples"], setting["features"]))
        widths = [setting["features"], setting["width"], 1]
        student, teacher = (
            [(GAIN * matrix, bias) for matrix, bias in uniform_weights(rng, widths)] for _ in ("student", "teacher")
        )
        (inner, inner_bias), (outer, outer_bias) = teacher
        targets = np.tanh(inputs @ inner + inner_bias) @ outer + outer_bias
        trials.append((student, inputs, targets / targets.std()))
    return jax.tree.map(lambda *arrays: np.stack(arrays), *trials)


def flat_loss(weights, inputs, targets) -> tuple[jax.Array, Callable]:
    """Weights as one vector, and the loss as a function of that vector."""
    flat, layers = ravel_pytree(weights)

    def loss(flat):
        return half_squared_error(fully_connected(layers(flat), inputs), targets)

    return flat, loss


def descend(loss: Callable, start, *, step_size, steps, momentum=0.0, method: str = "polyak"):
    """Weights after `steps` steps v <- momentum v - (1 - momentum) step_size g, w <- w + v, g at w or, nesterov, ahead.

    The first velocity is -step_size g, that of a run which has been under way, so that no transient has to die out.
    """
    gradient = jax.grad(loss)
    rule = METHODS[method](learning_rate=(1 - momentum) * step_size, momentum=momentum)

    def step(_, state):
        weights, velocity = state
        return rule.move(weights, velocity, gradient(rule.look(weights, velocity)))

    return jax.lax.fori_loop(0, steps, step, (start, -step_size * gradient(start)))[0]


def flow(loss: Callable, start, *, strength, time, steps: int):
    """Weights after a `time` of gradient flow on loss + strength |grad loss|^2, by `steps` Runge-Kutta steps."""
    plain, size = jax.grad(loss), time / steps

    def penalised(weights):
        gradient = plain(weights)
        return loss(weights) + strength * gradient @ gradient

    field = jax.grad(penalised)

    def step(weights, _):
        first = field(weights)
        second = field(weights - size / 2 * first)
        third = field(weights - size / 2 * second)
        fourth = field(weights - size * third)
        return weights - size / 6 * (first + 2 * second + 2 * third + fourth), None

    return jax.lax.scan(step, start, length=steps)[0]


def steps_in(setting) -> int:
    """Steps of descent in the condition's time."""
    steps = round(setting["time"] / setting["learning_rate"])
    if not np.isclose(steps * setting["learning_rate"], setting["time"]):
        raise ValueError(f"time {setting['time']} is no multiple of learning_rate {setting['learning_rate']}")
    return steps
