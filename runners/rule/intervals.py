"""From trials to evidence: two p-values and an interval, from one of the sources that a claim may name.

Everything above this module asks a `Source` and nothing else. The hypotheses, for a region T = [low, high]:

* `p_agree` tests "the target lies outside T": two one-sided tests, so the larger of the two p-values (an
  intersection-union test needs no correction);
* `p_disagree` tests "the target lies inside T": it may lie below or above, so twice the smaller one.

The target is the median over trials, their mean, the share of trials inside T, or a statistic of resampled data. Sign
tests and the binomial test are exact. Student's t and percentiles are not: skewed data make their one-sided p-values
too small, the more so the farther out in a tail, which is where one of many conditions is refuted. `means` and
`percentiles` say what is done about it.

Trials that are not admitted were set aside, for a requirement or because a fold is undefined, and nobody knows what
they would have said. They count against every decision: as outside T for agreement, as inside T for disagreement. A
requirement that selects trials by their outcome can therefore make neither decision likelier.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import ClassVar

import numpy as np
from scipy import special

Region = tuple[float, float]
Chances = tuple[np.ndarray, np.ndarray]
"""p_agree and p_disagree, one of each a world."""
Limits = tuple[float, float]
UNKNOWN: Limits = (-np.inf, np.inf)


@dataclass(frozen=True)
class Evidence:
    """What the trials of one condition say about one region."""

    point: float
    """Estimate of the target, in the units of the region."""
    interval: Limits
    """Confidence limits: agreement at level `alpha` means that both lie in the region."""
    p_agree: float
    """Chance of evidence this strong for agreement if the target lay outside the region."""
    p_disagree: float
    """Chance of evidence this strong against agreement if the target lay inside it."""


@dataclass(frozen=True)
class Source(ABC):
    """Where the evidence of a claim comes from, with the region that it is about."""

    region: Region
    words: ClassVar[str]
    cost: ClassVar[int] = 1
    """By what a one-sided p-value is multiplied for want of an exact one."""

    @property
    def target_region(self) -> Region:
        """The region in the units of `Evidence`."""
        return self.region

    @abstractmethod
    def chances(self, values: np.ndarray, admitted: np.ndarray) -> Chances:
        """p_agree and p_disagree (...) of values (..., trials) of which so many are admitted (..., trials)."""

    @abstractmethod
    def estimate(self, known: np.ndarray, alpha: float, missing: int) -> tuple[float, Limits]:
        """Point and limits of one condition, from the values (n,) that are admitted and the number of those not."""

    def doubt(self, known: np.ndarray, missing: int) -> str | None:
        """Why such trials decide nothing, however far from an edge they lie; None if they could."""
        return None

    def evidence(self, values: np.ndarray, alpha: float, admitted: np.ndarray | None = None) -> Evidence:
        """All of it for one condition's trials (n,)."""
        values = np.asarray(values, dtype=float)
        admitted = np.ones(values.shape, dtype=bool) if admitted is None else np.asarray(admitted)
        known = values[admitted]
        agree, disagree = self.chances(values, admitted)
        point, limits = self.estimate(known, alpha, len(values) - len(known))
        return Evidence(point, limits, float(agree), float(disagree))


class TypicalTrial(Source):
    """The median by two exact sign tests.

    Distribution-free and indifferent to scale, ties and infinities. If the median lies below `low`, a trial reaches
    `low` with chance at most 1/2, so the count of those that do is at most binomial(n, 1/2); likewise for `high`.
    A value that is not a number counts as the far end of its range.
    """

    words = "two sign tests"

    def chances(self, values: np.ndarray, admitted: np.ndarray) -> Chances:
        low, high = self.region
        tail = tails(values.shape[-1])
        known = np.count_nonzero(admitted, axis=-1)
        below = np.count_nonzero((values < low) & admitted, axis=-1)
        above = np.count_nonzero(~(values <= high) & admitted, axis=-1)  # what is not a number lies there, too
        disagree = 2 * np.minimum(tail[below], tail[above])
        return np.maximum(tail[known - below], tail[known - above]), np.minimum(1.0, disagree)

    def estimate(self, known: np.ndarray, alpha: float, missing: int) -> tuple[float, Limits]:
        ordered = np.sort(np.where(np.isnan(known), np.inf, known))
        return _middle(ordered), _middle_interval(ordered, alpha, missing)


