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


class Eigenpair(NamedTuple):
    """Largest eigenvalue of a symmetric operator, its vector, and how well and how dearly it was found."""

    value: jax.Array  # ()
    vector: jax.Array  # (parameters,), of length one
    residual: jax.Array  # (), |A v - value v|: some eigenvalue lies this close to `value`
    products: jax.Array  # (), number of products with the operator
    onward: jax.Array  # (parameters,), where to start once the operator has changed a little: `vector` and runners-up


def hessian_product(loss: Callable, weights: jax.Array) -> Callable:
    """Map v -> H v, (parameters,) -> (parameters,), with the Hessian H of `loss` at `weights`.

    The gradient is linearised once; each product then costs about two gradients (Pearlmutter 1994).
    """
    _, product = jax.linearize(jax.grad(loss), weights)
    return product


def sharpness(loss: Callable, weights: jax.Array, start: jax.Array, *, tolerance: float = 3e-3, most: int = 40):
    """Sharpness: largest (algebraic) eigenvalue of the Hessian of `loss` at `weights`, as an `Eigenpair`.

    Units are those of loss / parameter^2. `start`, `tolerance` and `most` are those of `largest_eigenpair`.
    Cohen et al. 2021, section 2.
    """
    return largest_eigenpair(hessian_product(loss, weights), start, tolerance=tolerance, most=most)


def largest_eigenpair(product: Callable, start: jax.Array, *, tolerance: float = 3e-3, most: int = 40) -> Eigenpair:
    """Largest algebraic eigenvalue of the symmetric operator `product`, by Lanczos with full reorthogonalisation.

    Within |A v - theta v| of each Ritz value theta lies an eigenvalue. The iteration stops once no such interval
    reaches above the largest theta by more than `tolerance` |theta|, or after `most` products; the value is never above
    the true one, rounding aside. `start` is any vector with a part along the wanted one: a random vector, or, between
    the steps of a training, `onward` of the last search plus a little of a random vector. The runners-up in it see to
    it that an eigenvalue which has overtaken the largest is found.
    """
    most = min(most, start.size)

    def unfinished(state):
        count, *_, theta, _, _, reach = state
        return (count < most) & (reach > tolerance * jnp.abs(theta))  # a NaN ends it

    def extend(state):
        count, basis, diagonal, beside, vector, *_ = state
        image = product(vector)
        alpha = vector @ image
        image = image - alpha * vector - beside[count - 1] * basis[count - 1]  # at count 0 the last row, still zero
        basis = basis.at[count].set(vector)
        image = image - (basis @ image) @ basis
        length = jnp.linalg.norm(image)
        diagonal = diagonal.at[count].set(alpha)
        values, vectors = _tridiagonal_eigenpairs(diagonal, beside, count)
        residuals = length * jnp.abs(vectors[count])
        reach = jnp.max(values + residuals) - values[-1]
        vector = image / jnp.where(length > 0, length, 1)
        beside = beside.at[count].set(length)
        return count + 1, basis, diagonal, beside, vector, values[-1], vectors, residuals[-1], reach

    zeros = jnp.zeros(most, start.dtype)
    basis = jnp.zeros((most, start.size), start.dtype)
    infinite = jnp.asarray(jnp.inf, start.dtype)
    ritz = jnp.zeros((most, most), start.dtype)
    state = (0, basis, zeros, zeros, start / jnp.linalg.norm(start), zeros[0], ritz, infinite, infinite)
    count, basis, *_, theta, ritz, residual, _ = jax.lax.while_loop(unfinished, extend, state)
    weights = jnp.asarray([*RUNNERS_UP, 1][-most:], start.dtype)
    return Eigenpair(theta, ritz[:, -1] @ basis, residual, count, ritz[:, -3:] @ weights @ basis)


def _tridiagonal_eigenpairs(diagonal: jax.Array, beside: jax.Array, last: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Eigenvalues and vectors of the first `last` + 1 rows of a tridiagonal matrix: the last ones, ascending."""
    index = jnp.arange(diagonal.size)
    beside = jnp.where(index < last, beside, 0)
    below_all = -jnp.abs(diagonal).max() - 2 * beside.max() - 1  # Gershgorin: no eigenvalue of these rows is lower
    diagonal = jnp.where(index <= last, diagonal, below_all)
    return jnp.linalg.eigh(jnp.diag(diagonal) + jnp.diag(beside[:-1], 1) + jnp.diag(beside[:-1], -1))
