"""Where a law holds: a map over the grid, inside its stated domain and beyond; how the discrepancy goes with size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.figures import Frame, few
from leaderboard.marks import SHAPES, css_class
from leaderboard.quantities import number_text, value_text
from leaderboard.summaries import condition_text
from leaderboard.svg import percent
from runners.reporting.condition_model import MEASURED, ConditionReport, numeric, varying_axes
from runners.reporting.report_model import ClaimReport

SIZES = ("width", "samples", "size", "rows", "dimension", "inputs", "members", "features", "images", "depth", "steps")
"""Axes along which a theory of a limit is expected to become exact."""
MARKS = {"agrees": "●", "disagrees": "■", "undecided": "○"}


@dataclass(frozen=True)
class Spot:
    """One cell of the map."""

    text: str
    status: str
    judged: bool
    edge: str
    """Class names of the sides on which the boundary of validity runs."""


@dataclass(frozen=True)
class ValidityMap:
    """Conditions as a table: columns along one axis, a row for each combination of the others."""

    axis: str
    columns: list[str]
    rows: list[tuple[str, list[Spot | None]]]


def validity_map(claim: ClaimReport) -> ValidityMap | None:
    """Conditions that were judged or shown, at their places in the grid; None for fewer than two."""
    conditions = [c for c in claim.everything if c.status in MEASURED]
    names = varying_axes(conditions)
    if len(conditions) < 2 or not names:
        return None
    found = {name: {repr(value): value for value in _along(conditions, name)} for name in names}
    axis = max(names, key=lambda name: (len(found[name]), numeric(found[name].values())))
    columns = list(found[axis].values())
    columns = sorted(columns) if numeric(columns) else columns
    others = [name for name in names if name != axis]
    placed: dict[str, dict[str, ConditionReport]] = {}
    for condition in conditions:
        row = condition_text(condition.condition, others)
        placed.setdefault(row, {})[repr(condition.condition.get(axis))] = condition
    return ValidityMap(
        axis,
        [value_text(value) for value in columns],
        [(row, _spots(claim, [cells.get(repr(value)) for value in columns])) for row, cells in placed.items()],
    )


def discrepancy_figure(claim: ClaimReport) -> tuple[str, Markup] | None:
    """(axis, figure): distance from exact agreement against the size of network or data, on logarithmic axes."""
    region, conditions = claim.region, [c for c in claim.everything if c.agreement is not None]
    varying = varying_axes(conditions)
    axis = next((name for name in SIZES if name in varying and numeric(_along(conditions, name))), None)
    if axis is None or not (region.compares_trials or region.by == "distance"):
        return None
    points = [
        (float(c.condition[axis]), distance, c)
        for c in conditions
        if axis in c.condition and 0 < (distance := abs(c.agreement - region.exact)) < math.inf
    ]
    if len({x for x, _, _ in points}) < 2:
        return None
    xs = [x for x, _, _ in points]
    edges = [abs(edge - region.exact) for edge in (region.low, region.high) if 0 < abs(edge - region.exact) < math.inf]
    ys = [y for _, y, _ in points] + edges
    frame = Frame(
        Axis.around(xs, logarithmic=spans_decades(xs, factor=2.5), margin=0.08),
        Axis.around(ys, logarithmic=min(ys) > 0, margin=0.08),
        f"distance from exact agreement against {axis}",
        height=200,
        marks=few(xs),
    )
    for edge in edges[-1:]:
        top = frame.down(edge)
        frame.svg.add("rect", "region", x="0", y=top, width="100%", height=frame.down(frame.y.low) - top)
    for x, y, condition in points:
        status = condition.status if condition in claim.conditions else "shown"
        frame.svg.marker(SHAPES.get(status, "plus"), f"point {css_class(status)}", x=percent(frame.x.fraction(x)),
                         y=frame.down(y), title=f"{condition.label}: {number_text(y)}")  # fmt: skip
    return axis, frame.svg.markup()


def _spots(claim: ClaimReport, conditions: Sequence[ConditionReport | None]) -> list[Spot | None]:
    spots: list[Spot | None] = []
    for i, condition in enumerate(conditions):
        if condition is None:
            spots.append(None)
            continue
        before = conditions[i - 1] if i else None
        crossed = before is not None and (before.status == "agrees") != (condition.status == "agrees")
        spots.append(
            Spot(
                f"{MARKS[condition.status]} {number_text(condition.agreement)}",
                condition.status,
                condition in claim.conditions,
                "boundary" if crossed else "",
            )
        )
    return spots


def _along(conditions: Sequence[ConditionReport], name: str) -> list[Any]:
    return [c.condition.get(name) for c in conditions]
