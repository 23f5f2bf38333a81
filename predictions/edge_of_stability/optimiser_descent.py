"""Full-batch training with Nesterov's momentum or Adam, and the sharpness that the optimiser itself sees.

A tanh network of `hidden_layers` layers (none: linear regression, a loss of constant Hessian H) is trained on n rows of
a data set with L = 1/2 mean_i |f(x_i) - y_i|^2, by the rules of `optimisers`. Observed is the largest eigenvalue of
P^-1 H, with P the preconditioner of the last update (1 for Nesterov's momentum), which is that of P^-1/2 H P^-1/2.
Cohen et al. 2021, section 2 and appendix; Cohen et al. 2022, section 3.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.edge_of_stability import optimisers
from predictions.edge_of_stability.descent import late_half
from predictions.edge_of_stability.full_batch_descent import prepare as draw
from predictions.edge_of_stability.full_batch_descent import squared_error
from predictions.instruments.curvature import hessian_product, largest_eigenpair
from predictions.instruments.networks import fully_connected
from predictions.instruments.trials import over_trials


def prepare(setting, seeds):
    """Rows, labels and weights of each trial; given: the top eigenvalue of H at initialisation, (trials,)."""
    return draw({**setting, "loss": "mse"}, seeds)


def measure(setting, state):
    """Observables of each trial after setting["steps"] steps; a sharpness after every `every` of them."""
    rates = {name: setting[name] for name in RATES[setting["optimiser"]]}
    losses, sharpnesses = _train(
        *jax.tree.map(jnp.asarray, state),
        rates,
        optimiser=setting["optimiser"],
        steps=setting["steps"],
        every=setting["every"],
    )
    losses, sharpnesses = np.asarray(losses), np.asarray(sharpnesses)
    curves = {"sharpness": sharpnesses, "loss": losses[:, :: setting["every"]]}
    return curves | late_half(losses, sharpnesses)


RATES = {
    "nesterov": ("learning_rate", "momentum"),
    "adam": ("learning_rate", "momentum", "second_momentum", "epsilon"),
}


def descend(loss, weights, probe, rule, *, steps: int, every: int):
    """Losses where the gradients were taken, (steps,), and the sharpness after every `every` steps."""
    if steps % every:
        raise ValueError(f"steps is {steps}, which is not a multiple of every, {every}")
    probe = probe / jnp.linalg.norm(probe)
    value_and_gradient = jax.value_and_grad(loss)

    def step(state, _):
        weights, memory = state
        value, gradient = value_and_gradient(rule.look(weights, memory))
        return rule.move(weights, memory, gradient), value

    def stretch(state, _):
        training, start = state
        (weights, memory), losses = jax.lax.scan(step, training, length=every)
        product, scale = hessian_product(loss, weights), rule.preconditioner(memory) ** -0.5
        top = largest_eigenpair(lambda vector: scale * product(scale * vector), start)
        return ((weights, memory), top.onward + 0.1 * probe), (losses, top.value)

    state = ((weights, rule.start(weights)), probe)
    _, (losses, sharpnesses) = jax.lax.scan(stretch, state, length=steps // every)
    return losses.reshape(-1), sharpnesses


@partial(jax.jit, static_argnames=("optimiser", "steps", "every"))
def _train(weights, inputs, targets, probe, rates, *, optimiser, steps, every):
    def trial(weights, inputs, targets, probe):
        flat, layers = ravel_pytree(weights)
        rule = getattr(optimisers, optimiser)(**rates)
        return descend(
            lambda flat: squared_error(fully_connected(layers(flat), inputs), targets),
            flat,
            probe,
            rule,
            steps=steps,
            every=every,
        )

    return over_trials(trial, weights, inputs, targets, probe)
