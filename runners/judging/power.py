"""What a claim's trials can see, computed before any of them is run.

Exact for sign tests and shares, where a trial only tells on which side of an edge it lies: the chances of all looks
follow from the binomial distribution. For means from the noncentral t of the last look, for resamples from the normal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from runners.judging.intervals import SKEWNESS_COST, at_least, needed_score
from runners.judging.verdicts import ALPHA
from runners.registry import grid
from runners.registry.loaded import LoadedRegistry
from runners.registry.looks import ENOUGH_CLUSTERS, source_of_evidence
from runners.registry.mistakes import Mistake
from runners.registry.schema import Claim, Experiment, Folded

CAUGHT = 0.99
"""Chance with which the detectable deviation is called outside by the last look."""
LIKELY = 0.8
MOST_INSIDE = 0.95
"""Share of trials inside the region of a law that is right, unless the region is too narrow for the noise."""

Decides = Callable[[int, int], bool]


@dataclass(frozen=True)
class Power:
    """What one claim can see at one tier."""

    claim: str
    tier: str
    source: str
    looks: tuple[int, ...]
    conditions: int
    caught_share: float | None
    """Share of a condition's trials beyond an edge that is called outside with chance CAUGHT; None if it never is."""
    caught_deviations: float
    """Distance of the target beyond an edge that is, in standard deviations of a trial (of the statistic, if resampled)
    with normal noise; infinite if none is."""
    supported: float | None
    """Chance that the claim is supported if MOST_INSIDE of all trials lie inside; None where trials do not tell."""

    @property
    def sentence(self) -> str:
        trials = f"{self.looks[-1]} {'resamples' if 'resamples' in self.source else 'trials'} at most"
        if self.source == "a deterministic measurement":
            return "sees any deviation larger than twice its numerical error"
        if np.isinf(self.caught_deviations):
            seen = f"can catch no deviation with chance {CAUGHT:g}"
        elif "share" in self.source and self.caught_share is not None:
            seen = f"catches {self.caught_share:.1%} of trials outside with chance {CAUGHT:g}"
        else:
            unit = "standard errors" if "resamples" in self.source else "standard deviations of a trial"
            share = f" ({self.caught_share:.1%} of trials)" if self.caught_share is not None else ""
            seen = f"catches {self.caught_deviations:.2f} {unit} beyond an edge{share} with chance {CAUGHT:g}"
        if self.supported is None:
            return f"{trials}: {seen}"
        return f"{trials}: {seen}; supported with chance {self.supported:.2g} if {MOST_INSIDE:.0%} lie inside"


def powers(registry: LoadedRegistry) -> Iterator[Power]:
    """Power of every claim at every tier that runs it."""
    for name, claim in registry.falsifiable.items():
        experiment = registry.experiments[claim.experiment]
        for tier, settings in experiment.tiers.items():
            if conditions := _conditions(claim, experiment, tier):
                yield power(name, claim, experiment, tier, tuple(settings.trials), conditions)


def power(name: str, claim: Claim, experiment: Experiment, tier: str, looks: tuple[int, ...], conditions: int) -> Power:
    """What one claim with these looks and conditions can see."""
    source = source_of_evidence(claim.agreement, replication=experiment.replication)
    by_mean = claim.agreement.share is None and claim.agreement.target == "mean"
    share: float | None = None
    supported: float | None = None
    if experiment.replication == "none":
        deviations = 0.0
    elif experiment.replication == "resamples":
        clusters = experiment.clusters or ENOUGH_CLUSTERS
        deviations = needed_score(ALPHA / conditions / (2 * SKEWNESS_COST["resamples"]), clusters, 0.0) + float(
            special.ndtri(CAUGHT)
        )
    elif by_mean:
        deviations = mean_deviations(looks[-1], alpha=ALPHA / len(looks) / conditions)
    else:
        share, alone = _by_sides(claim.agreement.share, looks, conditions)
        deviations = np.inf if share is None else float(special.ndtri(share))
        supported = alone**conditions
    return Power(name, tier, source, looks, conditions, share, deviations, supported)


@cache
def _by_sides(target: float | None, looks: tuple[int, ...], conditions: int) -> tuple[float | None, float]:
    """Detectable share, and the chance that one condition of a law that is right agrees; many claims share them."""
    agree, disagree = deciding(target, looks=len(looks), conditions=conditions)
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
def mean_deviations(trials: int, *, alpha: float, caught: float = CAUGHT) -> float:
    """Distance of a mean beyond an edge, in standard deviations of a trial, that one look catches with this chance."""
    limit = -float(special.stdtrit(trials - 1, alpha / (2 * SKEWNESS_COST["mean"])))

    def enough(distance: float) -> bool:
        return 1 - float(special.nctdtr(trials - 1, distance * np.sqrt(trials), limit)) >= caught

    return _threshold(enough, 0.0, (limit + 10) / np.sqrt(trials) * 2)


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


def warnings(registry: LoadedRegistry) -> list[Mistake]:
    """Settings that are honest but unlikely to decide anything, or known to be rough."""
    found = []
    for it in powers(registry):
        claim = registry.falsifiable[it.claim]
        path = ("experiments", claim.experiment, "tiers", it.tier, "trials")
        if it.supported is not None and it.supported < LIKELY:
            among = f" in all {it.conditions} conditions" if it.conditions > 1 else ""
            problem = (
                f"{it.claim} would be supported with chance {it.supported:.2g} only, "
                f"even if {MOST_INSIDE:.0%} of trials lie inside{among}"
            )
            found.append(registry.mistake(path, problem, "add trials to the last look"))
    for name, experiment in registry.experiments.items():
        if experiment.clusters is not None and experiment.clusters < ENOUGH_CLUSTERS:
            problem = (
                f"percentiles of {experiment.clusters} clusters hold their error up to the skewness of exponential "
                "ones only"
            )
            found.append(
                registry.mistake(("experiments", name, "clusters"), problem, f"{ENOUGH_CLUSTERS} clusters are enough")
            )
    return list(dict.fromkeys(found))


def _conditions(claim: Claim, experiment: Experiment, tier: str) -> int:
    selected = grid.conditions(experiment, tier, claim.where)
    if isinstance(claim.measured, Folded):
        return len(grid.folded_groups(selected, next(iter(claim.measured.along))))
    return len(selected)
