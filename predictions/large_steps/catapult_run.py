"""One training of a wide two-layer network with a step size of `rate` times 1/(curvature at the start).

Model      f(u, v) = (1/sqrt(m)) sum_i v_i u_i x, m = `width` (`model` linear), or its first-order expansion
           (linearised); see `two_layers`.
Data       one input x and one `target`: zero, one, or root-width.
Loss       (f - y)^2 / 2.
Training   `steps` steps of gradient descent with a step size of `rate` over the curvature at the start.
Observed   the largest |f - y| on the way, the last one, and the curvature at the end.
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

prepare = draw


def measure(setting, state):
    """Largest |f - y| on the way, the last one, and the curvature at the end, each (trials,)."""
    arrays = (jnp.asarray(array) for array in state)
    errors, curvatures = _train(*arrays, setting["rate"], model=setting["model"], steps=setting["steps"])
    size = np.abs(np.asarray(errors))
    size = np.where(np.isnan(size), np.inf, size)  # an infinite output's next one is not a number
    return {"peak_error": size.max(axis=1), "final_error": size[:, -1], "final_curvature": np.asarray(curvatures)}


@partial(jax.jit, static_argnames=("model", "steps"))
def _train(weights, x, target, rate, *, model, steps):
    def trial(weights, x, target):
        output = output_function(model, weights, x)
        step = stepper(output, target, rate / curvature(output, weights))
        weights, errors = jax.lax.scan(lambda weights, _: step(weights), weights, length=steps)
        return errors, curvature(output, weights)

    return over_trials(trial, weights, x, target, small=True)
