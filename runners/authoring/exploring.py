"""Exploring: a few trials of a claim, in this process, under seeds that no record uses, and kept nowhere.

Seeds are hashed from their purpose, too: what is tuned on these trials is tuned to none that will be judged. Main and
control take the judge's own path.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import fsspec
import numpy as np

from runners.judging.judge import Judge
from runners.judging.results import Cell, CellResult
from runners.measuring.contract import ContractError
from runners.measuring.planning import Planner, Point
from runners.measuring.worker import check_trial, prepare, run_block
from runners.records.samples import Samples
from runners.records.store import Store
from runners.registry.loaded import LoadedRegistry
from runners.registry.schema import Claim, Control
from runners.registry.tiers import TIERS
from runners.reporting.explaining import missed
from runners.whereabouts import place


class Tried(NamedTuple):
    """A control, what its first condition gave, and how many conditions it has."""

    control: Control
    result: CellResult
    conditions: int


@dataclass(frozen=True)
class Exploration:
    """A claim's trials: a result a condition, with one number a trial, and none a verdict."""

    tier: str
    main: tuple[CellResult, ...]
    missed: tuple[tuple[str, ...], ...]
    """Of each of these, what its trials miss of what is required."""
    controls: tuple[Tried, ...]
    breaches: Mapping[str, str]
    """How experiments broke their contract, where the trials themselves do not tell: by name."""
    rounded: Mapping[str, Sequence[str]]
    """Where rounding alone tells a trial alone from the same in a block: by experiment."""
    seconds: float

    @property
    def results(self) -> list[CellResult]:
        return [*self.main, *(tried.result for tried in self.controls)]


def explore(
    registry: LoadedRegistry, name: str, tier: str, *, conditions: int = 2, trials: int = 2, controls: bool = True
) -> Exploration:
    """The first and the last conditions of a claim at a tier, and the first one of each control, with a few trials."""
    claim = registry.claims[name]
    assert isinstance(claim, Claim)
    started = time.monotonic()
    planner = Planner(registry, tier)
    address = f"memory://exploring-{uuid.uuid4().hex}"
    try:
        samples = Samples(Store(address), planner.lineages(registry.experiments), purpose="explore")
        judge = Judge(registry, tier, samples)
        main = _spread(judge.main_cells(claim), conditions)
        guards = judge.control_cells(claim) if controls else []
        guarding = [(position, cells) for position, cells in enumerate(guards) if cells]
        points = {
            point.key: point
            for cell in [*main, *(cells[0] for _, cells in guarding)]
            for point in (Point(cell.experiment, condition) for condition in cell.points)
        }
        breaches: dict[str, str] = {}
        rounded: dict[str, Sequence[str]] = {}
        for point in points.values():
            once = registry.experiments[point.experiment].replication == "none"
            block = planner.block(point, range(1 if once else trials), purpose="explore")
            if run_block(block, address, {}).status == "ok" and point.experiment not in {*breaches, *rounded}:
                try:
                    measured = Store(address).get(block.experiment, block.identity).observables
                    rounded[point.experiment] = check_trial(block, measured)
                except ContractError as error:
                    breaches[point.experiment] = str(error)
                except (Exception, SystemExit) as error:
                    problem = f"of another block, or of a trial alone: {type(error).__name__}: {error} ({place(error)})"
                    breaches[point.experiment] = f"{problem}; a block may have any number of trials"
        results = tuple(judge.judge_cell(claim, cell) for cell in main)
        return Exploration(
            tier,
            results,
            tuple(tuple(told for told, _ in missed(judge, claim, result)) for result in results),
            tuple(
                Tried(
                    claim.controls[position],
                    judge.judge_cell(claim, cells[0], truth=_known(claim.controls[position].truth), requirements=False),
                    len(cells),
                )
                for position, cells in guarding
            ),
            breaches,
            rounded,
            time.monotonic() - started,
        )
    finally:
        files, root = fsspec.core.url_to_fs(address)
        if files.exists(root):
            files.rm(root, recursive=True)


def explored_given(
    registry: LoadedRegistry, experiment: str, condition: Mapping[str, Any], tier: str
) -> dict[str, np.ndarray]:
    """What an experiment gives at a condition, of one trial: arrays (1, ...)."""
    return prepare(Planner(registry, tier).block(Point(experiment, condition), range(1), purpose="explore"))


def smallest_tier(registry: LoadedRegistry, name: str) -> str | None:
    """The first tier that judges a claim."""
    claim = registry.claims[name]
    assert isinstance(claim, Claim)
    for tier in TIERS:
        size = registry.experiments[claim.experiment].tiers.get(tier)  # type: ignore[call-overload]
        if size is not None and size.judged:
            judge = Judge(registry, tier, Samples(Store("memory://nothing"), {}))
            if judge.main_cells(claim):
                return tier
    return None


def _spread(cells: Sequence[Cell], most: int) -> list[Cell]:
    """So many of the cells, from the first to the last."""
    if len(cells) <= most:
        return list(cells)
    return [cells[round(i)] for i in np.linspace(0, len(cells) - 1, most)]


def _known(truth: float | str) -> float | str | None:
    """A control's truth, if it is written already."""
    return truth if not isinstance(truth, str) or ":" in truth else None
