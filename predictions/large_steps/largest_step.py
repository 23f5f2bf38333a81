"""The step size at which descent of a wide two-layer network breaks down.

Model      f(u, v) = (1/sqrt(m)) sum_i v_i u_i x, m = `width` (`model` linear), or its first-order expansion
           (linearised); see `two_layers`.
Data       one input x and one `target`: zero, one, or root-width.
Loss       (f - y)^2 / 2.
Training   gradient descent; a run has broken down if |f - y| exceeds 1e6 sqrt(m) within `steps` steps (no weights of
           the size that they start with could produce such an output).
Observed   the step size at which it does, by bisection of its logarithm between 1 and 32 times 1/lambda_0, lambda_0 the
           curvature at the start.
Trial      initial weights, input and target.

Lewkowycz et al. 2020, section 2.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.trials import over_trials
from predictions.large_steps.two_layers import curvature, draw, output_function, stepper

BRACKET = (1.0, 32.0)
HALVINGS = 13  # ln 32 / 2^13: the threshold is known to 4e-4
BROKEN = 1e6

prepare = draw


def measure(setting, state):
    """`largest_step`: the step size above which training breaks down, (trials,); NaN if it lies outside the bracket."""
    arrays = (jnp.asarray(array) for array in state)
    return {"largest_step": np.asarray(_largest_step(*arrays, setting["steps"], model=setting["model"]))}


@partial(jax.jit, static_argnames="model")
def _largest_step(weights, x, target, steps, *, model):
    def trial(weights, x, target):
        output = output_function(model, weights, x)
        unit = 1 / curvature(output, weights)
        limit = BROKEN * jnp.sqrt(weights.shape[1])

        def breaks_down(log_rate):
            step = stepper(output, target, jnp.exp(log_rate) * unit)

            def advance(carry):
                weights, _, count = carry
                return *step(weights), count + 1

            _, error, _ = jax.lax.while_loop(
                lambda carry: (jnp.abs(carry[1]) < limit) & (carry[2] < steps), advance, (weights, jnp.zeros(()), 0)
            )
            return ~(jnp.abs(error) < limit)

        def halve(_, bracket):
            low, high = bracket
            middle = (low + high) / 2
            broken = breaks_down(middle)
            return jnp.where(broken, low, middle), jnp.where(broken, middle, high)

        low, high = jnp.log(jnp.asarray(BRACKET))
        inside = ~breaks_down(low) & breaks_down(high)
        low, high = jax.lax.fori_loop(0, HALVINGS, halve, (low, high))
        return jnp.where(inside, unit * jnp.exp((low + high) / 2), jnp.nan)

    return over_trials(trial, weights, x, target, small=True)
