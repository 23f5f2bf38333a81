"""Online search for the one direction that a label depends on, each example seen once.

Model      one neuron f(theta . x) on the sphere |theta| = 1, f = (h_k + c h_1) / (1 + c^2)^{1/2} with k = `degree`, c =
           `linear_part` and h_k = He_k / (k!)^{1/2} the normalised Hermite polynomials; theta . theta* = d^{-1/2} at
           the start, the typical size for random directions, else at random.
Data       x ~ N(0, 1)^d, d = `dimension` and twice that; y = f(theta* . x). The information exponent of f is k if
           c = 0, else 1.
Training   theta <- (theta + s v) / |theta + s v|, v = y f'(theta . x) (x - (theta . x) theta), an ascent of the
           correlation y f(theta . x) on the sphere; s = `learning_rate` d^{-max(1, k/2)}, one step an example.
           `drawn`: vectors, every input whole; or overlaps, of every input only the three numbers that the next overlap
           depends on, which has the same law, as that of x is the same in all directions.
Observed   examples until theta . theta* (its size, if f is even) first is 1/2, infinite if more than `max_examples`;
           the base-2 logarithm of how many times as many it takes in 2d dimensions.
Trial      `chains` directions theta and streams of examples in either dimension; medians over them.
"""

from __future__ import annotations

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.trials import over_trials

FOUND = 0.5
STRETCH = 4096
"""Examples drawn together where only overlaps are followed."""


def prepare(setting, seeds):
    """Nothing is given: the start is the condition's. State: for d and 2d, seeds of the streams (trials,), with first
    directions (trials, chains, d) where inputs are whole."""
    searches = []
    for dimension in _dimensions(setting):
        rngs = [np.random.default_rng([int(seed), dimension]) for seed in seeds]
        starts = [_start(rng, setting["chains"], dimension) for rng in rngs if setting["drawn"] == "vectors"]
        searches.append((starts and np.stack(starts), np.array([rng.integers(2**32, dtype=np.uint32) for rng in rngs])))
    return {}, searches


def measure(setting, state):
    """Examples until theta . theta* (its size, if f is even) first is 1/2, median over the chains; inf if too many."""
    medians = []
    for dimension, (starts, streams) in zip(_dimensions(setting), state):
        s = setting["learning_rate"] * dimension ** -max(1, setting["degree"] / 2)
        link = {"degree": setting["degree"], "step_size": s, "linear_part": float(setting["linear_part"])}
        if setting["drawn"] == "vectors":
            hits = _search(jnp.asarray(starts), jnp.asarray(streams), setting["max_examples"], **link)
        else:
            hits = _search_overlaps(dimension, setting["chains"], streams, setting["max_examples"], **link)
        medians.append(np.median(np.asarray(hits, dtype=np.float64), axis=1))
    examples, doubled = medians
    with np.errstate(invalid="ignore"):  # two searches that both took too long have no ratio
        return {"examples": examples, "local_exponent": np.log2(doubled) - np.log2(examples)}


def hermite(degree: int, z):
    """h_k(z) = He_k(z) / (k!)^{1/2}, orthonormal under N(0, 1)."""
    before, now = jnp.zeros_like(z), jnp.ones_like(z)
    for k in range(degree):
        before, now = now, z * now - k * before
    return now / math.sqrt(math.factorial(degree))


def _dimensions(setting) -> tuple[int, int]:
    return setting["dimension"], 2 * setting["dimension"]


def _start(rng: np.random.Generator, chains: int, dimension: int) -> np.ndarray:
    across = rng.standard_normal((chains, dimension - 1))
    across *= np.sqrt(1 - 1 / dimension) / np.linalg.norm(across, axis=1, keepdims=True)
    return np.hstack([np.full((chains, 1), dimension**-0.5), across])


def _push(teacher, student, *, degree: int, step_size, linear_part):
    """s y f'(theta . x), from theta* . x and theta . x."""
    label = hermite(degree, teacher) + linear_part * teacher
    slope = math.sqrt(degree) * hermite(degree - 1, student) + linear_part
    return step_size * label * slope / (1 + linear_part**2)


def _found(overlap, hits, examples, *, degree: int, linear_part):
    """`hits` with the number of this example where a chain is there for the first time."""
    even = (degree % 2 == 0) & (linear_part == 0)
    overlap = jnp.where(even, jnp.abs(overlap), overlap)
    return jnp.where((overlap >= FOUND) & jnp.isinf(hits), examples + 1.0, hits)


@partial(jax.jit, static_argnames="degree")
def _search(starts, keys, max_examples, *, degree: int, step_size, linear_part):
    """First example at which each chain has found the direction, (trials, chains); inf for those not yet there.

    A trial ends once more than half of its chains are there, which fixes the median.
    """

    def one_trial(start, key):
        stream, chains = jax.random.key(key), start.shape[0]

        def searching(carry):
            _, hits, examples = carry
            return (2 * jnp.sum(jnp.isfinite(hits)) <= chains) & (examples < max_examples)

        def step(carry):
            theta, hits, examples = carry
            inputs = jax.random.normal(jax.random.fold_in(stream, examples), theta.shape)
            teacher, student = inputs[:, 0], jnp.sum(inputs * theta, axis=1)
            push = _push(teacher, student, degree=degree, step_size=step_size, linear_part=linear_part)
            theta = theta + push[:, None] * (inputs - student[:, None] * theta)
            theta = theta / jnp.linalg.norm(theta, axis=1, keepdims=True)
            return theta, _found(theta[:, 0], hits, examples, degree=degree, linear_part=linear_part), examples + 1

        _, hits, _ = jax.lax.while_loop(searching, step, (start, jnp.full(chains, jnp.inf), 0))
        return hits

    return over_trials(one_trial, starts, keys)


def _search_overlaps(dimension: int, chains: int, streams, max_examples: int, **link):
    """The same; of an input only z = theta . x, its other part in the plane with theta*, and the rest squared."""
    rngs = [np.random.default_rng(int(stream)) for stream in streams]
    overlap, hits = jnp.full((len(rngs), chains), dimension**-0.5), jnp.full((len(rngs), chains), jnp.inf)
    for examples in range(0, max_examples, STRETCH):
        if np.all(2 * np.isfinite(hits).sum(axis=1) > chains):
            break
        sizes = STRETCH, chains
        fields = np.stack([rng.standard_normal((2, *sizes), dtype=np.float32) for rng in rngs], axis=2)
        rest = np.stack([2 * rng.standard_gamma(dimension / 2 - 1, sizes, dtype=np.float32) for rng in rngs], axis=1)
        overlap, hits = _follow(overlap, hits, examples, *fields, rest, **link)
    return np.where(hits > max_examples, np.inf, hits)


@partial(jax.jit, static_argnames="degree")
def _follow(overlap, hits, examples, student, across, rest, *, degree: int, step_size, linear_part):
    """Overlaps and hits after so many examples more, the first axis of the last three arrays."""

    def step(carry, example):
        overlap, hits, examples = carry
        z, other, square = example
        beside = jnp.sqrt(jnp.maximum(1 - overlap**2, 0))
        push = _push(overlap * z + beside * other, z, degree=degree, step_size=step_size, linear_part=linear_part)
        overlap = (overlap + push * beside * other) / jnp.sqrt(1 + push**2 * (other**2 + square))
        return (overlap, _found(overlap, hits, examples, degree=degree, linear_part=linear_part), examples + 1), None

    (overlap, hits, _), _ = jax.lax.scan(step, (overlap, hits, examples), (student, across, rest))
    return overlap, hits
