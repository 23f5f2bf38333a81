"""Blind injections: copies of claims with predictions known to be wrong go through the judge beside the claims.

Each run judges a few of its own conditions again, under a prediction displaced by just the deviation that its trials
catch with chance 0.99. Which ones, and to which side, follows from hashing what the run measured: nobody chooses. A
copy that is not caught means that something between records and verdicts is broken, or a spread is not what it seemed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from runners.judging.judge import Judge, Said
from runners.judging.results import Cell, CellResult, ClaimResult
from runners.registry.evidence import source_of
from runners.registry.schema import Claim, Experiment
from runners.rule.means import moments
from runners.rule.power import CAUGHT, detectable
from runners.rule.verdicts import Status

if TYPE_CHECKING:
    from hashlib import _Hash as HASH

MOST = 5
"""Copies that a run judges."""


@dataclass(frozen=True)
class Displacement:
    """A wrong prediction made of a right one: times `factor`, less `shift`."""

    factor: float = 1.0
    shift: float = 0.0

    def of(self, predicted: np.ndarray) -> np.ndarray:
        return predicted * self.factor - self.shift


@dataclass(frozen=True)
class Copy:
    """One condition of a claim under a displaced prediction, and whether it was called outside."""

    claim: str
    condition: str
    displacement: Displacement
    caught: bool


class DisplacedJudge(Judge):
    """The same judge on the same trials, with every prediction displaced."""

    def __init__(self, judge: Judge, displacement: Displacement):
        super().__init__(judge.registry, judge.tier, judge.samples, alone=judge.alone)
        self._displacement = displacement

    def _predicted(self, *arguments: Any, **settings: Any) -> Said:
        return [self._displacement.of(value) for value in super()._predicted(*arguments, **settings)]


def injections(judge: Judge, results: Iterable[ClaimResult], identity: str) -> dict[str, Any]:
    """What was injected, how much of it was caught, and how much should have been; `identity` is the run's."""
    copies = inject(judge, list(results), identity)
    return {
        "injected": len(copies),
        "caught": sum(copy.caught for copy in copies),
        "expected": round(CAUGHT * len(copies), 2),
        "copies": [
            {
                "claim": copy.claim,
                "condition": copy.condition,
                "factor": copy.displacement.factor,
                "shift": copy.displacement.shift,
                "caught": copy.caught,
            }
            for copy in copies
        ],
    }


def inject(judge: Judge, results: Sequence[ClaimResult], identity: str) -> list[Copy]:
    """Judge the copies that the run's identity selects, at most one of each claim."""
    start = sha256(f"{identity}/".encode())  # names every record of a run: read once
    candidates = sorted(_candidates(judge, results), key=lambda it: _rank(start.copy(), it[0], it[1], it[2]))
    copies: dict[str, Copy] = {}
    for name, cell, side in candidates:
        if name in copies or len(copies) == MOST:
            continue
        claim = judge.registry.claims[name]
        assert isinstance(claim, Claim)
        displacement = detectable_displacement(judge, claim, judge.judge_cell(claim, cell), side)
        if displacement is not None:
            copy = DisplacedJudge(judge, displacement).judge_cell(claim, cell)
            caught = copy.verdict.status is Status.DISAGREES
            copies[name] = Copy(name, cell.label, displacement, caught)
    return list(copies.values())


def detectable_displacement(judge: Judge, claim: Claim, result: CellResult, side: int) -> Displacement | None:
    """The displacement that moves a condition's trials as far above (1) or below (-1) the region as they can tell.

    The distance is in standard deviations of the recorded agreement values. None where the trials at hand cannot tell,
    or where the region is open on that side.
    """
    experiment = judge.registry.experiments[claim.experiment]
    trials = min(sample.trials for sample in _samples(judge, result.cell))
    values = result.values[np.isfinite(result.values)]
    skewness = -side * float(moments(values)[2]) if len(values) > 2 else 0.0
    deviations = _deviations(claim, experiment, judge.tier, trials, skewness)
    edge = claim.agreement.within[1 if side > 0 else 0]
    if deviations is None or not np.isfinite(edge) or len(values) == 0:
        return None
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else (claim.agreement.numerical_error or 0.0)
    centre = float(np.mean(values)) if claim.agreement.target == "mean" else float(np.median(values))
    width = claim.agreement.within[1] - claim.agreement.within[0]
    # Equal trials, perhaps on the edge itself, which is inside: they have to be moved by something.
    reach = max(deviations * spread, 1e-6 * max(abs(centre), abs(edge), width if np.isfinite(width) else 1.0))
    near = centre - side * reach  # what has to come to lie on the edge
    if claim.agreement.by == "difference":
        return Displacement(shift=edge - near)
    if claim.agreement.by == "ratio":
        return Displacement(factor=near / edge) if near > 0 and edge > 0 else None
    # |m - (1 + d) p| >= d |p| - |m - p|, so a relative distance of at least (d - v) / (1 + d)
    far = centre + reach
    return Displacement(factor=1 + (edge + far) / (1 - edge)) if side > 0 and edge < 1 else None


def _deviations(claim: Claim, experiment: Experiment, tier: str, trials: int, skewness: float) -> float | None:
    """How far beyond an edge, in standard deviations of the trials at hand, is caught with chance CAUGHT."""
    every = experiment.tiers[tier].trials  # type: ignore[index]
    looks = [look for look in every if look <= trials]
    if not looks:
        return None
    found = detectable(source_of(claim.agreement, experiment), tuple(looks), split=len(every), skewness=skewness)
    return found if np.isfinite(found) else None


def _candidates(judge: Judge, results: Iterable[ClaimResult]) -> Iterator[tuple[str, Cell, int]]:
    """Conditions that agree, with either side: there a displaced prediction has to disagree."""
    for result in results:
        claim: Any = judge.registry.claims[result.claim]
        for cell in result.cells:
            if cell.verdict.status is Status.AGREES:
                for side in (1,) if claim.agreement.by == "distance" else (1, -1):
                    yield result.claim, cell.cell, side


def _samples(judge: Judge, cell: Cell) -> Iterator[Any]:
    constants: Mapping[str, Any] = judge.registry.experiments[cell.experiment].tiers[judge.tier].constants  # type: ignore[index]
    for point in cell.points:
        yield judge.samples.sample(cell.experiment, point, constants)


def _rank(run: HASH, claim: str, cell: Cell, side: int) -> str:
    run.update(f"{claim}/{cell.label}/{side}".encode())
    return run.hexdigest()
