"""Folds: how an observable looks along an axis; (axis values,), (axis values, trials) -> (trials,)."""

from __future__ import annotations

import numpy as np


def rise(axis_values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Fold: value at the largest axis value less that at the smallest, (trials,)."""
    return measured[np.argmax(axis_values)] - measured[np.argmin(axis_values)]


def upward_crossing(axis_values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """First zero at which each trial rises from negative to positive, by linear interpolation: (trials,).

    NaN where there is none, where an infinite value is next to it, and where any value is NaN: that may hide one.
    """
    order = np.argsort(axis_values)
    axis_values, measured = np.asarray(axis_values, dtype=float)[order], np.asarray(measured, dtype=float)[order]
    rises = (measured[:-1] < 0) & (measured[1:] >= 0)
    first, trial = np.argmax(rises, axis=0), np.arange(measured.shape[1])
    low, high = measured[first, trial], measured[first + 1, trial]
    with np.errstate(all="ignore"):
        zero = axis_values[first] - low * (axis_values[first + 1] - axis_values[first]) / (high - low)
    defined = rises.any(axis=0) & np.isfinite(low) & np.isfinite(high) & ~np.isnan(measured).any(axis=0)
    return np.where(defined, zero, np.nan)


def at_zero(axis_values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Value at step size 0 of the polynomial through all points, (trials,): Richardson's extrapolation.

    With a step sizes, all different and above 0, the terms up to the power a - 1 of the step size are gone.
    """
    steps = np.asarray(axis_values, dtype=float)
    if not np.all(steps > 0) or len(np.unique(steps)) < len(steps):
        raise ValueError(f"step sizes are {steps.tolist()}, but must be above 0 and all different")
    powers = np.vander(steps / steps.max(), increasing=True)
    return np.linalg.solve(powers, measured)[0]
