"""From trials to evidence: two p-values and an interval, from one of the sources that a claim may name.

Everything above this module sees an `Evidence` and nothing else. The hypotheses, for a region T = [low, high]:

* `p_agree` tests "the target lies outside T": two one-sided tests, so the larger of the two p-values (an
  intersection-union test needs no correction);
* `p_disagree` tests "the target lies inside T": it may lie below or above, so twice the smaller one.

The target is the median over trials, their mean, the share of trials inside T, or a statistic of resampled data.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

Region = tuple[float, float]


@dataclass(frozen=True)
class Evidence:
    """What the trials of one condition say about one region."""

    point: float
    """Estimate of the target, in the units of the region."""
    interval: tuple[float, float]
    """Confidence limits, each one-sided at level `alpha`."""
    p_agree: float
    """Chance of evidence this strong for agreement if the target lay outside the region."""
    p_disagree: float
    """Chance of evidence this strong against agreement if the target lay inside it."""


def typical_trial(values: np.ndarray, region: Region, alpha: float) -> Evidence:
    """Evidence on the median by two exact sign tests.

    Distribution-free and indifferent to scale, ties and infinities. If the median lies below `low`, a trial reaches
    `low` with chance at most 1/2, so the count of those that do is at most binomial(n, 1/2); likewise for `high`.
    A value that is not a number counts as the far end of its range.
    """
    low, high = region
    values = np.where(np.isnan(values), np.inf, values)
    n = len(values)
    tail = _binomial_upper_tail(n, 0.5)
    p_agree = max(tail(np.sum(values >= low)), tail(np.sum(values <= high)))
    p_disagree = 2 * min(tail(np.sum(values < low)), tail(np.sum(values > high)))
    return Evidence(_median(values), median_interval(values, alpha), p_agree, min(1.0, p_disagree))


def mean(values: np.ndarray, region: Region, alpha: float) -> Evidence:
    """Evidence on the mean by Student's t, on the linear scale. A non-finite value leaves the mean unbounded."""
    low, high = region
    n = len(values)
    if not np.all(np.isfinite(values)) or n < 2:
        return Evidence(float("nan"), (-np.inf, np.inf), 1.0, 1.0)
    centre = float(np.mean(values))
    error = float(np.std(values, ddof=1)) / np.sqrt(n)
    reach = float(stats.t.ppf(1 - alpha, n - 1)) * error
    p_agree = max(_t_above(centre - low, error, n), _t_above(high - centre, error, n))
    p_disagree = 2 * min(_t_above(low - centre, error, n), _t_above(centre - high, error, n))
    return Evidence(centre, (centre - reach, centre + reach), p_agree, min(1.0, p_disagree))


def share_inside(values: np.ndarray, region: Region, share: float, alpha: float) -> Evidence:
    """Evidence that at least `share` of all trials lies in the region: exact binomial, Clopper-Pearson limits."""
    n = len(values)
    inside = int(np.sum(in_region(values, region)))
    p_agree = float(stats.binom.sf(inside - 1, n, share))
    p_disagree = float(stats.binom.cdf(inside, n, share))
    low = float(stats.beta.ppf(alpha, inside, n - inside + 1)) if inside else 0.0
    high = float(stats.beta.ppf(1 - alpha, inside + 1, n - inside)) if inside < n else 1.0
    return Evidence(inside / n, (low, high), p_agree, p_disagree)


def resamples(values: np.ndarray, region: Region, alpha: float) -> Evidence:
    """Evidence from resamples of one data set: percentile interval of the statistic itself.

    Resamples are no trials: they are never averaged, and more of them do not narrow the interval.
    """
    low, high = region
    values = np.where(np.isnan(values), np.inf, values)
    n = len(values)

    def p_value(against: np.ndarray) -> float:
        return (1 + int(np.sum(against))) / (n + 1)

    p_agree = max(p_value(values < low), p_value(values > high))
    p_disagree = 2 * min(p_value(values >= low), p_value(values <= high))
    outer = int(np.sum((1 + np.arange(n)) / (n + 1) <= alpha)) - 1  # how many may lie beyond a limit
    ordered = np.sort(values)
    limits = (float(ordered[outer]), float(ordered[n - 1 - outer])) if outer >= 0 else (-np.inf, np.inf)
    return Evidence(_median(values), limits, p_agree, min(1.0, p_disagree))


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


def median_interval(values: np.ndarray, alpha: float) -> tuple[float, float]:
    """Order-statistic limits of the median, each one-sided at level `alpha`; infinite if there are too few values."""
    n = len(values)
    ordered = np.sort(values)
    outer = int(stats.binom.ppf(alpha, n, 0.5))
    while outer >= 0 and stats.binom.cdf(outer, n, 0.5) > alpha:
        outer -= 1
    if outer < 0:
        return -np.inf, np.inf
    return float(ordered[outer]), float(ordered[n - 1 - outer])


def _median(values: np.ndarray) -> float:
    """Median that stays defined with infinities of both signs."""
    ordered = np.sort(values)
    below, above = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return below if below == above else (below + above) / 2


def _binomial_upper_tail(n: int, chance: float):
    return lambda count: float(stats.binom.sf(int(count) - 1, n, chance))


def _t_above(excess: float, error: float, n: int) -> float:
    """One-sided p-value for a mean that exceeds a bound by `excess`."""
    if error == 0:
        return 0.0 if excess >= 0 else 1.0
    return float(stats.t.sf(excess / error, n - 1))
