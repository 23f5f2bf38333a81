"""What is read off the curves of a network's modes: when a mode is half learnt, and in which order they are."""

from __future__ import annotations

import numpy as np


def half_times(progress: np.ndarray, times: np.ndarray) -> np.ndarray:
    """First time at which progress reaches 1/2: (...), for curves (..., time); inf if never.

    Linear between the recorded times; the first recorded time if the curve starts at 1/2 or above.
    """
    reached = progress >= 0.5
    after = np.argmax(reached, axis=-1)
    before = np.maximum(after - 1, 0)
    low, high = (np.take_along_axis(progress, index[..., None], axis=-1)[..., 0] for index in (before, after))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(after > 0, (0.5 - low) / (high - low), 0.0)
    crossing = times[before] + share * (times[after] - times[before])
    return np.where(reached.any(axis=-1), crossing, np.inf)


def share_of_way(strengths: np.ndarray) -> np.ndarray:
    """How much of the way from its first to its last value each curve (..., time) has covered: 0 first, 1 last."""
    first, last = strengths[..., :1], strengths[..., -1:]
    with np.errstate(invalid="ignore", divide="ignore"):
        return (strengths - first) / (last - first)


def kendall_tau(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Kendall's tau-a between two rankings (..., items): concordant less discordant pairs over all pairs, in [-1, 1].

    Tied pairs count as neither; infinities are ranked, nan gives nan.
    """
    one, other = np.triu_indices(first.shape[-1], k=1)
    concordance = _order(first, one, other) * _order(second, one, other)
    return concordance.mean(axis=-1)


def _order(items: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    a, b = items[..., one], items[..., other]
    undefined = np.isnan(a) | np.isnan(b)
    return np.where(undefined, np.nan, (a < b).astype(float) - (a > b))