@dataclass(frozen=True)
class Share(Source):
    """At least `share` of all trials lies in the region: exact binomial test, Clopper-Pearson limits."""

    share: float

    @property
    def words(self) -> str:  # type: ignore[override]
        return f"an exact test of a share of {self.share}"

    @property
    def target_region(self) -> Region:
        return self.share, 1.0

    def chances(self, values: np.ndarray, admitted: np.ndarray) -> Chances:
        n = values.shape[-1]
        tail = tails(n, self.share)
        inside = np.count_nonzero(in_region(values, self.region) & admitted, axis=-1)
        missing = n - np.count_nonzero(admitted, axis=-1)
        return tail[inside], 1 - tail[inside + missing + 1]

    def estimate(self, known: np.ndarray, alpha: float, missing: int) -> tuple[float, Limits]:
        n, inside = len(known) + missing, int(np.count_nonzero(in_region(known, self.region)))
        most = inside + missing
        low = float(special.betaincinv(inside, n - inside + 1, alpha)) if inside else 0.0
        high = float(special.betaincinv(most + 1, n - most, 1 - alpha)) if most < n else 1.0
        return inside / len(known), (low, high)


@dataclass(frozen=True)
class Deterministic(Source):
    """One number with a declared numerical error: inside, outside or across an edge."""

    numerical_error: float = 0.0
    words = "a deterministic measurement"

    def chances(self, values: np.ndarray, admitted: np.ndarray) -> Chances:
        first = np.argmax(admitted, axis=-1)[..., None]
        value = np.take_along_axis(values, first, axis=-1)[..., 0]
        low, high = value - self.numerical_error, value + self.numerical_error
        inside = (self.region[0] <= low) & (high <= self.region[1]) & np.isfinite(value)
        outside = (high < self.region[0]) | (low > self.region[1]) | ~np.isfinite(value)
        known = np.any(admitted, axis=-1)
        return np.where(known & inside, 0.0, 1.0), np.where(known & outside, 0.0, 1.0)

    def estimate(self, known: np.ndarray, alpha: float, missing: int) -> tuple[float, Limits]:
        value = float(known[0])
        if np.isnan(value):
            return value, UNKNOWN
        return value, (value - self.numerical_error, value + self.numerical_error)


def in_region(values: np.ndarray, region: Region) -> np.ndarray:
    """Which values lie in the closed region; a value that is not a number does not."""
    return (values >= region[0]) & (values <= region[1])


def median(values: np.ndarray) -> float:
    """Median that stays defined with infinities of both signs."""
    return _middle(np.sort(values))


def _middle(ordered: np.ndarray) -> float:
    """The median of values in their order."""
    below, above = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return below if below == above else (below + above) / 2


def median_interval(values: np.ndarray, alpha: float, missing: int = 0) -> Limits:
    """Order-statistic limits of the median, each one-sided at level `alpha`; infinite if there are too few values.

    Missing values could lie anywhere: below the lower limit, above the upper one.
    """
    return _middle_interval(np.sort(values), alpha, missing)


def _middle_interval(ordered: np.ndarray, alpha: float, missing: int) -> Limits:
    """The same of values in their order."""
    outer = _beyond(len(ordered) + missing, alpha) - 1 - missing
    if outer < 0:
        return UNKNOWN
    return float(ordered[outer]), float(ordered[len(ordered) - 1 - outer])


@lru_cache(maxsize=512)
def _beyond(n: int, alpha: float) -> int:
    """How many of n values lie at a limit of their median or beyond it, on either side."""
    return int(np.count_nonzero(tails(n)[n - n // 2 : n + 1] <= alpha))


@lru_cache(maxsize=512)
def tails(n: int, chance: float = 0.5) -> np.ndarray:
    """(n + 2,): `at_least` for every count from 0 to n + 1."""
    found = special.bdtrc(np.arange(-1, n + 1), n, chance)
    found.flags.writeable = False
    return found


@cache
def at_least(count: int, n: int, chance: float = 0.5) -> float:
    """P(at least `count` of n independent trials succeed)."""
    return float(special.bdtrc(count - 1, n, chance))
