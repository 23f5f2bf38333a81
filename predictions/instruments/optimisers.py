"""Optimisers as pure functions of weights and memory, in JAX: to be scanned over, mapped over trials and compiled.

A rule is made of rates, which may be traced and may differ from step to step; weights are any pytree. A step is

    gradient = grad(loss)(rule.look(weights, memory))
    weights, memory = rule.move(weights, memory, gradient)

With gradients of random batches the same rules are stochastic descent. P, the `preconditioner`, is what the last update
was divided by: one, except for Adam. Conventions, with eta the learning rate, beta the momentum, g the gradient:

gradient_descent   w <- w - eta g
jittered_descent   the same with eta (1 + s) or eta (1 - s) at each step, at random
heavy_ball         v <- beta v - eta g, w <- w + v: Polyak's. Its averaging form, m <- beta m + (1 - beta) g,
                   w <- w - eta m, is the same with eta smaller by 1 - beta
nesterov           the same with the gradient at w + beta v
adam               averaging form, both averages corrected for their start at zero
decoupled_decay    any of them after w <- (1 - eta lambda) w: weight decay that neither gradient, momentum nor P sees
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp


class Rule(NamedTuple):
    """An optimiser."""

    start: Callable  # weights -> memory before the first step
    look: Callable  # (weights, memory) -> where the gradient is taken
    move: Callable  # (weights, memory, gradient) -> (weights, memory)
    preconditioner: Callable  # (weights, memory) -> P, like weights


def gradient_descent(*, learning_rate) -> Rule:
    """w <- w - learning_rate g."""

    def move(weights, memory, gradient):
        return jax.tree.map(lambda w, g: w - learning_rate * g, weights, gradient), memory

    return Rule(lambda weights: (), _here, move, _ones)


def jittered_descent(*, learning_rate, jitter) -> Rule:
    """w <- w - learning_rate (1 +- jitter) g, the signs fair and independent, and always the same ones."""

    def move(weights, count, gradient):
        up = jax.random.bernoulli(jax.random.fold_in(jax.random.key(0), count))
        rate = learning_rate * jnp.where(up, 1 + jitter, 1 - jitter)
        return jax.tree.map(lambda w, g: w - rate * g, weights, gradient), count + 1

    return Rule(lambda weights: jnp.zeros((), jnp.int32), _here, move, _ones)


def heavy_ball(*, learning_rate, momentum) -> Rule:
    """v <- momentum v - learning_rate g, w <- w + v, from v = 0. Polyak 1964; torch.optim.SGD at constant rates."""

    def move(weights, velocity, gradient):
        velocity = jax.tree.map(lambda v, g: momentum * v - learning_rate * g, velocity, gradient)
        return jax.tree.map(jnp.add, weights, velocity), velocity

    return Rule(_zeros, _here, move, _ones)


def nesterov(*, learning_rate, momentum) -> Rule:
    """v <- momentum v - learning_rate g(w + momentum v), w <- w + v, from v = 0. Nesterov 1983, Sutskever et al. 2013.

    torch.optim.SGD with nesterov=True keeps w + momentum v in w's place.
    """

    def look(weights, velocity):
        return jax.tree.map(lambda w, v: w + momentum * v, weights, velocity)

    return heavy_ball(learning_rate=learning_rate, momentum=momentum)._replace(look=look)


def adam(*, learning_rate, momentum=0.9, second_momentum=0.999, epsilon=1e-8) -> Rule:
    """m <- b1 m + (1 - b1) g, n <- b2 n + (1 - b2) g^2, w <- w - learning_rate P^-1 m, from m = n = 0.

    P = (1 - b1^t) (sqrt(n / (1 - b2^t)) + epsilon) holds both bias corrections, and is one before the first step; b1 is
    `momentum`, b2 `second_momentum`. Kingma and Ba 2015, algorithm 1, in the notation of Cohen et al. 2022, section 2.
    """

    def start(weights):
        return _zeros(weights), _zeros(weights), jnp.zeros(())

    def divisor(squares, count):
        first, second = 1 - momentum**count, 1 - second_momentum**count
        return jax.tree.map(lambda n: first * (jnp.sqrt(n / second) + epsilon), squares)

    def move(weights, memory, gradient):
        mean, squares, count = memory
        mean = jax.tree.map(lambda m, g: momentum * m + (1 - momentum) * g, mean, gradient)
        squares = jax.tree.map(lambda n, g: second_momentum * n + (1 - second_momentum) * g**2, squares, gradient)
        moved = jax.tree.map(lambda w, m, p: w - learning_rate * m / p, weights, mean, divisor(squares, count + 1))
        return moved, (mean, squares, count + 1)

    def preconditioner(weights, memory):
        _, squares, count = memory
        return jax.tree.map(lambda p: jnp.where(count > 0, p, 1), divisor(squares, count))

    return Rule(start, _here, move, preconditioner)


def decoupled_decay(rule: Rule, *, learning_rate, weight_decay) -> Rule:
    """`rule`, each move of which starts from (1 - learning_rate weight_decay) w. Loshchilov and Hutter 2019."""

    def move(weights, memory, gradient):
        return rule.move(jax.tree.map(lambda w: (1 - learning_rate * weight_decay) * w, weights), memory, gradient)

    return rule._replace(move=move)


def adamw(*, learning_rate, weight_decay, momentum=0.9, second_momentum=0.999, epsilon=1e-8) -> Rule:
    """Adam with decoupled decay."""
    averages = {"momentum": momentum, "second_momentum": second_momentum, "epsilon": epsilon}
    rule = adam(learning_rate=learning_rate, **averages)
    return decoupled_decay(rule, learning_rate=learning_rate, weight_decay=weight_decay)


def _here(weights, memory):
    return weights


def _zeros(weights):
    return jax.tree.map(jnp.zeros_like, weights)


def _ones(weights, memory):
    return jax.tree.map(jnp.ones_like, weights)
