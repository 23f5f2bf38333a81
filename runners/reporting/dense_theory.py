"""What a theory says between the settings that were measured: drawn, never judged.

A theory function is asked at many places of one axis where that can be done without training: it reads the setting
alone, or what it was given is the same in every condition along the axis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from runners.judging.judge import Judge
from runners.judging.predicting import TheoryError
from runners.judging.results import CellResult, ClaimResult
from runners.records.samples import Sample
from runners.registry.schema import Claim, Folded, FoldedPrediction
from runners.reporting.condition_model import TheoryCurve, most_varied

Group = tuple[dict[str, Any], list[Mapping[str, Any]]]
"""The axes that conditions share, and the conditions."""
POINTS = 64
MOST_TRIALS = 7
CLOSE = 0.01
"""Relative distance to the typical prediction at every setting within which a curve stands for it."""
GEOMETRIC = 5.0
"""An axis that spans more than this factor has its places at equal ratios."""


def theory_curves(judge: Judge, claim: Claim, result: ClaimResult) -> list[TheoryCurve]:
    """A curve for each set of conditions that differ along one axis: the most varied one, or that of the fold."""
    theory = claim.predicted.of if isinstance(claim.predicted, FoldedPrediction) else claim.predicted
    if not isinstance(theory, str) or claim.agreement.by == "distance":
        return []
    cells = [*result.cells, *result.shown]
    folded = claim.measured if isinstance(claim.measured, Folded) else None
    if folded and not isinstance(claim.predicted, FoldedPrediction):
        return []  # it predicts what the fold is, and no value at a place
    axis = next(iter(folded.along)) if folded else most_varied([it.cell.condition for it in cells])
    if axis is None:
        return []
    groups = [(dict(it.cell.condition), list(it.cell.points)) for it in cells] if folded else _along(axis, cells)
    found = (_curve(judge, theory, cells[0].cell.experiment, axis, rest, points) for rest, points in groups)
    return [curve for curve in found if curve is not None]


def places(values: Sequence[float]) -> list[float]:
    """Where a theory is asked: the values themselves, and places between them; whole where they are."""
    low, high = min(values), max(values)
    between = np.geomspace if low > 0 and high / low > GEOMETRIC else np.linspace
    dense = between(low, high, POINTS).tolist()
    if all(isinstance(value, int) for value in values):
        dense = [round(value) for value in dense]
    return sorted({*values, *dense})


def _along(axis: str, cells: Sequence[CellResult]) -> Iterable[Group]:
    groups: dict[str, Group] = {}
    for it in cells:
        rest = {name: value for name, value in it.cell.condition.items() if name != axis}
        if axis in it.cell.condition:
            groups.setdefault(repr(rest), (rest, []))[1].append(it.cell.condition)
    return groups.values()


def _curve(
    judge: Judge, theory: str, experiment: str, axis: str, rest: dict[str, Any], points: Sequence[Mapping[str, Any]]
) -> TheoryCurve | None:
    """The theory over these points' axis; None where it cannot be asked between them."""
    constants = judge.registry.experiments[experiment].tiers[judge.tier].constants  # type: ignore[index]
    found = [judge.samples.sample(experiment, point, constants) for point in points]
    samples = [sample for sample in found if sample is not None]
    values = [sample.setting[axis] for sample in samples]
    if len(samples) < 3 or not all(isinstance(it, int | float) and not isinstance(it, bool) for it in values):
        return None
    if len(dense := places(values)) == len(set(values)):
        return None  # whole numbers, with none between them
    try:
        trial, true = _typical(judge, theory, samples)
    except (TheoryError, TypeError):
        return None
    given = _common([sample.given(trial) for sample in samples])
    for known in ({}, given) if given else ({},):
        try:
            asked = [({**samples[0].setting, axis: x}, known) for x in dense]
            predicted = [float(value) for value in judge.ask(theory, asked)]
        except (TheoryError, TypeError):
            continue
        if np.allclose([predicted[dense.index(x)] for x in values], true, rtol=CLOSE, equal_nan=True):
            return TheoryCurve(axis=axis, rest=rest, x=np.array(dense, dtype=float), predicted=np.array(predicted))
    return None


def _typical(judge: Judge, theory: str, samples: Sequence[Sample]) -> tuple[int, np.ndarray]:
    """The trial whose predictions lie nearest to the medians over trials, and these."""
    fewest = min(MOST_TRIALS, *(sample.trials for sample in samples))
    trials = range(fewest - 1 + fewest % 2)  # odd, so that one of them is the median
    said = np.array([[float(judge.predict_alone(theory, sample, t)) for t in trials] for sample in samples])
    middle = np.median(said, axis=1)
    off = np.max(np.abs(said - middle[:, None]), axis=0)
    return (int(np.nanargmin(off)) if np.any(np.isfinite(off)) else 0), middle


def _common(givens: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Of what was given, what is the same at every point."""
    first, *others = givens
    return {name: array for name, array in first.items() if all(_equal(array, it.get(name)) for it in others)}


def _equal(one: np.ndarray, other: np.ndarray | None) -> bool:
    return other is not None and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
