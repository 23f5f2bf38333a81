"""Training that watches its own curvature: the loop of this room's experiments, and what is read off its curves."""

from __future__ import annotations

from functools import partial, reduce
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.instruments.curvature import hessian_product, largest_eigenpair
from predictions.instruments.trials import over_trials

OUTPUT_ROUNDING = 1e-6
"""Error to which float32 computes outputs of size one; it moves a loss L of squares by about this times sqrt(L).

A cross-entropy, whose rows err independently by 1e-7 to 1e-6, moves by less.
"""


class Curves(NamedTuple):
    """Loss and curvature of the loss on all rows, along each trial's training."""

    losses: np.ndarray  # (trials, steps), where each step took its gradient; (trials, records) with mini-batches
    sharpness: np.ndarray  # (trials, records), largest eigenvalue of P^-1 H
    midway: np.ndarray  # (trials, records), the same midway between this step and the next
    batch_sharpness: np.ndarray  # (trials, records), mean of g.Hg / |g|^2 over mini-batches, each with its own g and H


SLOWER = 8
"""How much smaller a twin's steps are."""

HELD = 1.3
"""How much sharper than its run a twin must become: far beyond swings, which are a few percent."""


class Training(NamedTuple):
    """What each trial carries from one record to the next."""

    weights: jax.Array  # (trials, parameters)
    memory: Any  # of the optimiser
    start: jax.Array  # (trials, parameters), where the next search for the top eigenvector begins


