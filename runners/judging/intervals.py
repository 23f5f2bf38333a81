"""From trials to evidence: two p-values and an interval, from one of the sources that a claim may name.

Everything above this module sees an `Evidence` and nothing else. The hypotheses, for a region T = [low, high]:

* `p_agree` tests "the target lies outside T": two one-sided tests, so the larger of the two p-values (an
  intersection-union test needs no correction);
* `p_disagree` tests "the target lies inside T": it may lie below or above, so twice the smaller one.

The target is the median over trials, their mean, the share of trials inside T, or a statistic of resampled data. Sign
tests and the binomial test are exact. Student's t and percentiles are not: skewed data make their one-sided p-values
too small, the more so the farther out in a tail, which is where one of many conditions is refuted. They are multiplied
by SKEWNESS_COST, the smallest numbers with which `tollens calibrate` finds the error to hold.

`missing` trials were set aside, for a requirement or because a fold is undefined, and nobody knows what they would
have said. They count against every decision: as outside T for agreement, as inside T for disagreement. A requirement
that selects trials by their outcome can therefore make neither decision likelier.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from scipy import special

Region = tuple[float, float]

SKEWNESS_COST = {"mean": 2, "resamples": 3}
"""By what a one-sided p-value is multiplied; sources that are not named are exact."""


@dataclass(frozen=True)
class Evidence:
    """What the trials of one condition say about one region."""

    point: float
    """Estimate of the target, in the units of the region."""
    interval: tuple[float, float]
    """Confidence limits: agreement at level `alpha` means that both lie in the region."""
    p_agree: float
    """Chance of evidence this strong for agreement if the target lay outside the region."""
    p_disagree: float
    """Chance of evidence this strong against agreement if the target lay inside it."""


def typical_trial(values: np.ndarray, region: Region, alpha: float, missing: int = 0) -> Evidence:
    """Evidence on the median by two exact sign tests.

    Distribution-free and indifferent to scale, ties and infinities. If the median lies below `low`, a trial reaches
    `low` with chance at most 1/2, so the count of those that do is at most binomial(n, 1/2); likewise for `high`.
    A value that is not a number counts as the far end of its range.
    """
    low, high = region
    values = np.where(np.isnan(values), np.inf, values)
    n = len(values) + missing
    p_agree = max(at_least(_count(values >= low), n), at_least(_count(values <= high), n))
    p_disagree = 2 * min(at_least(_count(values < low), n), at_least(_count(values > high), n))
    return Evidence(_median(values), median_interval(values, alpha, missing), p_agree, min(1.0, p_disagree))


def mean(values: np.ndarray, region: Region, alpha: float, missing: int = 0) -> Evidence:
    """Evidence on the mean by Student's t, on the linear scale.

    A value that is not finite or not known leaves the mean unbounded. The t of skewed trials is skewed the other way:
    its one-sided error is off by about skewness (2 z^2 + 1) phi(z) / (6 sqrt(n)) (Hall 1992, section 2.6), so each
    trial has to average many draws.
    """
    from scipy import stats  # takes half a second to import

    low, high = region
    n = len(values)
    if missing or not np.all(np.isfinite(values)) or n < 2:
        return Evidence(float("nan"), (-np.inf, np.inf), 1.0, 1.0)
    centre = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / np.sqrt(n)
    reach = float(stats.t.ppf(1 - alpha / SKEWNESS_COST["mean"], n - 1)) * error
    p_agree = SKEWNESS_COST["mean"] * max(_t_above(centre - low, error, n), _t_above(high - centre, error, n))
    p_disagree = 2 * SKEWNESS_COST["mean"] * min(_t_above(low - centre, error, n), _t_above(centre - high, error, n))
    return Evidence(centre, (centre - reach, centre + reach), min(1.0, p_agree), min(1.0, p_disagree))


def share_inside(values: np.ndarray, region: Region, share: float, alpha: float, missing: int = 0) -> Evidence:
    """Evidence that at least `share` of all trials lies in the region: exact binomial, Clopper-Pearson limits."""
    from scipy import stats

    n = len(values) + missing
    inside = int(np.sum(in_region(values, region)))
    most = inside + missing
    low = float(stats.beta.ppf(alpha, inside, n - inside + 1)) if inside else 0.0
    high = float(stats.beta.ppf(1 - alpha, most + 1, n - most)) if most < n else 1.0
    p_agree, p_disagree = at_least(inside, n, share), 1 - at_least(most + 1, n, share)
    return Evidence(inside / len(values), (low, high), p_agree, p_disagree)


def resamples(values: np.ndarray, region: Region, alpha: float, missing: int = 0, *, clusters: int) -> Evidence:
    """Evidence from resamples of one data set of so many clusters: corrected percentile interval of the statistic.

    Resamples are no trials: they are never averaged, and more of them do not narrow the interval.
    """
    low, high = region
    ordered = np.sort(np.where(np.isnan(values), np.inf, values))
    skewness = resample_skewness(ordered, clusters)

    def p_value(score: np.ndarray) -> float:
        return float(score_p(score, clusters, skewness))

    above, below = (partial(score_beyond, given, missing=missing) for given in (ordered, -ordered[::-1]))
    p_agree = SKEWNESS_COST["resamples"] * max(p_value(above(high)), p_value(below(-low)))
    p_disagree = (
        2 * SKEWNESS_COST["resamples"] * min(p_value(above(low, closed=True)), p_value(below(-high, closed=True)))
    )
    needed = needed_score(alpha / SKEWNESS_COST["resamples"], clusters, float(skewness))
    limits = -_limit(-ordered[::-1], needed, missing), _limit(ordered, needed, missing)
    return Evidence(_median(ordered), limits, min(1.0, p_agree), min(1.0, p_disagree))


def score_beyond(ordered: np.ndarray, edge: float, *, closed: bool = False, missing: int = 0) -> np.ndarray:
    """Normal score (...) of an edge among ascending resamples (..., n), from how many lie above it.

    Where none does, its distance counts: the quantile function goes on as a straight line, as a normal's would, from
    the median through the outermost twentieth.
    """
    n = ordered.shape[-1]
    beyond = missing + np.count_nonzero(ordered >= edge if closed else ordered > edge, axis=-1)
    score = -special.ndtri((1 + beyond) / (n + missing + 1))
    middle, outer, outer_score = _tail_line(ordered)
    sloped = np.isfinite(outer) & np.isfinite(middle) & (outer > middle)
    with np.errstate(invalid="ignore"):
        onward = outer_score * (edge - middle) / np.where(sloped, outer - middle, 1.0)
    onward = np.where(sloped, onward, np.where(np.isfinite(outer) & (edge >= outer), np.inf, -np.inf))
    return np.where(beyond == 0, np.maximum(score, onward), score)


def score_p(score: np.ndarray, clusters: int, skewness: np.ndarray) -> np.ndarray:
    """One-sided p-value of an edge with this normal score among the resamples.

    Two corrections of the plain percentile. It is too narrow for few clusters, by sqrt((N - 1) / N) and for want of
    Student's t (Hesterberg 2015, section 4). It errs with the skewness k of the statistic: for a mean, acceleration and
    median bias are both k / 6 (Efron 1987); as their signs are unknown for other statistics, they are taken against
    every decision.
    """
    shift = np.abs(skewness) / 6
    z = score - shift
    with np.errstate(invalid="ignore"):  # infinite over infinite
        corrected = np.where(np.isposinf(z), 1 / np.maximum(shift, 1e-300), z / (1 + shift * np.maximum(z, 0))) - shift
    return special.stdtr(clusters - 1, -corrected * np.sqrt((clusters - 1) / clusters))


def needed_score(alpha: float, clusters: int, skewness: float) -> float:
    """The score from which `score_p` is at most alpha."""
    shift = abs(skewness) / 6
    corrected = float(special.stdtrit(clusters - 1, 1 - alpha)) * np.sqrt(clusters / (clusters - 1)) + shift
    return shift + corrected / (1 - shift * corrected) if shift * corrected < 1 else np.inf


def resample_skewness(values: np.ndarray, clusters: int) -> np.ndarray:
    """Skewness (...) of the finite resamples (..., n), with the usual correction for so many clusters."""
    used = np.isfinite(values)
    finite = np.where(used, values, 0.0)
    count = np.maximum(1, np.sum(used, axis=-1, keepdims=True))
    centred = np.where(used, finite - np.sum(finite, axis=-1, keepdims=True) / count, 0.0)
    scale = np.max(np.abs(centred), axis=-1, keepdims=True)
    varied = scale > 1e-12 * np.max(np.abs(finite), axis=-1, keepdims=True)  # else they are equal but for rounding
    centred = centred / np.where(varied, scale, 1.0)
    second, third = (np.sum(centred**power, axis=-1) / count[..., 0] for power in (2, 3))
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


def deterministic(value: float, region: Region, numerical_error: float) -> Evidence:
    """Evidence from one deterministic number with a declared numerical error: inside, outside or across an edge."""
    if not np.isfinite(value):
        return Evidence(value, (value, value) if value == value else (-np.inf, np.inf), 1.0, 0.0)
    low, high = value - numerical_error, value + numerical_error
    inside = region[0] <= low and high <= region[1]
    outside = high < region[0] or low > region[1]
    return Evidence(value, (low, high), 0.0 if inside else 1.0, 0.0 if outside else 1.0)


def in_region(values: np.ndarray, region: Region) -> np.ndarray:
    """Which values lie in the closed region; a value that is not a number does not."""
    return (values >= region[0]) & (values <= region[1])


def median_interval(values: np.ndarray, alpha: float, missing: int = 0) -> tuple[float, float]:
    """Order-statistic limits of the median, each one-sided at level `alpha`; infinite if there are too few values.

    Missing values could lie anywhere: below the lower limit, above the upper one.
    """
    n = len(values) + missing
    ordered = np.sort(values)
    outer = n // 2
    while outer >= 0 and 1 - at_least(outer + 1, n) > alpha:
        outer -= 1
    outer -= missing
    if outer < 0:
        return -np.inf, np.inf
    return float(ordered[outer]), float(ordered[len(values) - 1 - outer])


def _count(which: np.ndarray) -> int:
    return int(np.count_nonzero(which))


@cache
def _tail(count: int, n: int, chance: float) -> float:
    return float(special.bdtrc(count - 1, n, chance))


def at_least(count: int | np.integer, n: int, chance: float = 0.5) -> float:
    """P(at least `count` of n independent trials succeed)."""
    return _tail(int(count), n, chance)


def _median(values: np.ndarray) -> float:
    """Median that stays defined with infinities of both signs."""
    ordered = np.sort(values)
    below, above = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return below if below == above else (below + above) / 2


def _t_above(excess: float, error: float, n: int) -> float:
    """One-sided p-value for a mean that exceeds a bound by `excess`."""
    if error == 0:
        return 0.0 if excess >= 0 else 1.0
    return float(special.stdtr(n - 1, -excess / error))
