"""What trials can see, computed before any of them is run.

Exact for sign tests and shares, where a trial only tells on which side of an edge it lies: the chances of all looks
follow from the binomial distribution. For means from the noncentral t of the last look, for resamples from the normal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from runners.rule.intervals import Deterministic, Share, Source, at_least
from runners.rule.looks import ALPHA
from runners.rule.means import MOST, Mean
from runners.rule.percentiles import Resamples

CAUGHT = 0.99
"""Chance with which the detectable deviation is called outside by the last look."""
MOST_INSIDE = 0.95
"""Share of trials inside the region of a law that is right, unless the region is too narrow for the noise."""

Decides = Callable[[int, int], bool]


@dataclass(frozen=True)
class Power:
    """What a source of evidence can see with these looks, in each of so many conditions."""

    source: Source
    looks: tuple[int, ...]
    conditions: int
    caught_share: float | None
    """Share of a condition's trials beyond an edge that is called outside with chance CAUGHT; None if it never is."""
    caught_deviations: float
    """What `detectable` says."""
    supported: float | None
    """Chance that all conditions agree if what is `supposed` is so; None where that says nothing."""

    @property
    def sentence(self) -> str:
        trials = f"{self.looks[-1]} {'resamples' if isinstance(self.source, Resamples) else 'trials'} at most"
        if isinstance(self.source, Deterministic):
            return "sees any deviation larger than twice its numerical error"
        if np.isinf(self.caught_deviations):
            seen = f"can catch no deviation with chance {CAUGHT:g}"
        elif isinstance(self.source, Share):
            seen = f"catches {self.caught_share:.1%} of trials outside with chance {CAUGHT:g}"
        else:
            unit = "standard errors" if isinstance(self.source, Resamples) else "standard deviations of a trial"
            share = f" ({self.caught_share:.1%} of trials)" if self.caught_share is not None else ""
            seen = f"catches {self.caught_deviations:.2f} {unit} beyond an edge{share} with chance {CAUGHT:g}"
        if self.supported is None:
            return f"{trials}: {seen}"
        return f"{trials}: {seen}; supported with chance {self.supported:.2g} if {self.supposed}"

    @property
    def supposed(self) -> str:
        """Of a law that is right: what `supported` takes for granted."""
        if isinstance(self.source, Mean):
            return "noise is normal and small"
        return f"{MOST_INSIDE:.0%} of trials lie inside"


def power(source: Source, looks: tuple[int, ...], conditions: int) -> Power:
    """What these looks can see in each of so many conditions."""
    share: float | None = None
    alone: float | None = None
    skewness = 0.0
    if isinstance(source, Mean):
        skewness = np.sqrt(6 / looks[-1])  # one standard error of it
        alone = chance_of_skewness(MOST * np.sqrt(looks[-1]), looks[-1])
    elif not isinstance(source, Deterministic | Resamples):
        share, alone = _by_sides(_stated(source), looks, len(looks), conditions)
    deviations = detectable(source, looks, conditions=conditions, skewness=skewness)
    return Power(source, looks, conditions, share, deviations, None if alone is None else alone**conditions)


def detectable(
    source: Source, looks: tuple[int, ...], *, split: int | None = None, conditions: int = 1, skewness: float = 0.0
) -> float:
    """Distance of the target beyond an edge that is called outside with chance CAUGHT; infinite if none is.

    In standard deviations of a trial with normal noise; of the statistic, if resampled; in numerical errors, if
    deterministic. `skewness` is what trials of a mean, or resamples, show of it on the side of the edge. The error is
    split over `split` looks, these if it is not given.
    """
    alpha = ALPHA / (split or len(looks)) / conditions
    match source:
        case Deterministic():
            return 2.0
        case Resamples():
            return source.needed(alpha / 2, skewness) + float(special.ndtri(CAUGHT))
        case Mean():
            return _mean_deviations(looks[-1], source.needed_t(alpha / 2, looks[-1], skewness))
    share, _ = _by_sides(_stated(source), looks, split or len(looks), conditions)
    return np.inf if share is None else float(special.ndtri(share))


def chance_of_skewness(most: float, trials: int) -> float:
    """That the skewness of so many normal trials is at most this on either side (D'Agostino 1970; at least 8)."""
    n = trials
    biased = most * (n - 2) / np.sqrt(n * (n - 1))
    kurtosis = 3 * (n**2 + 27 * n - 70) * (n + 1) * (n + 3) / ((n - 2) * (n + 5) * (n + 7) * (n + 9))
    width = np.sqrt(2 * (kurtosis - 1)) - 1
    scaled = biased * np.sqrt((n + 1) * (n + 3) / (6 * (n - 2))) / np.sqrt(2 / (width - 1))
    return max(0.0, float(2 * special.ndtr(np.arcsinh(scaled) / np.sqrt(np.log(width) / 2)) - 1))