def descend(
    weights,
    inputs,
    targets,
    probe,
    batches,
    rates,
    *,
    model,
    loss,
    optimiser,
    steps: int,
    every: int,
    curvature_rows: int | None = None,
    reduce=reduce,
) -> Curves:
    """`Curves` of trials that take `steps` steps, with a record before step 0, every, 2 every, ...

    L(w) = loss(model(w, inputs), targets) is stepped on by `optimiser`(**rates), of `instruments.optimisers`. Arrays
    have the trials as first axis: `weights`, any pytree; `probe` (trials, parameters), random, where the search for the
    top eigenvector begins; `batches` (trials, steps, batch size), the rows of each step, or (trials, steps, 0): all.

    H is the Hessian of L on all rows, or the first `curvature_rows`; P the optimiser's preconditioner, and P^-1 H has
    the eigenvalues of P^-1/2 H P^-1/2. Batch sharpness, NaN without mini-batches, is taken over every second of the
    `every` batches that follow. An odd `every` meets both phases of the oscillation of period two at the edge of
    stability; midway between two steps this oscillation cancels.
    """
    if steps % every:
        raise ValueError(f"steps is {steps}, which is not a multiple of every, {every}")
    _, layers = ravel_pytree(jax.tree.map(lambda layer: layer[0], weights))
    training, probe = _begin(weights, probe, rates, optimiser=optimiser)
    pieces = batches.reshape(len(probe), steps // every, every, batches.shape[2])
    fixed = {"layers": layers, "model": model, "loss": loss, "optimiser": optimiser, "curvature_rows": curvature_rows}

    def advance(carry, number: int):
        training, curves = carry
        data = inputs, targets, probe, pieces[:, number]
        training, record = _stretch(training, *data, rates, **fixed)
        for curve, found in zip(curves, record):
            curve[:, number] = found
        return training, curves

    trials, records = pieces.shape[:2]
    shape = (trials, records, every if batches.shape[2] == 0 else 1)
    curves = Curves(*(np.empty(shape if name == "losses" else shape[:2], probe.dtype) for name in Curves._fields))
    _, curves = reduce(advance, range(records), (training, curves))
    return curves._replace(losses=curves.losses.reshape(trials, -1))


def highest_sharpness(
    weights, inputs, targets, probe, rates, enough, *, model, loss, optimiser, steps: int, every: int, reduce=reduce
) -> np.ndarray:
    """Largest eigenvalue that training on all rows meets after its first tenth, in which momenta fill: (trials,).

    Arguments as for `descend`. A trial is followed until it has met `enough` (trials,), not at all where that is NaN.
    """
    _, layers = ravel_pytree(jax.tree.map(lambda layer: layer[0], weights))
    training, probe = _begin(weights, probe, rates, optimiser=optimiser)
    all_rows = jnp.zeros((len(probe), every, 0), jnp.int32)
    records = steps // every
    fixed = {"layers": layers, "model": model, "loss": loss, "optimiser": optimiser, "curvature_rows": None}

    def advance(carry, number: int):
        training, highest = carry
        if not (highest < enough).any():
            return carry
        training, record = _stretch(training, inputs, targets, probe, all_rows, rates, **fixed)
        follows = (10 * number >= records) & (highest < enough)  # each trial as if it were alone
        return training, np.where(follows, np.fmax(highest, record.sharpness), highest)

    return reduce(advance, range(records), (training, np.zeros(len(probe), probe.dtype)))[1]


@partial(jax.jit, static_argnames="optimiser")
def _begin(weights, probe, rates, *, optimiser) -> tuple[Training, jax.Array]:
    """Each trial before its first step, and its probe as a unit vector."""

    def one_trial(weights, probe):
        flat, probe = ravel_pytree(weights)[0], probe / jnp.linalg.norm(probe)
        return Training(flat, optimiser(**rates).start(flat), probe), probe

    return over_trials(one_trial, weights, probe)


@partial(jax.jit, static_argnames=("layers", "model", "loss", "optimiser", "curvature_rows"))
def _stretch(training, inputs, targets, probe, batches, rates, *, layers, model, loss, optimiser, curvature_rows):
    """From one record to the next: each trial's `Training` there, and the `Curves` on the way."""
    full_batch = batches.shape[2] == 0
    rule = optimiser(**rates)

    def one_trial(training, inputs, targets, probe, batches):
        def loss_on(rows):
            return lambda weights: loss(model(layers(weights), inputs[rows]), targets[rows])

        everything = loss_on(slice(None))

        def step(training, rows):
            weights, memory = training
            here = everything if full_batch else loss_on(rows)
            value, gradient = jax.value_and_grad(here)(rule.look(weights, memory))
            return rule.move(weights, memory, gradient), value

        def batch_curvature(weights, rows):
            gradient, product = jax.linearize(jax.grad(loss_on(rows)), weights)
            return gradient @ product(gradient) / (gradient @ gradient)

        weights, memory, start = training
        scale = rule.preconditioner(weights, memory) ** -0.5

        def largest(weights, start):
            product = hessian_product(loss_on(slice(curvature_rows)), weights)
            return largest_eigenpair(lambda vector: scale * product(scale * vector), start)

        top = largest(weights, start)
        (following, _), _ = step((weights, memory), batches[0])
        midway = largest((weights + following) / 2, top.onward).value
        stepped, losses = jax.lax.scan(step, (weights, memory), batches)
        training = Training(*stepped, top.onward + 0.1 * probe)
        if full_batch:
            return training, Curves(losses, top.value, midway, jnp.nan)
        along = jnp.mean(jax.lax.map(partial(batch_curvature, weights), batches[::2]))
        return training, Curves(everything(weights)[None], top.value, midway, along)

    return over_trials(one_trial, training, inputs, targets, probe, batches)


def observables(curves: Curves) -> dict[str, np.ndarray]:
    """What the curves show, (trials,): late, over the last half; at the crest; at the end, over the last tenth.

    Late sharpness is the median, at the iterates and midway between them. A drift is the median over the last part,
    quarter (late, and midway) or tenth (end), over that of as many records before. The crest is the highest median over
    any tenth. Rising steps are shares of the steps (mini-batches: records) on which the loss rose. `sharpness` and
    `loss` have a value a record.
    """
    losses, sharpness, midway = (np.asarray(curve) for curve in curves[:3])
    records = sharpness.shape[1]
    quarter, tenth = (max(1, records // parts) for parts in (4, 10))
    medians = np.median(np.lib.stride_tricks.sliding_window_view(sharpness, tenth, axis=1), axis=2)
    crest, end = medians.max(axis=1), medians[:, -1]
    with np.errstate(invalid="ignore"):
        end_over_crest = end / crest
    return {
        "late_sharpness": np.median(sharpness[:, records // 2 :], axis=1),
        "late_midway": np.median(midway[:, records // 2 :], axis=1),
        "late_drift": drift(midway, quarter),
        "crest_sharpness": crest,
        "end_sharpness": end,
        "end_over_crest": end_over_crest,
        "end_drift": drift(sharpness, tenth),
        "rising_steps": share_of_rises(losses[:, losses.shape[1] // 2 :]),
        "all_rising_steps": share_of_rises(losses),
        "final_loss": losses[:, -1],
        "sharpness": sharpness,
        "loss": losses[:, :: losses.shape[1] // records],
    }


def batch_observables(curves: Curves) -> dict[str, np.ndarray]:
    """The curvature along mini-batches' own gradients, a value a record; its median over the last half; its drift."""
    along = np.asarray(curves.batch_sharpness)
    records = along.shape[1]
    return {
        "batch_sharpness": along,
        "late_batch_sharpness": np.median(along[:, records // 2 :], axis=1),
        "late_batch_drift": drift(along, max(1, records // 4)),
    }


def drift(sharpness: np.ndarray, part: int) -> np.ndarray:
    """Median over the last `part` records over the median of as many before: (trials,); NaN where there are none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        last, before = sharpness[:, -part:], sharpness[:, -2 * part : -part]
        return np.median(last, axis=1) / np.median(before, axis=1) if before.size else np.full(len(last), np.nan)


def share_of_rises(losses: np.ndarray) -> np.ndarray:
    """Share of steps on which the loss (trials, steps) rose by more than rounding could make it; NaN if it diverged."""
    with np.errstate(invalid="ignore", over="ignore"):
        rises = (np.diff(losses, axis=1) > OUTPUT_ROUNDING * np.sqrt(losses[:, :-1])).mean(axis=1)
    return np.where(np.isfinite(losses).all(axis=1), rises, np.nan)
