"""Any condition of an experiment, on the grid or off it, measured here and now on seeds that no record uses.

Nothing is stored. What is explored is never evidence: settings are chosen with it, and the record is drawn afresh.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from runners.measuring.planning import Planner, Point
from runners.measuring.worker import compute, prepare
from runners.records.blocks import Block
from runners.registry import grid
from runners.registry.grid import Condition
from runners.registry.loaded import LoadedRegistry
from runners.registry.mistakes import suggestion
from runners.registry.schema import AxisValue, Experiment
from runners.registry.tiers import TIERS


class UnknownName(ValueError):
    """A name or a value that the registry does not have; the message says what it has."""


def known(name: str, names: Sequence[str] | Mapping[str, Any], kind: str) -> str:
    """The name, if it is one of these."""
    if name not in names:
        raise UnknownName(f"no {kind} is called {name!r}; {suggestion(name, names)}")
    return name


def tier_of(name: str, experiment: Experiment, tier: str | None) -> str:
    """The name of a tier of an experiment, by default of the smallest that is judged."""
    sizes = [size for size in TIERS if size in experiment.tiers]
    chosen = tier or next((size for size in sizes if experiment.tiers[size].judged), sizes[0])
    if chosen not in experiment.tiers:
        raise UnknownName(f"{name} has no tier {chosen!r}; it has {', '.join(experiment.tiers)}")
    return chosen


def chosen_conditions(
    name: str, experiment: Experiment, tier: str, wanted: Mapping[str, Any]
) -> tuple[list[Condition], dict[str, AxisValue]]:
    """The conditions that these values make, and the tier's constants with those that they change.

    A value or a list of them for each axis; `...` is all that the tier runs. The other axes take the values of one
    condition, the grid's first that has these axes and words. Numbers need not lie in the grid; words must.
    """
    constants = dict(experiment.tiers[tier].constants)  # type: ignore[index]
    axes, run = grid.axes(experiment), grid.conditions(experiment, tier)
    for key in wanted:
        if key not in axes and key not in constants:
            raise UnknownName(
                f"{name} has no axis or constant {key!r}; {suggestion(key, [*axes, *constants], most=30)}"
            )
    values = {axis: _values(name, axis, wanted[axis], axes[axis], run) for axis in wanted if axis in axes}
    words: grid.Where = {axis: listed for axis, listed in values.items() if not all(map(_is_number, listed))}
    home = next(
        (
            condition
            for condition in [*run, *grid.conditions(experiment, None)]
            if values.keys() <= condition.keys() and grid.matches(condition, words)
        ),
        None,
    )
    if home is None:
        raise UnknownName(f"{name} has no condition with {grid.described(wanted)}: its grid does not combine them")
    combinations = (dict(zip(values, combination, strict=True)) for combination in product(*values.values()))
    unique = {grid.key_of(values): {**home, **values} for values in combinations}
    changed = {key: value for key, value in wanted.items() if key not in axes}
    return list(unique.values()), {**constants, **changed}


def _values(name: str, axis: str, wanted: Any, declared: Sequence[AxisValue], run: Sequence[Condition]) -> list:
    if wanted is ...:
        return list({grid.identity(point[axis]): point[axis] for point in run if axis in point}.values())
    listed = list(wanted) if isinstance(wanted, list | tuple | range | np.ndarray) else [wanted]
    plain = [value.item() if isinstance(value, np.generic) else value for value in listed]
    numeric, identities = any(map(_is_number, declared)), set(map(grid.identity, declared))
    for value in plain:
        if not (numeric and _is_number(value)) and grid.identity(value) not in identities:
            raise UnknownName(f"{name} has no {axis} {value!r}; {suggestion(value, declared)}")
    return plain


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Course:
    """One experiment at one size: what its trials are made of."""

    registry: LoadedRegistry
    experiment: str
    tier: str
    constants: Mapping[str, AxisValue]

    @classmethod
    def at(cls, registry: LoadedRegistry, experiment: str, tier: str) -> Course:
        """With the tier's own constants."""
        return cls(registry, experiment, tier, registry.experiments[experiment].tiers[tier].constants)  # type: ignore[index]

    def measure(self, condition: Condition, repeats: Sequence[int]) -> dict[str, np.ndarray]:
        """Every observable of these trials, (trials, ...), measured in this process."""
        return self._joined(condition, repeats, lambda block: compute(block)[1])

    def given(self, condition: Condition, repeats: Sequence[int]) -> dict[str, np.ndarray]:
        """What theories may read of these trials, (trials, ...): prepared from their seeds, nothing is trained."""
        return self._joined(condition, repeats, prepare)

    def _joined(
        self, condition: Condition, repeats: Sequence[int], work: Callable[[Block], Mapping[str, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """The trials in portions of the tier's block, as a run computes them."""
        planner, point = Planner(self.registry, self.tier), Point(self.experiment, condition)
        size = self.registry.experiments[self.experiment].tiers[self.tier].block  # type: ignore[index]
        parts, order = [], []
        for portion in sorted({repeat // size for repeat in repeats}):
            rows = [row for row, repeat in enumerate(repeats) if repeat // size == portion]
            start, stop = min(repeats[row] for row in rows), max(repeats[row] for row in rows) + 1
            block = planner.block(point, range(start, stop), purpose="explore")
            done = work(replace(block, constants=dict(self.constants)))
            inside = [repeats[row] - start for row in rows]
            parts.append({name: array[inside] for name, array in done.items()})
            order += rows
        as_asked = np.argsort(order)
        return {name: np.concatenate([part[name] for part in parts])[as_asked] for name in parts[0]}
