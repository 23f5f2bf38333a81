"""Start every layer of a deep linear network at one small gain, and wait until its weakest mode is half learnt.

Model      x -> W_L ... W_1 x, L = `depth` square layers of `dimension` units, no biases. Each mode of the target is on
           a path of its own, through random hidden directions; every layer has the gain `initial_gain` along it, or,
           for the `init` unbalanced, the first layer has twice the gain of each other layer and their product is the
           same.
Data       whitened inputs, for a target T of rank `modes`.
Loss       1/2 ||W_L ... W_1 - T||_F^2.
Training   full-batch gradient descent with step `learning_rate`, until the weakest mode has half of its singular value,
           for at most `max_steps` steps.
Observed   the time (steps times learning rate) until then.
Trial      singular values, singular vectors and hidden directions.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.deep_linear_networks.initial_weights import (
    draw_target,
    layer_gains,
    mode_strengths,
    random_frame,
)
from predictions.deep_linear_networks.jax_training import product_of, squared_error
from predictions.instruments.trials import over_trials

UNBALANCE = {"balanced": 1.0, "unbalanced": 2.0}
"""Gain of the first layer over that of each other one."""


def prepare(setting, seeds):
    """Given: singular values of the target, initial strengths of its modes, gains of the layers along them."""
    depth, dimension, modes = (setting[key] for key in ("depth", "dimension", "modes"))
    targets, networks = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        target = draw_target(rng, inputs=dimension, outputs=dimension, modes=modes)
        strengths = np.full(modes, setting["initial_gain"] ** depth)
        others = (strengths / UNBALANCE[setting["init"]]) ** (1 / depth)
        gains = np.stack([UNBALANCE[setting["init"]] * others, *[others] * (depth - 1)])
        frames = [target.right, *(random_frame(rng, dimension, modes) for _ in range(depth - 1)), target.left]
        targets.append(target)
        networks.append([(after * gain) @ before.T for gain, before, after in zip(gains, frames, frames[1:])])
    given = {
        "singular_values": np.stack([target.singular_values for target in targets]),
        "initial_strengths": np.stack([mode_strengths(*pair) for pair in zip(networks, targets)]),
        "layer_gains": np.stack([layer_gains(*pair) for pair in zip(networks, targets)]),
    }
    state = {
        "layers": [np.stack(trials) for trials in zip(*networks)],
        "target": np.stack([target.matrix for target in targets]),
        "left": np.stack([target.left[:, -1] for target in targets]),
        "right": np.stack([target.right[:, -1] for target in targets]),
        "half": given["singular_values"][:, -1] / 2,
    }
    return given, state


def measure(setting, state):
    """Time (steps times learning rate) at which the weakest mode reaches half of its singular value; inf if never."""
    layers = [jnp.asarray(weights) for weights in state["layers"]]
    arrays = [jnp.asarray(state[name]) for name in ("target", "left", "right", "half")]
    time = _first_passage(layers, *arrays, jnp.asarray(setting["learning_rate"]), setting["max_steps"])
    return {"half_time": np.asarray(time)}


@jax.jit
def _first_passage(layers, target, left, right, level, step_size, max_steps):
    def one_trial(layers, target, left, right, level):
        def strength(layers):
            return left @ product_of(layers) @ right

        def below(carry):
            _, _, now, steps = carry
            return (now < level) & (steps < max_steps)  # false for nan: a diverged run ends here

        def step(carry):
            layers, _, now, steps = carry
            gradients = jax.grad(squared_error)(layers, target)
            layers = [w - step_size * g for w, g in zip(layers, gradients)]
            return layers, now, strength(layers), steps + 1

        start = strength(layers)
        _, before, now, steps = jax.lax.while_loop(below, step, (layers, start, start, 0))
        crossing = steps - (now - level) / (now - before)  # linear between the last two steps
        return jnp.where(now >= level, step_size * crossing, jnp.inf)

    return over_trials(one_trial, layers, target, left, right, level)
