"""Measured beside predicted, trial by trial: the numbers that are held against the region."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


class Incomparable(Exception):
    """What is predicted cannot be compared with what is measured."""


def agreement(by: str, measured: np.ndarray, predicted: np.ndarray, *, name: str) -> float:
    """Ratio, difference or relative L2 distance of one trial; infinite where the measurement is not finite."""
    if measured.shape != predicted.shape:
        problem = f"{name} predicts shape {predicted.shape}, but the observable has shape {measured.shape} in a trial"
        raise Incomparable(f"{problem}; return {'a number' if not measured.shape else 'an array of that shape'}")
    if by == "distance":
        norm = float(np.linalg.norm(predicted))
        if norm == 0:
            problem = f"{name} predicts zeros: a relative distance to them is undefined"
            raise Incomparable(f"{problem}; compare by difference")
        return float(np.linalg.norm(measured - predicted)) / norm if np.all(np.isfinite(measured)) else np.inf
    number, reference = float(measured), float(predicted)
    if np.isnan(number):
        return np.inf
    if by == "difference":
        return number - reference
    if reference == 0:
        raise Incomparable(f"{name} predicts 0: a ratio to it is undefined; compare by difference")
    return number / reference


def agreements(by: str, measured: np.ndarray, predicted: Sequence[np.ndarray] | np.ndarray, *, name: str) -> np.ndarray:
    """(trials,): agreement of each trial; numbers are compared all at once, arrays (trials, ...) one by one."""
    numbers = predicted.ndim == 1 if isinstance(predicted, np.ndarray) else not any(it.shape for it in predicted)
    if by == "distance" or measured.ndim != 1 or not numbers:
        return np.array([agreement(by, *pair, name=name) for pair in zip(np.asarray(measured), predicted, strict=True)])
    references = np.array(predicted, dtype=float)
    missing, zero = np.isnan(measured), references == 0
    if by == "difference":
        values = measured - references
    elif (zero & ~missing).any():
        raise Incomparable(f"{name} predicts 0: a ratio to it is undefined; compare by difference")
    else:
        with np.errstate(over="ignore"):
            values = measured / np.where(zero, 1.0, references)
    return np.where(missing, np.inf, values)


def against(values: np.ndarray, within: tuple[float, float]) -> np.ndarray:
    """Agreement values of which what is not finite lies outside the region: an open side must not take it in."""
    low, high = within
    inside = np.isinf(values) & (values >= low) & (values <= high)
    return np.where(inside, -np.inf if high == np.inf else np.inf, values)


def region_in_units(by: str, within: tuple[float, float], predicted: float) -> tuple[float, float]:
    """The region T in the observable's own units, at this prediction."""
    if by == "difference":
        return predicted + within[0], predicted + within[1]
    low, high = sorted(edge * predicted for edge in within)  # a ratio to a negative number turns it round
    return low, high


def regions_in_units(by: str, within: tuple[float, float], predicted: np.ndarray) -> np.ndarray:
    """(trials, 2): the same at each of several predictions (trials,)."""
    if by == "difference":
        return np.stack([predicted + within[0], predicted + within[1]], axis=-1)
    first, second = within[0] * predicted, within[1] * predicted
    turned = second < first  # a ratio to a negative number
    return np.stack([np.where(turned, second, first), np.where(turned, first, second)], axis=-1)


def widths_away(by: str, within: tuple[float, float], value: float) -> float | None:
    """How far an agreement value lies from the region's nearest edge, in widths of the region; 0 inside.

    Ratios on a log scale. None where the region has an open side or no width, and a ratio no logarithm.
    """
    low, high = within
    if low <= value <= high:
        return 0.0
    if by == "ratio":
        if not (low > 0 and value > 0):
            return None
        low, high, value = (float(np.log(it)) for it in (low, high, value))
    width = high - low
    if not np.isfinite(width) or width == 0:
        return None
    return max(low - value, value - high) / width
