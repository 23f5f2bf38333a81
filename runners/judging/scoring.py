"""Bits: what a claim risks by its region, what it earned, and what a rival that stands leaves of it.

Only laws about a scalar risk any; no corollaries, whose records have told of another claim, and no comparisons of
backends, which test code. Nobody's folklore earns them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from runners.judging.results import CellResult, RivalResult
from runners.registry.loaded import LoadedRegistry
from runners.registry.schema import Claim, Folded
from runners.rule import scores
from runners.rule.comparison import region_in_units
from runners.rule.intervals import in_region, median
from runners.rule.verdicts import Outcome

STANDING = (Outcome.SUPPORTED, Outcome.PARTLY, Outcome.INCONCLUSIVE)
"""What a rival may be that is not refuted."""


def quantity_of(registry: LoadedRegistry, claim: Claim) -> str | None:
    """The type of what a claim is about: ratio, exponent, share, cosine; None for others."""
    if claim.agreement.by == "ratio":
        return "ratio"
    if isinstance(claim.measured, Folded):
        return "exponent" if "slope" in claim.measured.along.values() else None
    return registry.experiments[claim.experiment].observables[claim.measured].quantity


def risked(registry: LoadedRegistry, claim: Claim, results: Sequence[CellResult]) -> float | None:
    """Bits that a prediction earns if it is right: those of the condition that risks least; None if nothing is."""
    backends = isinstance(claim.measured, Folded) and "backend" in claim.measured.along
    if claim.kind != "law" or claim.corollary_of or backends:
        return None
    declared = (
        claim.measured
        if isinstance(claim.measured, Folded)
        else registry.experiments[claim.experiment].observables[claim.measured]
    )
    quantity, bits = quantity_of(registry, claim), []
    for result in results:
        if result.predicted.ndim != 1 or not len(result.predicted):
            continue
        predicted = _typical(result.predicted)
        if not math.isfinite(predicted):
            return 0.0
        between, scale = scores.range_of(quantity, predicted, declared.between, declared.scale)
        if between is not None:
            bits.append(scores.bits_risked(between, _region(claim, predicted), scale=scale))
    return min(bits, default=None)


def with_bits(
    registry: LoadedRegistry, claim: Claim, outcome: Outcome, main: Sequence[CellResult], rivals: Sequence[RivalResult]
) -> tuple[float | None, tuple[RivalResult, ...]]:
    """The bits of a claim, and its rivals with theirs: each over the best of the others that stands.

    None of them has any where nothing is judged.
    """
    if outcome is Outcome.NOT_JUDGED:
        return None, tuple(rivals)
    entries: list[tuple[Outcome, Sequence[CellResult], str]] = [(outcome, main, claim.held_by)]
    entries += [(rival.outcome, rival.cells, claim.rivals[rival.name].held_by) for rival in rivals]
    standing = [cells if it in STANDING else None for it, cells, _ in entries]
    found = []
    for number, (it, cells, held_by) in enumerate(entries):
        bits = scores.bits_earned(it, risked(registry, claim, cells), kind=claim.kind, held_by=held_by)
        if bits is not None and bits > 0:
            others = [other for n, other in enumerate(standing) if other is not None and n != number]
            bits = min([bits, *(max(apart) for other in others if (apart := list(_apart(claim, cells, other))))])
        found.append(bits)
    return found[0], tuple(replace(rival, bits=bits) for rival, bits in zip(rivals, found[1:], strict=True))


def _apart(claim: Claim, own: Sequence[CellResult], other: Sequence[CellResult]) -> Iterator[float]:
    """Bits that separate two predictions, by condition; none if the other lies beyond the first's T in one of them."""
    pairs = [
        (_typical(one.predicted), _typical(two.predicted))
        for one, two in zip(own, other, strict=True)
        if one.predicted.ndim == two.predicted.ndim == 1 and len(one.predicted) and len(two.predicted)
    ]
    by_ratio = claim.agreement.by == "ratio"
    compared = [theirs / ours if by_ratio and ours else theirs - ours for ours, theirs in pairs]
    if pairs and np.all(in_region(np.array(compared), claim.agreement.within)):
        for ours, theirs in pairs:
            yield scores.bits_over(_region(claim, theirs), _region(claim, ours), scale="log" if by_ratio else "linear")


def _typical(predicted: np.ndarray) -> float:
    """The median prediction; not a number if any is none."""
    return math.nan if np.isnan(predicted).any() else median(predicted)


def _region(claim: Claim, predicted: float) -> scores.Limits:
    """T in the observable's units; of a ratio in its size, as its range is."""
    by = claim.agreement.by
    return region_in_units(by, claim.agreement.within, math.fabs(predicted) if by == "ratio" else predicted)
