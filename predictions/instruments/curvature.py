"""Curvature of a loss: its Hessian as an operator, and the Hessian's largest eigenvalue by Lanczos iteration, in JAX.

Vectors are flat, (parameters,). Everything can be compiled, mapped over trials and called inside a training loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

RUNNERS_UP = (0.3, 0.3)
"""Weights of the third and second Ritz vector, beside the first, in the start of a next search."""

NEAR, CERTAIN = "near", "certain"
"""When a search ends: with the residuals, or when no random start can have missed more."""

MISSED = 0.01
"""Share of random starts in which a certain search may be off by more than its tolerance."""


class Eigenpair(NamedTuple):
    """Largest eigenvalue of a symmetric operator, its vector, and how well and how dearly it was found."""

    value: jax.Array  # ()
    vector: jax.Array  # (parameters,), of length one
    residual: jax.Array  # (), |A v - value v|: some eigenvalue lies this close to `value`
    products: jax.Array  # (), number of products with the operator
    onward: jax.Array  # (parameters,), where to start once the operator has changed a little: `vector` and runners-up
    certain: jax.Array  # (), whether the largest is below (1 + tolerance) `value`, but for one random start in 100


def hessian_product(loss: Callable, weights: jax.Array) -> Callable:
    """Map v -> H v, (parameters,) -> (parameters,), with the Hessian H of `loss` at `weights`.

    The gradient is linearised once; each product then costs about two gradients (Pearlmutter 1994).
    """
    _, product = jax.linearize(jax.grad(loss), weights)
    return product


def sharpness(loss: Callable, weights: jax.Array, start: jax.Array, *, tolerance: float = 3e-3, most: int = 100):
    """Sharpness: largest (algebraic) eigenvalue of the Hessian of `loss` at `weights`, as an `Eigenpair`.

    By a search from the random vector `start` that ends when it is certain. Units are those of loss / parameter^2;
    `tolerance` and `most` are those of `largest_eigenpair`. Cohen et al. 2021, section 2.
    """
    return largest_eigenpair(hessian_product(loss, weights), start, tolerance=tolerance, most=most, until=CERTAIN)


def largest_eigenpair(
    product: Callable, start: jax.Array, *, tolerance: float = 3e-3, most: int = 40, until: str = NEAR
) -> Eigenpair:
    """Largest algebraic eigenvalue of the symmetric operator `product`, by Lanczos with full reorthogonalisation.

    The value is never above the true one, rounding aside. The iteration ends after `most` products, or

    - `until` NEAR: within |A v - theta v| of each Ritz value theta lies an eigenvalue, and no such interval reaches
      above the largest theta by more than `tolerance` |theta|. That bounds the residual, not the error: if m
      eigenvalues at the top lie closer together than the tolerance can tell apart, the value is a mean of theirs, low
      by up to about m^{1/2} residuals. For following a training, from a warm start.
    - `until` CERTAIN: from a random start the largest is above (1 + tolerance) theta with a probability of 1% at most,
      whatever the spectrum is. It takes two to four times the products. The normalised Lanczos polynomial p of degree k
      has |p(lambda)| |share of lambda's vector in the start| <= 1, and grows above the largest theta (van Dorsselaer,
      Hochstenbach and van der Vorst 2000, SIAM Journal on Matrix Analysis and Applications 22, 837).

    `start` is any vector with a part along the wanted one: a random vector, or, between the steps of a training,
    `onward` of the last search plus a little of a random vector. The runners-up in it see to it that an eigenvalue
    which has overtaken the largest is found.
    """
    if until not in (NEAR, CERTAIN):
        raise ValueError(f"until is {until!r}, but must be {NEAR} or {CERTAIN}")
    most = min(most, start.size)
    # |g| of a standard Gaussian g is below MISSED (pi/2)^{1/2} with at most this probability
    index = jnp.arange(most)
    needed = 0.5 * jnp.log(2 * start.size / jnp.pi) - jnp.log(MISSED)

    def unfinished(state):
        count, *_, theta, _, _, reach, growth = state
        ahead = growth < needed if until == CERTAIN else reach > tolerance * jnp.abs(theta)
        return (count < most) & ahead  # a NaN ends it

    def extend(state):
        count, basis, diagonal, beside, vector, *_ = state
        image = product(vector)
        alpha = vector @ image
        image = image - alpha * vector - beside[count - 1] * basis[count - 1]  # at count 0 the last row, still zero
        basis = basis.at[count].set(vector)
        image = image - (basis @ image) @ basis
        length = _length(image)
        diagonal = diagonal.at[count].set(alpha)
        values, vectors = _tridiagonal_eigenpairs(diagonal, beside, count)
        residuals = length * jnp.abs(vectors[count])
        reach = jnp.max(values + residuals) - values[-1]
        vector = image / jnp.where(length > 0, length, 1)
        beside = beside.at[count].set(length)
        above = values[-1] + tolerance * jnp.abs(values[-1])
        growth = jnp.sum(jnp.log(above - values), where=index >= most - 1 - count)  # ln p at this place
        growth -= jnp.sum(jnp.log(beside), where=index <= count)
        return count + 1, basis, diagonal, beside, vector, values[-1], vectors, residuals[-1], reach, growth

    zeros = jnp.zeros(most, start.dtype)
    basis = jnp.zeros((most, start.size), start.dtype)
    infinite = jnp.asarray(jnp.inf, start.dtype)
    ritz = jnp.zeros((most, most), start.dtype)
    state = (0, basis, zeros, zeros, start / _length(start), zeros[0], ritz, infinite, infinite, -infinite)
    count, basis, *_, theta, ritz, residual, _, growth = jax.lax.while_loop(unfinished, extend, state)
    weights = jnp.asarray([*RUNNERS_UP, 1][-most:], start.dtype)
    return Eigenpair(theta, ritz[:, -1] @ basis, residual, count, ritz[:, -3:] @ weights @ basis, growth >= needed)


def _length(vector: jax.Array) -> jax.Array:
    """Euclidean norm, where the squares of the entries may leave the floats, too."""
    largest = jnp.max(jnp.abs(vector))
    largest = jnp.where(largest > 0, largest, 1)
    return largest * jnp.linalg.norm(vector / largest)


def _tridiagonal_eigenpairs(diagonal: jax.Array, beside: jax.Array, last: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Eigenvalues and vectors of the first `last` + 1 rows of a tridiagonal matrix: the last ones, ascending."""
    index = jnp.arange(diagonal.size)
    beside = jnp.where(index < last, beside, 0)
    size = jnp.abs(diagonal).max() + 2 * beside.max()  # Gershgorin: no eigenvalue of these rows is larger
    below_all = -jnp.where(size == 0, 1, 2 * size)
    diagonal = jnp.where(index <= last, diagonal, below_all)
    return jnp.linalg.eigh(jnp.diag(diagonal) + jnp.diag(beside[:-1], 1) + jnp.diag(beside[:-1], -1))
