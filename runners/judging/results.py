"""What judging yields: claims' verdicts with the cells, controls, rivals and contests behind them.

A *cell* is one condition as a claim sees it: a single point of the grid or, under a fold, all points along an axis.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from runners.registry.schema import FoldedPrediction
from runners.rule.contests import Contestant
from runners.rule.verdicts import ConditionVerdict, ControlVerdict, Outcome

Prediction = float | str | FoldedPrediction
"""What is predicted: a number, a theory function, or one along a fold."""

if TYPE_CHECKING:
    from runners.judging.reaching import ReachResult


@dataclass(frozen=True)
class Cell:
    """One condition as a claim sees it."""

    experiment: str
    condition: Mapping[str, Any]
    """Without the folded axis."""
    points: tuple[Mapping[str, Any], ...]
    """Full conditions: one, or one a value of the folded axis."""
    axis_values: tuple[Any, ...] = ()

    @property
    def label(self) -> str:
        inside = ", ".join(f"{axis} = {value}" for axis, value in self.condition.items())
        return inside or self.experiment


@dataclass(frozen=True)
class Use:
    """A cell in the service of a claim."""

    claim: str
    cell: Cell
    role: Literal["main", "control", "shown"]
    conditions: int = 1
    """How many main conditions the claim has."""


@dataclass(frozen=True)
class CellResult:
    """A cell's verdict with the numbers behind it, one entry a trial."""

    cell: Cell
    verdict: ConditionVerdict
    values: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Agreement values: ratio, difference or distance."""
    measured: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Scalars (trials,); empty for arrays."""
    predicted: np.ndarray = field(default_factory=lambda: np.empty(0))
    truth: np.ndarray = field(default_factory=lambda: np.empty(0))
    """What a control expects instead."""
    region: tuple[float, float] = (-np.inf, np.inf)
    """In the units of the evidence: of agreement, or of a share."""
    share_in_region: float | None = None
    known: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))
    """Which trials meet the requirements and are defined, whether looked at or not."""
    curves: Mapping[str, Any] | None = None
    """One trial's measured and predicted arrays."""


@dataclass(frozen=True)
class ControlResult:
    """A control with its cells."""

    position: int
    verdict: ControlVerdict
    cells: tuple[CellResult, ...]


@dataclass(frozen=True)
class RivalResult:
    """A rival's fate on the claim's own trials."""

    name: str
    outcome: Outcome
    reason: str
    cells: tuple[CellResult, ...]
    bits: float | None = None
    separable: bool = False
    """Whether some condition keeps its region apart from the claim's, so that trials can refute it together."""


@dataclass(frozen=True)
class ClaimResult:
    """A verdict with everything that led to it."""

    claim: str
    outcome: Outcome
    reason: str
    cells: tuple[CellResult, ...] = ()
    controls: tuple[ControlResult, ...] = ()
    rivals: tuple[RivalResult, ...] = ()
    shown: tuple[CellResult, ...] = ()
    contest: tuple[Contestant, ...] = ()
    """The claim's prediction and its rivals, best first; empty without rivals, and while nothing is measured."""
    bits: float | None = None
    bits_risked: float | None = None
    agrees_to_within: float | None = None
    severity: tuple[float, float] | None = None
    reach: ReachResult | None = None
    """What draws out of the claim's domain say; None without a domain."""

    def without_trials(self) -> ClaimResult:
        """The verdict on the claim and on its conditions: what is kept of it when many are judged."""
        cells = tuple(CellResult(it.cell, it.verdict) for it in self.cells)
        return replace(self, cells=cells, controls=(), rivals=(), shown=(), contest=())

    def contradicts(self, expect: str, expect_reach: str | None = None) -> bool:
        """Whether the verdict or the reach speaks against what was expected."""
        if self.reach is not None and self.reach.contradicts(expect_reach):
            return True
        if self.outcome is Outcome.VACUOUS:
            return expect != "vacuous"
        decided = self.outcome in (Outcome.SUPPORTED, Outcome.REFUTED, Outcome.PARTLY)
        return decided and expect not in ("open", self.outcome.word)
