"""The largest step size with which gradient descent on a deep linear network still reaches a global minimum.

Model      x -> W_L ... W_1 x, L = `depth` square layers of `dimension` units; dimension 1 is a chain of L scalars. Each
           layer starts within about 2% of a multiple of the identity, their product near a tenth of the target; the
           multiple is the same for all layers (`start`: even), or rises threefold from first to last (uneven).
Data       whitened inputs, for a symmetric positive target T whose singular values fall evenly from `singular_value` to
           four tenths of it.
Loss       1/2 ||W_L ... W_1 - T||_F^2.
Training   full-batch gradient descent in all layers, or (`trained`: later) in all but the first, which is fixed at the
           identity. A run has converged once its loss is 1e-20 of that of a network that outputs zero: chaotic runs,
           which pass near minima by accident, do not get there.
Observed   the largest step that converges, by bisection in its logarithm between 0.03 and 10, with `steps` steps a run,
           and again with a quarter of them.
Trial      nothing; all is deterministic: the target's eigenvectors and what distinguishes the layers come from a fixed
           stream.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.deep_linear_networks.initial_weights import random_frame
from predictions.deep_linear_networks.jax_training import squared_error
from predictions.instruments.trials import over_trials

BRACKET = (0.03, 10.0)
HALVINGS = 15  # 5.8 / 2^15: the threshold is known to 2e-4
CONVERGED = 1e-20
START = 0.1  # the product of the layers over the target's strength
SPREAD = {"even": 1.0, "uneven": 3.0}  # gain of the last layer over that of the first
RIPPLE = 0.02  # of each layer about a multiple of the identity, relative


def prepare(setting, seeds):
    """Given: the target's singular values and the gain of a layer that is not trained."""
    rng, depth, dimension = np.random.default_rng(0), setting["depth"], setting["dimension"]
    singular_values = setting["singular_value"] * np.linspace(1, 0.4, dimension)
    vectors = random_frame(rng, dimension, dimension)
    target = (vectors * singular_values) @ vectors.T
    frozen = setting["trained"] == "later"
    product = START * setting["singular_value"]
    gains = SPREAD[setting["start"]] ** (np.arange(depth) / (depth - 1))
    gains[frozen:] *= (product / gains[frozen:].prod()) ** (1 / (depth - frozen))
    ripples = RIPPLE * rng.standard_normal((depth, dimension, dimension))
    layers = [gain * (np.eye(dimension) + ripple) for gain, ripple in zip(gains, ripples)]
    if frozen:
        layers[0] = np.eye(dimension)
    trials = len(seeds)
    given = {"singular_values": np.tile(singular_values, (trials, 1)), "fixed_gain": np.ones(trials)}
    state = {
        "layers": [np.tile(weights, (trials, 1, 1)) for weights in layers],
        "target": np.tile(target, (trials, 1, 1)),
    }
    return given, state


def measure(setting, state):
    """The largest step size, and by how much of itself it rises if runs are given four times the steps.

    Both are nan if the smallest step of the bracket does not converge, or the largest one does.
    """
    mask = np.ones(setting["depth"])
    mask[0] = setting["trained"] == "all"
    arrays = [jnp.asarray(weights) for weights in state["layers"]], jnp.asarray(state["target"]), jnp.asarray(mask)
    quarter, full = (np.asarray(_threshold(*arrays, steps)) for steps in (setting["steps"] // 4, setting["steps"]))
    return {"largest_step": full, "budget_effect": 1 - quarter / full}


@jax.jit
def _threshold(layers, target, mask, steps):
    def one_trial(layers, target):
        def converges(log_step):
            step_sizes = jnp.exp(log_step) * mask

            def running(carry):
                _, loss, count = carry
                return (loss > goal) & (loss < jnp.inf) & (count < steps)  # false for nan

            def step(carry):
                layers, _, count = carry
                loss, gradients = jax.value_and_grad(squared_error)(layers, target)
                layers = [w - size * g for w, g, size in zip(layers, gradients, step_sizes)]
                return layers, loss, count + 1

            _, loss, _ = jax.lax.while_loop(running, step, (layers, squared_error(layers, target), 0))
            return loss <= goal

        def halve(_, bracket):
            low, high = bracket
            middle = (low + high) / 2
            good = converges(middle)
            return jnp.where(good, middle, low), jnp.where(good, high, middle)

        goal = CONVERGED * 0.5 * jnp.sum(target**2)
        low, high = jnp.log(jnp.asarray(BRACKET))
        sound = converges(low) & ~converges(high)
        low, high = jax.lax.fori_loop(0, HALVINGS, halve, (low, high))
        return jnp.where(sound, jnp.exp((low + high) / 2), jnp.nan)

    return over_trials(one_trial, layers, target)
