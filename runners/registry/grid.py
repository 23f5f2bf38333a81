"""Conditions: the points of an experiment's grid, and which of them a tier, a claim or a control selects.

A condition is a dict from axis to value. Numbers are equal if their values are (0 and 0.0 are one momentum); true is
no number, and "1" is no number either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

from runners.registry.schema import AxisValue, Experiment, Where

Condition = dict[str, AxisValue]
Places = dict[tuple[str, tuple[str, AxisValue]], list[int]]
Group = tuple[Condition, list[tuple[AxisValue, Condition]]]
"""A condition without the folded axis, and the axis' values with the conditions that lie along it."""


def conditions(experiment: Experiment, tier: str | None, where: Where | None = None) -> list[Condition]:
    """The conditions that a tier runs and `where` selects, in the grid's order, each once.

    Without a tier: the whole grid's; a tier that the experiment does not have runs none. A condition that lacks an axis
    which `where` names is not selected.
    """
    if tier is not None and tier not in experiment.tiers:
        return []
    run = experiment.tiers[tier].where if tier is not None else {}
    unique: dict[frozenset, Condition] = {}
    for axes in experiment.grid:
        made = (dict(zip(axes, values, strict=True)) for values in product(*axes.values()))
        for condition in selected(selected(made, run), where or {}):
            unique.setdefault(key_of(condition), condition)
    return list(unique.values())


def places(conditions: Sequence[Condition]) -> Places:
    """Where in a list of conditions each value of each axis lies."""
    found: Places = {}
    for at, condition in enumerate(conditions):
        for axis, value in condition.items():
            found.setdefault((axis, identity(value)), []).append(at)
    return found


def selected(conditions: Iterable[Condition], where: Where) -> Iterator[Condition]:
    """Those that have one of the wanted values on every axis that `where` names."""
    wanted = [(axis, set(map(identity, listed(values)))) for axis, values in where.items()]
    for condition in conditions:
        if all(axis in condition and identity(condition[axis]) in values for axis, values in wanted):
            yield condition


def folded_groups(conditions: Iterable[Condition], axis: str) -> list[Group]:
    """Conditions that differ along one axis only, ordered along it; groups of fewer than two are left out.

    Numbers are ordered by value; an axis of words keeps the grid's order.
    """
    groups: dict[frozenset, Group] = {}
    for condition in conditions:
        if axis in condition:
            rest = {name: value for name, value in condition.items() if name != axis}
            groups.setdefault(key_of(rest), (rest, []))[1].append((condition[axis], condition))
    complete = [(rest, along) for rest, along in groups.values() if len(along) >= 2]
    return [(rest, sorted(along, key=_number) if _numeric(along) else along) for rest, along in complete]


def axes(experiment: Experiment) -> dict[str, list[AxisValue]]:
    """Every axis of the grid with all its values, each once."""
    values: dict[str, dict[tuple, AxisValue]] = {}
    for axes_of_product in experiment.grid:
        for axis, along in axes_of_product.items():
            values.setdefault(axis, {}).update({identity(value): value for value in along})
    return {axis: list(unique.values()) for axis, unique in values.items()}


def matches(condition: Mapping[str, AxisValue], where: Where) -> bool:
    """Whether a condition has one of the wanted values on every axis that `where` names."""
    return all(
        axis in condition and identity(condition[axis]) in map(identity, listed(wanted))
        for axis, wanted in where.items()
    )


def listed(wanted: AxisValue | list[AxisValue]) -> list[AxisValue]:
    """What `where` wants of an axis, always as a list."""
    return wanted if isinstance(wanted, list) else [wanted]


def key_of(condition: Mapping[str, AxisValue]) -> frozenset:
    """Equal for equal conditions, whatever the order of their axes and the spelling of their numbers."""
    return frozenset((axis, identity(value)) for axis, value in condition.items())


def identity(value: AxisValue) -> tuple[str, AxisValue]:
    """Equal for equal axis values, and only for them: Python takes True for 1."""
    kind = "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
    return kind, value


def described(condition: Mapping[str, AxisValue] | Where) -> str:
    """A condition in words."""
    return ", ".join(f"{axis} = {value}" for axis, value in condition.items()) or "the only condition"


def _numeric(along: list[tuple[AxisValue, Condition]]) -> bool:
    return all(identity(value)[0] == "number" for value, _ in along)


def _number(entry: tuple[AxisValue, Condition]) -> float:
    return float(entry[0])
