"""Networks of one width, trained by Adam at each of a sweep of learning rates: their losses afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
import torch

from predictions.hyperparameter_transfer.adam import Adam
from predictions.instruments.tensors import as_tensor


def swept_rates(setting) -> np.ndarray:
    """2^`lowest_octave` and on by factors of two: (`octaves`,)."""
    return 2.0 ** (setting["lowest_octave"] + np.arange(setting["octaves"]))


def final_losses(
    weights: Sequence[np.ndarray],
    factors: Sequence[float],
    rates: np.ndarray,
    losses: Callable,
    batches: Sequence[np.ndarray],
    seen: np.ndarray,
    *,
    reduce: Callable = reduce,
) -> np.ndarray:
    """Losses on `seen` after a step on each of `batches`, the rates falling linearly to zero: (trials, rates).

    `weights` (trials, in, out) begin every rate's run; a layer's rate is that of the sweep times its factor. Batches
    and `seen` are (trials, size), rows or places, and losses(weights, them) -> (trials * rates,) takes weights and
    batches of (trials * rates, ...), the rates of a trial side by side.
    """
    own = as_tensor(np.tile(rates, len(seen)))[:, None, None]
    copies = [as_tensor(weight).repeat_interleave(len(rates), dim=0).requires_grad_() for weight in weights]
    adam = Adam(copies, [own * factor for factor in factors])

    def loss(places: np.ndarray) -> torch.Tensor:
        return losses(adam.weights, np.repeat(places, len(rates), axis=0))

    def advance(carry, step: int):
        adam.carry = carry
        adam.step(loss(batches[step]).sum(), schedule=1 - step / len(batches))
        return adam.carry

    adam.carry = reduce(advance, range(len(batches)), adam.carry)
    with torch.no_grad():
        return loss(seen).reshape(len(seen), len(rates)).cpu().numpy()
