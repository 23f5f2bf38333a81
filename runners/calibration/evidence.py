"""The sources of evidence for many worlds at once: the p-values of `runners.judging.intervals`, without its intervals.

A source is a function of values (worlds, trials) and admitted (worlds, trials) to two arrays (worlds,).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from runners.calibration.worlds import REGION
from runners.judging.intervals import SKEWNESS_COST, at_least, resample_skewness, score_beyond, score_p

Source = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def typical_trial(values: np.ndarray, admitted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two sign tests on the median."""
    low, high = REGION
    tail = _tails(values.shape[1], 0.5)
    known = np.count_nonzero(admitted, axis=1)
    below = np.count_nonzero((values < low) & admitted, axis=1)
    above = np.count_nonzero(~(values <= high) & admitted, axis=1)  # what is not a number lies there, too
    disagree = 2 * np.minimum(tail[below], tail[above])
    return np.maximum(tail[known - below], tail[known - above]), np.minimum(1.0, disagree)


def mean(values: np.ndarray, admitted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Student's t; nothing is known of a mean if a trial is unknown or not finite."""
    n = values.shape[1]
    known = np.all(admitted & np.isfinite(values), axis=1)
    sound = np.where(known[:, None], values, 0.0)
    centre, error = np.mean(sound, axis=1), np.std(sound, axis=1, ddof=1) / np.sqrt(n)

    def p(excess: np.ndarray) -> np.ndarray:
        certain = np.where(excess >= 0, 0.0, 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(error == 0, certain, special.stdtr(n - 1, -excess / error))

    low, high = REGION
    agree = np.minimum(1.0, SKEWNESS_COST["mean"] * np.maximum(p(centre - low), p(high - centre)))
    disagree = np.minimum(1.0, 2 * SKEWNESS_COST["mean"] * np.minimum(p(low - centre), p(centre - high)))
    return np.where(known, agree, 1.0), np.where(known, disagree, 1.0)


def share_inside(share: float) -> Source:
    """Exact binomial test of a share of trials inside the region."""

    def source(values: np.ndarray, admitted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        n = values.shape[1]
        tail = _tails(n, share)
        inside = np.sum((values >= REGION[0]) & (values <= REGION[1]) & admitted, axis=1)
        unknown = n - np.sum(admitted, axis=1)
        return tail[inside], 1 - tail[inside + unknown + 1]

    return source


def resamples(clusters: int) -> Source:
    """Percentile interval of a statistic of so many clusters; no resample is ever set aside here."""

    def source(values: np.ndarray, admitted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = REGION
        ordered = np.sort(np.where(np.isnan(values), np.inf, values), axis=1)
        mirrored = -ordered[:, ::-1]
        skewness = resample_skewness(ordered, clusters)
        agree = np.minimum(score_beyond(ordered, high), score_beyond(mirrored, -low))
        disagree = np.maximum(score_beyond(ordered, low, closed=True), score_beyond(mirrored, -high, closed=True))
        p_agree = SKEWNESS_COST["resamples"] * score_p(agree, clusters, skewness)
        p_disagree = 2 * SKEWNESS_COST["resamples"] * score_p(disagree, clusters, skewness)
        return np.minimum(1.0, p_agree), np.minimum(1.0, p_disagree)

    return source


def _tails(n: int, chance: float) -> np.ndarray:
    """P(at least c of n), for c = 0 ... n + 1: (n + 2,)."""
    return np.array([at_least(count, n, chance) for count in range(n + 2)])
