"""Gradient descent with step eta beside gradient flow on L + penalty x eta |grad L|^2: how far apart do they end?

Model      one hidden layer of `width` tanh units with biases, one output; so is the teacher.
Data       `samples` Gaussian inputs of `features` entries, targets of variance one.
Loss       1/2 mean_i (f(x_i) - y_i)^2.
Training   gradient descent with step `learning_rate` for a `time` (steps times learning rate); and gradient flow on L +
           `penalty` x eta |grad L|^2 from the same weights, by `flow_steps` Runge-Kutta steps.
Observed   distance of the two ends over the distance that descent went, and the loss that descent leaves.
Trial      data, teacher and initial weights, which all step sizes and penalties share.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.implicit_regularisation.penalised_flow import descend, draw_task, flat_loss, flow, steps_in
from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials


def prepare(setting, seeds):
    """Given: `parameters` of the network. The state is the task."""
    task = draw_task(setting, seeds)
    return {"parameters": parameter_counts(task[0])}, task


def measure(setting, state):
    """Distance of the two ends over the distance that descent went, and the loss that descent leaves."""
    distance, loss = _compare(
        *jax.tree.map(jnp.asarray, state),
        setting["learning_rate"],
        setting["penalty"],
        setting["time"],
        steps_in(setting),
        flow_steps=setting["flow_steps"],
    )
    return {"distance_to_flow": np.asarray(distance), "remaining_loss": np.asarray(loss)}


@partial(jax.jit, static_argnames="flow_steps")
def _compare(weights, inputs, targets, step_size, penalty, time, steps, *, flow_steps):
    def one_trial(weights, inputs, targets):
        start, loss = flat_loss(weights, inputs, targets)
        descended = descend(loss, start, step_size=step_size, steps=steps)
        flowed = flow(loss, start, strength=penalty * step_size, time=time, steps=flow_steps)
        moved = jnp.linalg.norm(descended - start)
        return jnp.linalg.norm(descended - flowed) / moved, loss(descended) / loss(start)

    return over_trials(one_trial, weights, inputs, targets)
