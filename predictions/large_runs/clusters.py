"""Resamples of whole clusters: cells, budgets, families, problems or schedules, whatever is drawn together."""

from __future__ import annotations

import numpy as np


def draw_rows(rng: np.random.Generator, clusters: np.ndarray, *, strata: np.ndarray | None = None) -> np.ndarray:
    """How often each row counts (rows,): as many clusters as there are, with replacement, within each stratum.

    A cluster that lies in two strata is drawn in each of them.
    """
    sides = np.zeros(len(clusters), dtype=int) if strata is None else strata
    counts = np.zeros(len(clusters), dtype=int)
    for side in np.unique(sides):
        rows = sides == side
        members, index = np.unique(clusters[rows], return_inverse=True)
        counts[rows] = np.bincount(draw(rng, len(members)), minlength=len(members))[index]
    return counts


def draw(rng: np.random.Generator, clusters: int) -> np.ndarray:
    """Numbers of the clusters (clusters,) of one resample."""
    return rng.integers(clusters, size=clusters)


def weighted_slope(x: np.ndarray, y: np.ndarray, counts: np.ndarray) -> float:
    """Slope of the least-squares line through rows that count so often; NaN if they share one x."""
    centred = x - np.average(x, weights=counts)
    with np.errstate(invalid="ignore"):
        return float(np.divide((counts * centred) @ y, (counts * centred) @ centred))