def _stated(source: Source) -> float | None:
    return source.share if isinstance(source, Share) else None


@cache
def _by_sides(target: float | None, looks: tuple[int, ...], split: int, conditions: int) -> tuple[float | None, float]:
    """Detectable share, and the chance that one condition of a law that is right agrees; many claims share them."""
    agree, disagree = deciding(target, looks=split, conditions=conditions)
    return detectable_share(looks, agree, disagree), chances(looks, 1 - MOST_INSIDE, agree, disagree)[0]


def deciding(share: float | None, *, looks: int, conditions: int) -> tuple[Decides, Decides]:
    """When a condition agrees and disagrees, as functions of (trials outside, trials): medians, or a share inside."""
    alpha = ALPHA / looks
    if share is None:
        return (
            lambda outside, n: at_least(n - outside, n) <= alpha,
            lambda outside, n: 2 * at_least(outside, n) <= alpha / conditions,
        )
    return (
        lambda outside, n: at_least(n - outside, n, share) <= alpha,
        lambda outside, n: 1 - at_least(n - outside + 1, n, share) <= alpha / conditions,
    )


def chances(looks: Sequence[int], outside: float, agree: Decides, disagree: Decides) -> tuple[float, float, float]:
    """Chances to agree and to disagree, and the mean number of trials, if each trial lies outside with this chance.

    Between looks the number outside grows by a binomial one; what a look decides leaves the distribution.
    """
    return _chances(looks, outside, _decided(looks, agree, disagree))


def _decided(looks: Sequence[int], agree: Decides, disagree: Decides) -> list[tuple[np.ndarray, np.ndarray]]:
    """By look and by the number of trials outside: whether it agrees, whether it disagrees."""
    decided = []
    for look in looks:
        inside = np.array([agree(count, look) for count in range(look + 1)])
        beyond = np.array([disagree(count, look) for count in range(look + 1)])
        decided.append((inside, beyond & ~inside))
    return decided


def _chances(
    looks: Sequence[int], outside: float, decided: Sequence[tuple[np.ndarray, np.ndarray]]
) -> tuple[float, float, float]:
    undecided = np.ones(1)  # by the number of trials outside
    agrees = disagrees = trials = 0.0
    before = 0
    for look, (inside, beyond) in zip(looks, decided, strict=True):
        trials += float(np.sum(undecided)) * (look - before)
        undecided = np.convolve(undecided, _binomial(look - before, outside))
        agrees += float(np.sum(undecided[inside]))
        disagrees += float(np.sum(undecided[beyond]))
        undecided = np.where(inside | beyond, 0.0, undecided)
        before = look
    return agrees, disagrees, trials


def detectable_share(
    looks: Sequence[int], agree: Decides, disagree: Decides, *, caught: float = CAUGHT
) -> float | None:
    """Smallest share of trials beyond an edge with which a condition is called outside with this chance.

    None if even unanimous trials are not: then the last look is too small for so many conditions.
    """
    decided = _decided(looks, agree, disagree)

    def enough(outside: float) -> bool:
        return _chances(looks, outside, decided)[1] >= caught

    return _threshold(enough, 0.0, 1.0) if enough(1.0) else None


@cache
def _mean_deviations(trials: int, needed: float) -> float:
    """Distance of a mean beyond an edge, in standard deviations of a trial, with which t is as large as needed."""
    if not np.isfinite(needed):
        return np.inf

    def enough(distance: float) -> bool:
        return 1 - float(special.nctdtr(trials - 1, distance * np.sqrt(trials), needed)) >= CAUGHT

    return _threshold(enough, 0.0, (needed + 10) / np.sqrt(trials) * 2)


def _threshold(enough: Callable[[float], bool], low: float, high: float) -> float:
    """Where `enough` turns from false to true, to 1e-7 of the bracket."""
    width = high - low
    while high - low > 1e-7 * width:
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return (low + high) / 2


def _binomial(n: int, chance: float) -> np.ndarray:
    """Probabilities of 0 to n successes; scipy.stats, which has them, takes half a second to import."""
    successes = np.arange(n + 1)
    ways = special.gammaln(n + 1) - special.gammaln(successes + 1) - special.gammaln(n - successes + 1)
    return np.exp(ways + special.xlogy(successes, chance) + special.xlog1py(n - successes, -chance))
