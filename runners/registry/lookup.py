"""What the checks look up again and again: conditions, dotted names and what modules import, each found once."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from runners.registry import grid
from runners.registry.loaded import LoadedRegistry
from runners.registry.mistakes import KeyPath
from runners.registry.names import Resolved, UnresolvedName, resolve
from runners.registry.schema import AxisValue, Claim, Experiment, Folded, FoldedPrediction, Where

Quantity = float | str | FoldedPrediction
"""What a claim, a rival or a control may predict."""


class Prediction(NamedTuple):
    """A predicted quantity and where it is written."""

    path: KeyPath
    quantity: Quantity

    @property
    def function(self) -> str | None:
        """Dotted name of its theory function, if it is computed by one."""
        if isinstance(self.quantity, FoldedPrediction):
            return self.quantity.of
        return self.quantity if isinstance(self.quantity, str) else None

    @property
    def function_path(self) -> KeyPath:
        return (*self.path, "of") if isinstance(self.quantity, FoldedPrediction) else self.path


class Lookup:
    """A registry with memory."""

    def __init__(self, registry: LoadedRegistry):
        self.registry = registry
        self._conditions: dict[tuple[str, str | None], list[grid.Condition]] = {}
        self._places: dict[tuple[str, str | None], grid.Places] = {}
        self._axes: dict[str, dict[str, dict[tuple[str, AxisValue], AxisValue]]] = {}
        self._names: dict[str, Resolved | UnresolvedName] = {}

    def conditions(self, experiment: str, tier: str | None, where: Where | None = None) -> list[grid.Condition]:
        """Conditions of an experiment that a tier runs and `where` selects."""
        key = (experiment, tier)
        if key not in self._conditions:
            self._conditions[key] = grid.conditions(self.registry.experiments[experiment], tier)
            self._places[key] = grid.places(self._conditions[key])
        every, places, where = self._conditions[key], self._places[key], where or {}
        if not where:
            return list(every)
        # only where the rarest of the wanted values lies can all of them lie
        found = [
            [places.get((axis, grid.identity(value)), []) for value in grid.listed(wanted)]
            for axis, wanted in where.items()
        ]
        rarest = min(found, key=lambda along: sum(map(len, along)))
        return list(grid.selected((every[at] for at in sorted(set().union(*rarest))), where))

    def axes(self, experiment: str) -> dict[str, dict[tuple[str, AxisValue], AxisValue]]:
        """Every axis of an experiment's grid, with its values by their identity."""
        if experiment not in self._axes:
            found = grid.axes(self.registry.experiments[experiment])
            self._axes[experiment] = {axis: {grid.identity(it): it for it in along} for axis, along in found.items()}
        return self._axes[experiment]

    def resolve(self, dotted: str) -> Resolved:
        """File and definition of a dotted name; raises UnresolvedName."""
        if dotted not in self._names:
            try:
                self._names[dotted] = resolve(dotted, self.registry.search_path)
            except UnresolvedName as error:
                self._names[dotted] = error
        found = self._names[dotted]
        if isinstance(found, UnresolvedName):
            raise found
        return found

    def closure(self, module: str) -> dict[str, Path]:
        """Own modules that a module loads; raises UnresolvedName."""
        return self.registry.code.closure(module)

    def third_party(self, module: str) -> set[str]:
        """What a module and its closure import from elsewhere; raises UnresolvedName."""
        return self.registry.code.third_party(module)

    @cached_property
    def theory_modules(self) -> dict[str, str]:
        """Modules that hold a theory function, with a claim that names each."""
        return {
            function.partition(":")[0]: claim
            for claim, written in self.registry.falsifiable.items()
            for prediction in predictions(claim, written)
            if (function := prediction.function)
        }

    def experiment(self, name: str) -> Experiment | None:
        return self.registry.experiments.get(name)


def predictions(name: str, claim: Claim) -> list[Prediction]:
    """Everything that a claim predicts: its own value, its rivals', its controls' truths."""
    path: KeyPath = ("claims", name)
    return [
        Prediction((*path, "predicted"), claim.predicted),
        *(Prediction((*path, "rivals", rival, "predicted"), it.predicted) for rival, it in claim.rivals.items()),
        *(Prediction((*path, "controls", number, "truth"), it.truth) for number, it in enumerate(claim.controls)),
    ]


def observable(claim: Claim) -> str:
    """The observable that a claim measures, folded or not."""
    return claim.measured.of if isinstance(claim.measured, Folded) else claim.measured


def folded_axis(claim: Claim) -> str | None:
    """The axis along which a claim folds."""
    return next(iter(claim.measured.along)) if isinstance(claim.measured, Folded) else None
