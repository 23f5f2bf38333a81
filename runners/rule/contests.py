"""Contests: which of several predictions of one observable came closest, pair by pair on the same trials.

For a pair a, b let d = e_a^2 - e_b^2 in one trial of one condition, where e is a prediction's error: the difference,
the logarithm of the ratio, or the distance. d < 0 just if a lies closer, and for single numbers d is linear in the
measurement m, (a - b)(a + b - 2m). A pair is tested once, with the claim's own source of evidence, for d < 0 (a closer)
and for d > 0 (b closer):

* the typical trial and shares: an exact sign test of whether a is closer in more conditions of the typical trial than b
  is; a trial that counts in no condition, and one with equal scores, counts against both;
* the mean: Student's t on the mean over trials of d, summed over conditions in units of the variance of each one's
  measurement: for normal errors twice the log likelihood ratio. Its expectation is negative just if the expected
  measurements lie closer to a;
* resamples: the percentile rule on the resamples' d, in each of k conditions; one that is closer in one condition and
  farther in none wins;
* a deterministic measurement: the point midway between a and b is farther away than the numerical error, in more
  conditions on one side than on the other.

Only trials that every condition reached take part: later ones would be decided by the conditions that were hard to
judge. A prediction that fails is infinitely far. If neither is closer, one is said to be with chance at most ALPHA: the
two sides and the m looks (the trials ended at one of them) share it, ALPHA / (2 m) each, by the union bound; k
conditions of resamples share it again. What is not shown is a tie, and equal predictions always tie.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from runners.rule.intervals import Deterministic, Source, at_least
from runners.rule.looks import ALPHA
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples

OWN = "this claim"
"""The name under which a claim's own prediction enters."""

ROUNDING = 1e-9
"""Errors that differ by less than this part of themselves are equal, ..."""
FLOOR = 1e-12
"""... or by less than this: a formula coded twice."""


@dataclass(frozen=True)
class Tally:
    """Trials in which one prediction lay closer than another, summed over conditions."""

    wins: int
    losses: int
    equal: int


@dataclass(frozen=True)
class Contestant:
    """One prediction's standing among its rivals."""

    name: str
    rank: int
    """1 + how many beat it: those that tie share a rank."""
    beats: tuple[str, ...]
    ties: tuple[str, ...]
    loses_to: tuple[str, ...]
    closer: Mapping[str, Tally]


def errors(by: str, values: np.ndarray) -> np.ndarray:
    """How far agreement values lie from perfect agreement: log ratio, difference or distance; or infinitely far."""
    if by == "ratio":
        with np.errstate(divide="ignore", invalid="ignore"):
            values = np.log(values)
    return np.where(np.isfinite(values), values, np.inf)


def contest(entries: Mapping[str, np.ndarray], source: Source, *, looks: int = 1) -> tuple[Contestant, ...]:
    """The contestants, best first.

    `entries` holds each one's errors (conditions, trials), NaN where a trial does not count; `source` is the claim's.
    """
    verdicts = {}
    tallies: dict[str, dict[str, Tally]] = {name: {} for name in entries}
    for first, second in combinations(entries, 2):
        excess = _excess(entries[first], entries[second])
        wins, losses = int(np.sum(excess < 0)), int(np.sum(excess > 0))
        equal = int(np.sum(excess == 0))
        tallies[first][second], tallies[second][first] = Tally(wins, losses, equal), Tally(losses, wins, equal)
        if isinstance(source, Deterministic):
            verdicts[first, second] = _nearer_end(entries[first], entries[second], source.numerical_error)
        else:
            verdicts[first, second] = _closer(excess, source, ALPHA / (2 * looks))
        verdicts[second, first] = -verdicts[first, second]
    contestants = []
    for name in entries:
        others = {other: verdicts[name, other] for other in entries if other != name}
        beats, ties, loses_to = (
            tuple(other for other, verdict in others.items() if verdict == wanted) for wanted in (1, 0, -1)
        )
        contestants.append(Contestant(name, 1 + len(loses_to), beats, ties, loses_to, tallies[name]))
    return tuple(sorted(contestants, key=lambda contestant: contestant.rank))


def _excess(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(conditions, trials): squared error of the first beyond the second's, 0 where equal or both infinite."""
    first, second = np.abs(first), np.abs(second)
    with np.errstate(invalid="ignore"):
        equal = (np.abs(first - second) <= FLOOR + ROUNDING * np.minimum(first, second)) | (
            np.isinf(first) & np.isinf(second)
        )
        return np.where(equal, 0.0, first**2 - second**2)


def _closer(excess: np.ndarray, source: Source, level: float) -> int:
    """1 if the first is shown to be closer, -1 if the second is, 0 if neither."""
    if not np.nan_to_num(excess).any():
        return 0
    shown = {Resamples: _resampled, Mean: _expected}.get(type(source), _typical)
    below = replace(source, region=(-np.inf, 0.0))
    return int(shown(excess, below, level)) - int(shown(-excess, below, level))


def _nearer_end(first: np.ndarray, second: np.ndarray, numerical_error: float) -> int:
    """The same for deterministic errors (conditions, 1) with signs: the midpoint lies |a + b|/2 from the truth."""
    excess = _excess(first, second)
    decided = (excess != 0) & ~(np.abs(first + second) <= 2 * numerical_error)
    return -int(np.sign(np.sum(np.sign(excess[decided]))))


def _typical(excess: np.ndarray, source: Source, level: float) -> bool:
    """Whether the typical trial's excess is negative."""
    score = np.nansum(np.sign(excess), axis=0)
    return at_least(int(np.count_nonzero(score < 0)), len(score)) <= level


def _expected(excess: np.ndarray, source: Source, level: float) -> bool:
    """Whether the expected excess is negative; trials that are set aside in a condition make it unknown."""
    total = np.sum(excess, axis=0)
    return bool(source.chances(total, ~np.isnan(total))[0] <= level)


def _resampled(excess: np.ndarray, source: Source, level: float) -> bool:
    """Whether the statistic's excess is negative in some condition."""
    agree, _ = source.chances(excess, ~np.isnan(excess))
    return bool(np.any(np.any(np.nan_to_num(excess), axis=1) & (agree <= level / len(excess))))
