"""Full-batch gradient descent with Polyak momentum, its loss and its sharpness watched on the way."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.curvature import sharpness

OUTPUT_ROUNDING = 1e-6
"""Error to which float32 computes outputs of size one; it moves a loss L of squares by about this times sqrt(L).

A cross-entropy, whose rows err independently by 1e-7 to 1e-6, moves by less.
"""


def descend(loss: Callable, weights, probe, *, learning_rate, momentum, steps: int, every: int):
    """Losses before each step, (steps,), and sharpness before step 0, every, 2 every, ..., (steps // every,).

    v <- momentum v - learning_rate g, w <- w + v: Polyak's heavy ball; momentum 0 is plain gradient descent. `loss`
    takes flat weights (parameters,); `probe` is a random vector of that length, where the search for the Hessian's top
    eigenvector begins. An odd `every` meets both phases of the oscillation of period two at the edge of stability.
    """
    if steps % every:
        raise ValueError(f"steps is {steps}, which is not a multiple of every, {every}")
    probe = probe / jnp.linalg.norm(probe)
    value_and_gradient = jax.value_and_grad(loss)

    def step(state, _):
        weights, velocity = state
        value, gradient = value_and_gradient(weights)
        velocity = momentum * velocity - learning_rate * gradient
        return (weights + velocity, velocity), value

    def stretch(state, _):
        weights, velocity, start = state
        top = sharpness(loss, weights, start)
        (weights, velocity), losses = jax.lax.scan(step, (weights, velocity), length=every)
        return (weights, velocity, top.onward + 0.1 * probe), (losses, top.value)

    state = (weights, jnp.zeros_like(weights), probe)
    _, (losses, sharpnesses) = jax.lax.scan(stretch, state, length=steps // every)
    return losses.reshape(-1), sharpnesses


def observables(losses: np.ndarray, sharpnesses: np.ndarray, *, every: int) -> dict[str, np.ndarray]:
    """Observables of losses (trials, steps) and sharpnesses (trials, records): curves, late half, crest and end."""
    curves = {"sharpness": sharpnesses, "loss": losses[:, ::every]}
    return curves | late_half(losses, sharpnesses) | crest_and_end(losses, sharpnesses)


def late_half(losses: np.ndarray, sharpnesses: np.ndarray) -> dict[str, np.ndarray]:
    """What the last half of the run shows. A diverged run has no share of rising steps (NaN)."""
    return {
        "late_sharpness": np.median(sharpnesses[:, sharpnesses.shape[1] // 2 :], axis=1),
        "rising_steps": share_of_rises(losses[:, losses.shape[1] // 2 :]),
        "final_loss": losses[:, -1],
    }


def crest_and_end(losses: np.ndarray, sharpnesses: np.ndarray) -> dict[str, np.ndarray]:
    """Highest median of the sharpness over any tenth of the run, the median over the last tenth, and their ratio."""
    tenth = max(1, sharpnesses.shape[1] // 10)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(sharpnesses, tenth, axis=1), axis=2)
    crest, end = medians.max(axis=1), medians[:, -1]
    with np.errstate(invalid="ignore"):
        end_over_crest = end / crest
    return {
        "crest_sharpness": crest,
        "end_sharpness": end,
        "end_over_crest": end_over_crest,
        "all_rising_steps": share_of_rises(losses),
    }


def share_of_rises(losses: np.ndarray) -> np.ndarray:
    """Share of steps on which the loss (trials, steps) rose by more than rounding could make it; NaN if it diverged."""
    with np.errstate(invalid="ignore", over="ignore"):
        rises = (np.diff(losses, axis=1) > OUTPUT_ROUNDING * np.sqrt(losses[:, :-1])).mean(axis=1)
    return np.where(np.isfinite(losses).all(axis=1), rises, np.nan)
