"""The evidence of resamples: corrected percentiles of a statistic whose data were resampled by clusters.

Few clusters make plain percentiles too narrow (Cameron, Gelbach and Miller 2008), and studentised ones need what a
record of resamples has not: the statistic's standard error in each of them. So percentiles are corrected:

* for N clusters by sqrt((N - 1) / N) and Student's t in place of the normal (Hesterberg 2015, section 4);
* for the skewness k of the statistic as BCa does it for a mean, whose acceleration and median bias are both k / 6
  (Efron 1987): a normal score z becomes z0 + x + k x^2 / 6 with x = z0 + z, z0 = k / 6, the square standing for an
  exponential that does not saturate. For other statistics the signs are unknown: they are taken against every decision.

What resamples show of a skewness is too little if there are few clusters. It is counted `SHOWN` times, `UNSEEN`
standard errors are added, and p-values are tripled: the smallest numbers with which `tollens calibrate` finds the error
to hold for 5 to 30 clusters, equal or not in size, that are log-normal (sigma 1, skewness 6), exponential or Student's
t3. That is for statistics that are nearly linear in the clusters: means, ratios, slopes. The spread of heavy-tailed
clusters is not. Resamples that are more skewed than `MOST` decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from runners.rule.intervals import Chances, Limits, Source, median

SHOWN = 2
"""How often the skewness of the resamples is counted."""
UNSEEN = 1.5
"""Standard errors of a skewness, sqrt(6 / N) for normal clusters, sqrt(6) / N for their mean, that are added to it."""
MOST = 1.0
"""Largest skewness of resamples with which they are judged."""


@dataclass(frozen=True)
class Resamples(Source):
    """A statistic of one data set of so many clusters, from its resamples.

    Resamples are no trials: they are never averaged, and more of them do not narrow the interval.
    """

    clusters: int
    least: float = -np.inf
    """Below which the statistic cannot lie, as a distance not below 0: an edge of the region there is none."""
    words = "a percentile interval of resamples"
    cost = 3

    def chances(self, values: np.ndarray, admitted: np.ndarray) -> Chances:
        low, high = self.region
        low = low if low > self.least else -np.inf
        missing = np.count_nonzero(~admitted, axis=-1)
        ordered = np.sort(np.where(admitted, np.where(np.isnan(values), np.inf, values), np.nan), axis=-1)
        mirrored = -ordered[..., ::-1]
        shown = resample_skewness(ordered, self.clusters)
        skewness, judged = self.allowed(shown), np.abs(shown) <= MOST

        def p_beyond(these: np.ndarray, edge: float, *, closed: bool = False) -> np.ndarray:
            """That the statistic lies beyond an edge above it."""
            score = score_beyond(these, edge, closed=closed, missing=missing)
            return np.where(judged, np.minimum(1.0, self.cost * score_p(score, self.clusters, skewness)), 1.0)

        agree = np.maximum(p_beyond(ordered, high), p_beyond(mirrored, -low))
        disagree = np.minimum(p_beyond(ordered, low, closed=True), p_beyond(mirrored, -high, closed=True))
        return agree, np.minimum(1.0, 2 * disagree)

    def estimate(self, known: np.ndarray, alpha: float, missing: int) -> tuple[float, Limits]:
        ordered = np.sort(np.where(np.isnan(known), np.inf, known))
        skewness = float(resample_skewness(ordered, self.clusters))
        needed = self.needed(alpha, skewness) if abs(skewness) <= MOST else np.inf
        low, high = -_limit(-ordered[::-1], needed, missing), _limit(ordered, needed, missing)
        return median(ordered), (max(low, self.least), high)

    def doubt(self, known: np.ndarray, missing: int) -> str | None:
        skewness = float(resample_skewness(known, self.clusters))
        if abs(skewness) <= MOST:
            return None
        return f"too skewed for {self.clusters} clusters: skewness {skewness:+.2g} of the resamples"

    def allowed(self, skewness: np.ndarray | float) -> np.ndarray:
        """The skewness that is corrected for, where the resamples show this one."""
        return SHOWN * np.abs(np.asarray(skewness)) + UNSEEN * np.sqrt(6) / self.clusters

    def needed(self, alpha: float, skewness: float) -> float:
        """The normal score of an edge among the resamples from which its one-sided p-value is at most alpha."""
        return needed_score(alpha / self.cost, self.clusters, float(self.allowed(skewness)))


def score_beyond(
    ordered: np.ndarray, edge: float, *, closed: bool = False, missing: np.ndarray | int = 0
) -> np.ndarray:
    """Normal score (...) of an edge among ascending resamples (..., n), from how many lie above it.

    So many (...) are missing, NaN among the n; they could lie above. Where none does, the edge's distance counts: the
    quantile function goes on as a straight line, as a normal's would, from the median through the outermost twentieth.
    """
    n = ordered.shape[-1]
    beyond = missing + np.count_nonzero(ordered >= edge if closed else ordered > edge, axis=-1)
    score = -special.ndtri((1 + beyond) / (n + 1))
    middle, outer, outer_score = _tail_line(ordered)
    sloped = np.isfinite(outer) & np.isfinite(middle) & (outer > middle)
    with np.errstate(invalid="ignore"):
        onward = outer_score * (edge - middle) / np.where(sloped, outer - middle, 1.0)
    onward = np.where(sloped, onward, np.where((outer == middle) & (edge >= outer), np.inf, -np.inf))
    return np.where(beyond == 0, np.maximum(score, onward), score)


def score_p(score: np.ndarray, clusters: int, skewness: np.ndarray) -> np.ndarray:
    """One-sided p-value of an edge with this normal score among the resamples, corrected for clusters and skewness."""
    shift = np.maximum(skewness / 6, 1e-9)
    z = score - shift
    corrected = np.where(z > 0, np.log1p(2 * shift * np.maximum(z, 0.0)) / (2 * shift), z) - shift
    return special.stdtr(clusters - 1, -corrected * np.sqrt((clusters - 1) / clusters))


def needed_score(alpha: float, clusters: int, skewness: float) -> float:
    """The score from which `score_p` is at most alpha."""
    shift = max(skewness / 6, 1e-9)
    corrected = float(special.stdtrit(clusters - 1, 1 - alpha)) * np.sqrt(clusters / (clusters - 1)) + shift
    return shift + float(np.expm1(2 * shift * corrected)) / (2 * shift)


def resample_skewness(values: np.ndarray, clusters: int) -> np.ndarray:
    """Skewness (...) of the finite resamples (..., n), with the usual correction for so many clusters."""
    used = np.isfinite(values)
    finite = np.where(used, values, 0.0)
    count = np.maximum(1, np.sum(used, axis=-1, keepdims=True))
    centred = np.where(used, finite - np.sum(finite, axis=-1, keepdims=True) / count, 0.0)
    scale = np.max(np.abs(centred), axis=-1, keepdims=True)
    varied = scale > 1e-12 * np.max(np.abs(finite), axis=-1, keepdims=True)  # else they are equal but for rounding
    centred = centred / np.where(varied, scale, 1.0)
    squares = centred * centred
    second, third = np.sum(squares, axis=-1) / count[..., 0], np.sum(squares * centred, axis=-1) / count[..., 0]
    correction = np.sqrt(clusters * (clusters - 1)) / (clusters - 2)
    return np.where(varied[..., 0], correction * third / np.where(varied[..., 0], second, 1.0) ** 1.5, 0.0)


def _tail_line(ordered: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Median (...), outermost twentieth (...) and the latter's normal score."""
    n = ordered.shape[-1]
    outside = -(-n // 20)
    with np.errstate(invalid="ignore"):
        middle = (ordered[..., (n - 1) // 2] + ordered[..., n // 2]) / 2
    return middle, ordered[..., n - outside], float(-special.ndtri(outside / (n + 1)))


def _limit(ordered: np.ndarray, needed: float, missing: int) -> float:
    """Upper confidence limit: the lowest edge with the needed score."""
    n = len(ordered)
    allowed = int(np.sum(-special.ndtri((1 + missing + np.arange(n)) / (n + missing + 1)) >= needed))
    if allowed:
        return float(ordered[n - allowed])
    if missing or not np.isfinite(needed):
        return np.inf
    middle, outer, outer_score = _tail_line(ordered)
    if not (np.isfinite(middle) and np.isfinite(outer)):
        return np.inf
    return max(float(ordered[-1]), float(middle + (outer - middle) * needed / outer_score))
