"""How many trials a verdict needs: the fewest with which the evidence could decide at all.

Closed forms of the strongest evidence that n trials can give, against the error that one look may spend.
"""

from __future__ import annotations

from runners.rule.intervals import Deterministic, Share, Source
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples

ALPHA = 0.05
"""A claim's error, split evenly over its looks."""
FEWEST_FOR_A_MEAN = 16
"""Trials at every look, if each of them averages at least FEWEST_DRAWS."""
FEWEST_DRAWS = 32
"""With fewer, an event of one draw in a hundred is often not met in any of them: see `tollens calibrate`."""
FEWEST_RESAMPLES = 80
"""Enough to see the outermost twentieth on either side."""
MOST_RESAMPLED_CONDITIONS = 2
"""With more, percentiles far out in a skewed tail refute too often."""
FEWEST_CLUSTERS = 5
"""With fewer, nothing is near enough to a normal for percentiles to be corrected."""
ENOUGH_CLUSTERS = 12
"""With fewer, an edge has to lie more than three standard errors away."""
_SEARCHED = 1_000_000


def fewest_trials(source: Source, *, looks: int, conditions: int = 1) -> int:
    """Fewest trials at one look with which one of `conditions` conditions can agree and can disagree.

    Disagreement is tested at a look's error / conditions, agreement at a look's error.
    """
    match source:
        case Deterministic():
            return 1
        case Mean():
            return FEWEST_FOR_A_MEAN
        case Resamples():
            return FEWEST_RESAMPLES
    error = ALPHA / looks
    return next(
        n
        for n in range(1, _SEARCHED)
        if all(p <= error / k for p, k in zip(_best(source, n), (1, conditions), strict=True))
    )


def _best(source: Source, n: int) -> tuple[float, float]:
    """The smallest p-values that n trials can give: if all agree, and if all disagree."""
    if isinstance(source, Share):
        return source.share**n, (1 - source.share) ** n
    return 0.5**n, 2 * 0.5**n
