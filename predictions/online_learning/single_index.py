"""Online search for the one direction that a label depends on, each example seen once.

Model      one neuron f(theta . x) on the sphere |theta| = 1, f = (h_k + c h_1) / (1 + c^2)^{1/2} with k = `degree`, c =
           `linear_part` and h_k = He_k / (k!)^{1/2} the normalised Hermite polynomials; theta . theta* = d^{-1/2} at
           the start, the typical size for random directions, else at random.
Data       x ~ N(0, 1)^d, d = `dimension`; y = f(theta* . x). The information exponent of f is k if c = 0, else 1.
Training   theta <- (theta + s v) / |theta + s v|, v = y f'(theta . x) (x - (theta . x) theta), an ascent of the
           correlation y f(theta . x) on the sphere; s = `learning_rate` d^{-max(1, k/2)}, one step an example.
Observed   examples until theta . theta* (its size, if f is even) first is 1/2; infinite if more than `max_examples`.
Trial      `chains` directions theta and streams of examples; the median over them.
"""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.trials import over_trials

FOUND = 0.5


def prepare(setting, seeds):
    """Nothing is given: the start is the condition's. State: first directions (trials, chains, d) and stream seeds."""
    chains, dimension = setting["chains"], setting["dimension"]
    starts, keys = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        across = rng.standard_normal((chains, dimension - 1))
        across *= np.sqrt(1 - 1 / dimension) / np.linalg.norm(across, axis=1, keepdims=True)
        starts.append(np.hstack([np.full((chains, 1), dimension**-0.5), across]))
        keys.append(rng.integers(2**32, dtype=np.uint32))
    return {}, (np.stack(starts), np.array(keys))


def measure(setting, state):
    """Examples until theta . theta* (its size, if f is even) first is 1/2, median over the chains; inf if too many."""
    degree, dimension = setting["degree"], setting["dimension"]
    hits = _search(
        *(jnp.asarray(array) for array in state),
        jnp.asarray(setting["learning_rate"] * dimension ** -max(1, degree / 2)),
        jnp.asarray(float(setting["linear_part"])),
        setting["max_examples"],
        degree=degree,
    )
    return {"examples": np.median(np.asarray(hits, dtype=np.float64), axis=1)}


def hermite(degree: int, z):
    """h_k(z) = He_k(z) / (k!)^{1/2}, orthonormal under N(0, 1)."""
    before, now = jnp.zeros_like(z), jnp.ones_like(z)
    for k in range(degree):
        before, now = now, z * now - k * before
    return now / math.sqrt(math.factorial(degree))


@partial(jax.jit, static_argnames="degree")
def _search(starts, keys, step_size, linear_part, max_examples, *, degree: int):
    """First example at which each chain has found the direction, (trials, chains); inf for those not yet there.

    A trial ends once more than half of its chains are there, which fixes the median.
    """

    def one_trial(start, key):
        stream, chains = jax.random.key(key), start.shape[0]
        even = (degree % 2 == 0) & (linear_part == 0)

        def searching(carry):
            _, hits, examples = carry
            return (2 * jnp.sum(jnp.isfinite(hits)) <= chains) & (examples < max_examples)

        def step(carry):
            theta, hits, examples = carry
            inputs = jax.random.normal(jax.random.fold_in(stream, examples), theta.shape)
            teacher, student = inputs[:, 0], jnp.sum(inputs * theta, axis=1)
            label = (hermite(degree, teacher) + linear_part * teacher) / jnp.sqrt(1 + linear_part**2)
            slope = label * (math.sqrt(degree) * hermite(degree - 1, student) + linear_part)
            slope = slope / jnp.sqrt(1 + linear_part**2)
            theta = theta + step_size * slope[:, None] * (inputs - student[:, None] * theta)
            theta = theta / jnp.linalg.norm(theta, axis=1, keepdims=True)
            overlap = jnp.where(even, jnp.abs(theta[:, 0]), theta[:, 0])
            hits = jnp.where((overlap >= FOUND) & jnp.isinf(hits), examples + 1.0, hits)
            return theta, hits, examples + 1

        _, hits, _ = jax.lax.while_loop(searching, step, (start, jnp.full(chains, jnp.inf), 0))
        return hits

    return over_trials(one_trial, starts, keys)
