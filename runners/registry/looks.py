"""How many trials a verdict needs: the fewest with which the evidence could decide at all.

Closed forms of the strongest evidence that n trials can give, against the error that one look may spend.
"""

from __future__ import annotations

from collections.abc import Callable

from runners.registry.schema import Agreement

ALPHA = 0.05
"""A claim's error, split evenly over its looks."""
FEWEST_FOR_A_MEAN = 16
_SEARCHED = 1_000_000


def fewest_trials(agreement: Agreement, *, replication: str, looks: int, conditions: int = 1) -> int:
    """Fewest trials at one look with which one of `conditions` conditions can agree and can disagree.

    Disagreement is tested at a look's error / conditions, agreement at a look's error.
    """
    if replication == "none":
        return 1
    if replication == "seeds" and agreement.share is None and agreement.of == "mean":
        return FEWEST_FOR_A_MEAN
    error = ALPHA / looks
    agree, disagree = _best_evidence(agreement.share, replication)
    return next(n for n in range(1, _SEARCHED) if agree(n) <= error and disagree(n) <= error / conditions)


def source_of_evidence(agreement: Agreement, *, replication: str) -> str:
    """What decides, in words."""
    if replication == "none":
        return "a deterministic measurement"
    if replication == "resamples":
        return "a percentile interval of resamples"
    if agreement.share is not None:
        return f"an exact test of a share of {agreement.share}"
    return "Student's t" if agreement.of == "mean" else "two sign tests"


def _best_evidence(share: float | None, replication: str) -> tuple[Callable[[int], float], Callable[[int], float]]:
    """The smallest p-values that n trials can give: if all agree, and if all disagree."""
    if replication == "resamples":
        return lambda n: 1 / (n + 1), lambda n: 2 / (n + 1)
    if share is not None:
        return lambda n: share**n, lambda n: (1 - share) ** n
    return lambda n: 0.5**n, lambda n: 2 * 0.5**n
