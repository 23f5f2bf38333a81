"""Nesterov's momentum and Adam as update rules over flat weights, each with the preconditioner it applies, in JAX.

A rule has `start`, weights -> memory; `look`, (weights, memory) -> where the gradient is taken; `move`, (weights,
memory, gradient) -> (weights, memory); and `preconditioner`, memory -> P, (parameters,), by which the last update was
divided.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp


class Rule(NamedTuple):
    """An optimiser of flat weights."""

    start: Callable
    look: Callable
    move: Callable
    preconditioner: Callable


def nesterov(*, learning_rate, momentum) -> Rule:
    """y = w + momentum (w - w_before), w <- y - learning_rate grad L(y)."""

    def look(weights, before):
        return weights + momentum * (weights - before)

    def move(weights, before, gradient):
        return look(weights, before) - learning_rate * gradient, weights

    return Rule(lambda weights: weights, look, move, jnp.ones_like)


def adam(*, learning_rate, momentum, second_momentum, epsilon) -> Rule:
    """m <- b1 m + (1 - b1) g, n <- b2 n + (1 - b2) g^2, w <- w - eta P^-1 m, from m = n = 0.

    P = (1 - b1^t) (sqrt(n / (1 - b2^t)) + epsilon) holds both bias corrections; b1 is `momentum`, b2 `second_momentum`.
    Kingma and Ba 2015, algorithm 1, in the notation of Cohen et al. 2022, section 2.
    """

    def start(weights):
        return jnp.zeros_like(weights), jnp.zeros_like(weights), jnp.zeros(())

    def preconditioner(memory):
        _, squares, count = memory
        return (1 - momentum**count) * (jnp.sqrt(squares / (1 - second_momentum**count)) + epsilon)

    def move(weights, memory, gradient):
        mean, squares, count = memory
        mean = momentum * mean + (1 - momentum) * gradient
        memory = mean, second_momentum * squares + (1 - second_momentum) * gradient**2, count + 1
        return weights - learning_rate * mean / preconditioner(memory), memory

    return Rule(start, lambda weights, memory: weights, move, preconditioner)
