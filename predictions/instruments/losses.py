"""Losses of a network's outputs, in JAX: which factor, which mean, which unit.

mean_squared_error    mean over rows and outputs, as torch.nn.functional.mse_loss
half_squared_error    1/2 mean over rows of the sum over outputs: with k outputs k/2 times the above. Its Hessian in the
                      outputs of a row is the identity over the number of rows, so that edges of stability are at 2/eta
cross_entropy         mean over rows, in nats; of probabilities, or (label_cross_entropies) of integer labels a row. An
                      offset that a row's outputs share costs as many digits as it has: 1e7 leaves none in float32
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def mean_squared_error(outputs, targets):
    """Mean over rows and outputs of (f - y)^2: ()."""
    return jnp.mean((outputs - targets) ** 2)


def half_squared_error(outputs, targets):
    """1/2 mean_i |f(x_i) - y_i|^2 of (rows, outputs): mean over rows, sum over outputs: ()."""
    return 0.5 * jnp.mean(jnp.sum((outputs - targets) ** 2, axis=1))


def cross_entropy(outputs, targets):
    """Mean over rows of -sum_k y_k ln softmax(f)_k, nats, for targets (rows, classes) that sum to one: ()."""
    return jnp.mean(jax.nn.logsumexp(outputs, axis=1) - jnp.sum(outputs * targets, axis=1))


def label_cross_entropies(outputs, labels):
    """-ln softmax(f)_y of each row, nats, for integer labels (rows,): (rows,)."""
    picked = jnp.take_along_axis(outputs, labels[:, None], axis=1)[:, 0]
    return jax.nn.logsumexp(outputs, axis=1) - picked
