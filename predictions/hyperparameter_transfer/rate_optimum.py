"""The learning rate of least loss, read off a sweep over rates, and how it carries over to a wider network."""

from __future__ import annotations

import numpy as np

from predictions.instruments.fits import log_slope

REACH = 2  # rates on either side of the best that the parabola goes through


def transfer(widths: np.ndarray, rates: np.ndarray, losses: np.ndarray) -> dict[str, np.ndarray]:
    """How the optimum moves with the width, from losses (widths, trials, rates): each (trials,).

    rate_exponent    slope of ln(optimal rate) in ln(width), NaN unless every sweep holds its optimum
    held             share of the widths whose sweep holds it
    regret           loss of the widest network at the rate that was best for the narrowest, over its own least; less 1
    regret_share     ln(1 + regret) over the widest network's basin
    basin            of the widest network
    """
    optima, basins = zip(*(optimal_rates(rates, found) for found in losses))
    optima = np.stack(optima)  # (widths, trials)
    narrow, wide = np.where(np.isfinite(losses), losses, np.inf)[[0, -1]]
    with np.errstate(all="ignore"):
        regret = wide[np.arange(len(wide)), narrow.argmin(axis=1)] / wide.min(axis=1) - 1
        share = np.log1p(regret) / basins[-1]
    return {
        "rate_exponent": np.array([log_slope(widths, trial) for trial in optima.T]),
        "held": np.isfinite(optima).mean(axis=0),
        "regret": regret,
        "regret_share": share,
        "basin": basins[-1],
    }


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
