"""Folds: how a claim looks along an axis of the grid. (axis_values (a,), measured (a, trials)) -> (trials,)."""

from __future__ import annotations

import numpy as np


def slope(axis_values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Exponent: least-squares slope of ln measured against ln axis; NaN where a value is not positive."""
    x = np.log(np.asarray(axis_values, dtype=float))
    positive = np.all(measured > 0, axis=0)
    y = np.log(np.where(positive, measured, 1.0))
    centred = x - x.mean()
    return np.where(positive, centred @ y / (centred @ centred), np.nan)


def minimiser(axis_values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Axis value at the vertex of the parabola through the smallest value and its neighbours, in the axis' logarithm.

    NaN where the smallest value lies at an end of the axis: then the grid does not hold the minimum.
    """
    x = np.log(np.asarray(axis_values, dtype=float))
    result = np.full(measured.shape[1], np.nan)
    for trial, y in enumerate(measured.T):
        if not np.all(np.isfinite(y)):
            continue
        lowest = int(np.argmin(y))
        if 0 < lowest < len(x) - 1:
            near = slice(lowest - 1, lowest + 2)
            curvature, linear, _ = np.polyfit(x[near], y[near], 2)
            result[trial] = np.exp(-linear / (2 * curvature)) if curvature > 0 else np.exp(x[lowest])
    return result


def spread(axis_values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Relative spread along the axis: (largest - smallest) / largest magnitude; 0 where all are 0."""
    size = np.max(np.abs(measured), axis=0)
    return np.where(size > 0, np.ptp(measured, axis=0) / np.where(size > 0, size, 1.0), 0.0)


FOLDS = {"slope": slope, "minimiser": minimiser, "spread": spread}
