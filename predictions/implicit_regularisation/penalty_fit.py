"""Which penalty on the gradient explains where descent ends? The one whose flow ends nearest.

Model      one hidden layer of `width` tanh units with biases, one output; so is the teacher.
Data       `samples` Gaussian inputs of `features` entries, targets of variance one.
Loss       1/2 mean_i (f(x_i) - y_i)^2.
Training   descent with step h = `learning_rate` for a `time`, without momentum or with `momentum` in its averaging form
           (`method`: polyak or nesterov; h multiplies the averaged gradient); and flows on L + c h |grad L|^2 from the
           same weights, by `flow_steps` Runge-Kutta steps.
Observed   the c whose flow ends nearest to descent (Gauss and Newton's iteration, from c = 0), and the share of
           descent's distance from the flow without penalty that it leaves over.
Trial      data, teacher and initial weights.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.implicit_regularisation.penalised_flow import descend, draw_task, flat_loss, flow, steps_in
from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials

ITERATIONS = 3  # Gauss-Newton on a nearly straight curve: errors of 0.1, 0.01, 0.0001 of c


def prepare(setting, seeds):
    """Given: `parameters` of the network. The state is the task."""
    task = draw_task(setting, seeds)
    return {"parameters": parameter_counts(task[0])}, task


def measure(setting, state):
    """The fitted penalty, and the share of descent's distance from the flow without penalty that it leaves over."""
    penalty, left = _fit(
        *jax.tree.map(jnp.asarray, state),
        setting["learning_rate"],
        setting["momentum"],
        setting["time"],
        steps_in(setting),
        method=setting["method"],
        flow_steps=setting["flow_steps"],
    )
    return {"fitted_penalty": np.asarray(penalty), "unexplained_share": np.asarray(left)}


@partial(jax.jit, static_argnames=("method", "flow_steps"))
def _fit(weights, inputs, targets, step_size, momentum, time, steps, *, method, flow_steps):
    def one_trial(weights, inputs, targets):
        start, loss = flat_loss(weights, inputs, targets)
        descended = descend(loss, start, step_size=step_size, momentum=momentum, method=method, steps=steps)

        def end(penalty):
            return flow(loss, start, strength=penalty * step_size, time=time, steps=flow_steps)

        def improve(_, penalty):
            flowed, change = jax.jvp(end, (penalty,), (jnp.ones_like(penalty),))
            return penalty + (descended - flowed) @ change / (change @ change)

        none = jnp.zeros((), start.dtype)
        penalty = jax.lax.fori_loop(0, ITERATIONS, improve, none)
        apart = [jnp.linalg.norm(descended - end(strength)) for strength in (penalty, none)]
        return penalty, apart[0] / apart[1]

    return over_trials(one_trial, weights, inputs, targets)
