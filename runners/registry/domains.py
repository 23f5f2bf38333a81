"""Domains: what a claim's test is drawn from, and the settings that drawn values make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runners.registry import grid
from runners.registry.loaded import LoadedRegistry
from runners.registry.lookup import folded_axis
from runners.registry.schema import USUAL_DRAWS, AxisValue, Domain, Range, Tier
from runners.rule import draws

USUAL_MOST = 45


@dataclass(frozen=True)
class Drawn:
    """A point of an experiment that was drawn: what blocks are made for, beside a tier's own settings."""

    condition: Mapping[str, AxisValue]
    constants: Mapping[str, AxisValue]


def axes(domain: Domain) -> dict[str, draws.Axis]:
    """A domain's axes, as settings are drawn from them."""
    return {
        axis: draws.Range(*written.between, scale=written.scale, whole=written.whole)
        if isinstance(written, Range)
        else written
        for axis, written in domain.axes.items()
    }


def most_draws(name: str, tier: Tier) -> int:
    """How many draws a tier of this name takes at most."""
    if not tier.judged:
        return 0
    return tier.draws if tier.draws is not None else USUAL_DRAWS.get(name, USUAL_MOST)


def held(registry: LoadedRegistry, name: str, domain: Domain) -> dict[str, AxisValue]:
    """Axes that are neither drawn nor folded, each with its value; one with several is absent."""
    claim = registry.falsifiable[name]
    experiment = registry.experiments[claim.experiment]
    conditions = grid.conditions(experiment, None, claim.where)
    found = {}
    for axis in grid.axes(experiment):
        values = {grid.identity(it[axis]): it[axis] for it in conditions if axis in it}
        if axis in domain.where:
            found[axis] = domain.where[axis]
        elif axis not in domain.axes and axis != folded_axis(claim) and len(values) == 1:
            found[axis] = next(iter(values.values()))
    return found


def points(registry: LoadedRegistry, name: str, tier: str, drawn: Mapping[str, AxisValue]) -> list[Drawn]:
    """The points that drawn values make at a tier: one, or one a value of the folded axis."""
    claim, found = registry.falsifiable[name], registry.domain(name)
    assert found is not None
    experiment = registry.experiments[claim.experiment]
    axes, settings = grid.axes(experiment), experiment.tiers[tier]  # type: ignore[index]
    fixed = held(registry, name, found[1])
    condition = {axis: drawn.get(axis, fixed.get(axis)) for axis in axes if axis in drawn or axis in fixed}
    constants = {**settings.constants, **{key: value for key, value in drawn.items() if key not in axes}}
    axis = folded_axis(claim)
    if axis is None:
        return [Drawn(condition, constants)]  # type: ignore[arg-type]
    selected = grid.conditions(experiment, tier, claim.where)
    along = {grid.identity(it[axis]): it[axis] for it in selected if axis in it}
    return [Drawn({**condition, axis: value}, constants) for value in along.values()]  # type: ignore[dict-item]


def described_domain(domain: Domain) -> str:
    """What is drawn, in words."""
    told = []
    for axis, written in domain.axes.items():
        if isinstance(written, list):
            told.append(f"{axis} out of {', '.join(map(str, written))}")
        else:
            low, high = written.between
            told.append(f"{axis} from {low:g} to {high:g}{' (log)' if written.scale == 'log' else ''}")
    return "; ".join(told)


def ends(domain: Domain) -> Iterator[dict[str, Any]]:
    """Drawn values at each end of each axis, the others in their middle: settings that a domain must allow."""
    middle = {axis: _middle(it) for axis, it in domain.axes.items()}
    for axis, written in domain.axes.items():
        values = written if isinstance(written, list) else [_whole(end, written.whole) for end in written.between]
        for value in values:
            yield {**middle, axis: value}


def _middle(written: Any) -> AxisValue:
    if isinstance(written, list):
        return written[0]
    low, high = written.between
    return _whole((low * high) ** 0.5 if written.scale == "log" else (low + high) / 2, written.whole)


def _whole(value: float, whole: bool) -> AxisValue:
    return round(value) if whole else value
