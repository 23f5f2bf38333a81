"""How many trials a verdict needs: the fewest with which the evidence could decide at all.

Closed forms of the strongest evidence that n trials can give, against the error that one look may spend.
"""

from __future__ import annotations

from collections.abc import Callable

from runners.registry.schema import Agreement

ALPHA = 0.05
"""A claim's error, split evenly over its looks."""
FEWEST_FOR_A_MEAN = 16
"""Trials at every look, if each of them averages at least FEWEST_DRAWS."""
FEWEST_DRAWS = 32
"""With fewer, averages of log-normal draws (skewness 6) are called inside too often: see `tollens calibrate`."""
FEWEST_RESAMPLES = 80
"""Enough to see the outermost twentieth on either side."""
MOST_RESAMPLED_CONDITIONS = 2
"""With more, percentiles far out in a skewed tail refute too often."""
FEWEST_CLUSTERS = 9
"""With fewer, no percentile interval is honest."""
ENOUGH_CLUSTERS = 30
"""With fewer, it is honest up to the skewness of exponential clusters (2), not of log-normal ones (6)."""
_SEARCHED = 1_000_000


def fewest_trials(agreement: Agreement, *, replication: str, looks: int, conditions: int = 1) -> int:
    """Fewest trials at one look with which one of `conditions` conditions can agree and can disagree.

    Disagreement is tested at a look's error / conditions, agreement at a look's error.
    """
    if replication == "none":
        return 1
    if replication == "seeds" and agreement.share is None and agreement.target == "mean":
        return FEWEST_FOR_A_MEAN
    if replication == "resamples":
        return FEWEST_RESAMPLES
    error = ALPHA / looks
    agree, disagree = _best_evidence(agreement.share)
    return next(n for n in range(1, _SEARCHED) if agree(n) <= error and disagree(n) <= error / conditions)


def fewest_draws(conditions: int) -> int:
    """Fewest draws that a trial of a mean must average: refuting one of many goes far out into a skewed tail."""
    return FEWEST_DRAWS + 2 * max(0, conditions - 8)


def source_of_evidence(agreement: Agreement, *, replication: str) -> str:
    """What decides, in words."""
    if replication == "none":
        return "a deterministic measurement"
    if replication == "resamples":
        return "a percentile interval of resamples"
    if agreement.share is not None:
        return f"an exact test of a share of {agreement.share}"
    return "Student's t" if agreement.target == "mean" else "two sign tests"


def _best_evidence(share: float | None) -> tuple[Callable[[int], float], Callable[[int], float]]:
    """The smallest p-values that n trials can give: if all agree, and if all disagree."""
    if share is not None:
        return lambda n: share**n, lambda n: (1 - share) ** n
    return lambda n: 0.5**n, lambda n: 2 * 0.5**n
