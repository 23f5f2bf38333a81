"""The learning rate of least loss, read off a sweep over rates."""

from __future__ import annotations

import numpy as np

REACH = 2  # rates on either side of the best that the parabola goes through


def swept_rates(setting) -> np.ndarray:
    """2^`lowest_octave` and on by factors of two: (`octaves`,)."""
    return 2.0 ** (setting["lowest_octave"] + np.arange(setting["octaves"]))


def optimal_rates(rates: np.ndarray, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Learning rate at the vertex of a parabola of ln loss in ln rate, and the basin's depth: each (trials,).

    `rates` (r,) grow by a factor, `losses` are (trials, r). The parabola goes through the lowest loss and `REACH` rates
    on either side, by least squares; both are NaN where these are not all there, positive and finite, or where the
    vertex is not among them. Depth: how far ln loss rises from the lowest to the lower of both ends of the parabola's
    points.
    """
    found = [_vertex(np.log(np.asarray(rates, dtype=float)), np.asarray(trial, dtype=float)) for trial in losses]
    optima, depths = np.array(found).T
    return optima, depths


def _vertex(x: np.ndarray, losses: np.ndarray) -> tuple[float, float]:
    if np.all(np.isnan(losses)):
        return np.nan, np.nan
    best = int(np.nanargmin(losses))
    near = slice(best - REACH, best + REACH + 1)
    if not REACH <= best < len(x) - REACH or not np.all(np.isfinite(losses[near]) & (losses[near] > 0)):
        return np.nan, np.nan
    offset, y = x[near] - x[best], np.log(losses[near])
    curvature, slope, _ = np.polyfit(offset, y, 2)
    if curvature <= 0 or abs(slope) > 2 * curvature * offset[-1]:
        return np.nan, np.nan
    return float(np.exp(x[best] - slope / (2 * curvature))), float(min(y[0], y[-1]) - y[REACH])
