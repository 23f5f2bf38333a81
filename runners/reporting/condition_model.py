"""What a report says of one condition: where it stands, its trials, and what is drawn of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from runners.reporting.columns import InColumns
from runners.reporting.report_parts import (
    AxisValue,
    Condition,
    DrawnRow,
    DrawnRows,
    Limits,
    Number,
    Part,
    Row,
    Status,
)

MEASURED = ("agrees", "disagrees", "undecided")
"""Statuses of a condition that was judged on its trials."""


class Curve(Part):
    """An array observable over its last axis: a picture of the phenomenon, drawn and never judged."""

    observable: str
    """What is drawn."""
    axis: str
    """Over what."""
    x: Row
    """Places on that axis."""
    trials: tuple[DrawnRows, ...]
    """By trial, one or several curves of it: one trial where all are told together."""
    middle: DrawnRow | None = None
    """The median over all trials, where each has one curve."""
    low: DrawnRow | None = None
    """Its smallest value there."""
    high: DrawnRow | None = None
    """Its largest one."""
    of: int | None = None
    """How many trials these are of."""
    rows: str | None = None
    """What tells a trial's curves apart, where it has several."""
    row_values: Row | None = None
    """Its values, a curve each."""


class Points(Part):
    """What a fold was made of: the measurements along the folded axis, over the trials."""

    along: str
    """The folded axis."""
    fold: str
    """How they are folded."""
    x: tuple[AxisValue, ...]
    """Values of the axis."""
    middle: DrawnRow
    """Medians over trials."""
    low: DrawnRow
    """Smallest measurements."""
    high: DrawnRow
    """Largest measurements."""
    predicted: DrawnRow | None = None
    """What is predicted at each value, where the prediction is folded, too."""


class Forecast(Part):
    """Runs that are given, runs ahead of them, and what a law says of these; drawn, never judged."""

    x: str
    """What is across, with its unit."""
    y: str
    """What is up, with its unit."""
    called: str | None = None
    """What the series are, if there are several."""
    series: tuple[str, ...] = ()
    """Their names, by number."""
    given: DrawnRows
    """x, y and series of the runs that are given."""
    ahead: DrawnRows
    """The same of the runs ahead."""
    line: DrawnRows
    """x, y and series of the forecast, and the limits of y in nine of ten trials."""
    limits: DrawnRows = ()
    """Of each run ahead, limits of x and of y in nine of ten trials, where x is what the law says of it; else empty."""


class Example(Part):
    """One trial of a claim about arrays: measured beside predicted."""

    observable: str
    """What was measured."""
    axis: str
    """Over what: its last axis."""
    x: Row
    """Places on that axis."""
    measured: DrawnRows
    """The measured curves."""
    predicted: DrawnRows
    """The predicted ones."""


class ConditionOutcome(Part):
    """What became of one condition under one prediction."""

    status: Status
    """Where it stands."""
    reason: str
    """Why."""
    predicted: Number | None = None
    """Median prediction, in the observable's units; null for arrays."""
    agreement: Number | None = None
    """Measured against predicted: the point estimate of what is judged, null if nothing was."""
    interval: Limits | None = None
    """Its confidence interval."""
    share_in_region: Number | None = None
    """Share of the counted trials that agree."""

    @property
    def judged(self) -> bool:
        """Whether its trials were judged: it has a point of agreement and an interval."""
        return self.status in MEASURED and self.interval is not None


class ConditionReport(ConditionOutcome):
    """A condition under the claim's own prediction, with its trials."""

    condition: Condition
    """The point of the grid, without a folded axis."""
    trials: int
    """Trials looked at, those set aside included."""
    set_aside: int
    """Trials that miss a requirement, or whose fold is undefined."""
    look: int
    """The look that decided, or the last one; 0 before the first."""
    looks: int
    """How many there may be."""
    measured: Number | None = None
    """Median measurement, in the units of the prediction."""
    truth: Number | None = None
    """What a control expects instead: its median."""
    region: Limits | None = None
    """Where it has to lie."""
    p_agree: Number | None = None
    """p-value of the hypothesis that it lies outside."""
    p_disagree: Number | None = None
    """p-value of the hypothesis that it lies inside."""
    values: Row = ()
    """Agreement of each counted trial (the first 32), in five digits."""
    measured_values: Row = ()
    """Their measurements; empty for arrays."""
    predicted_values: Row = ()
    """Their predictions; empty for arrays, and where `predicted` is that of each."""
    example: Example | None = None
    """One trial, of a claim about arrays."""
    points: Points | None = None
    """What the fold was made of, of a claim with one."""
    curves: tuple[Curve, ...] = ()
    """Curves of some trials; of a fold, one at each of its points."""
    forecast: Forecast | None = None
    """Runs given and ahead, of an experiment that records them."""

    @property
    def predictions(self) -> Row:
        """The prediction of each trial in `measured_values`."""
        alike = () if self.predicted is None else (self.predicted,) * len(self.measured_values)
        return self.predicted_values or alike

    @property
    def label(self) -> str:
        """The condition in words."""
        return ", ".join(f"{axis} = {value}" for axis, value in self.condition.items()) or "the only condition"


Conditions = Annotated[tuple[ConditionReport, ...], InColumns(by_name=("condition",))]


class TheoryCurve(Part):
    """What the theory says along an axis of the grid, between the settings that were measured, too."""

    axis: str
    """The axis."""
    rest: Condition
    """The other axes of the conditions that it runs through."""
    x: Row
    """Places on the axis."""
    predicted: DrawnRow
    """What is predicted there."""


def varying_axes(conditions: Sequence[ConditionReport]) -> list[str]:
    """Names of the axes that tell these conditions apart, in the order of the grid."""
    names = dict.fromkeys(name for it in conditions for name in it.condition)
    return [name for name in names if len({repr(it.condition.get(name)) for it in conditions}) > 1]


def most_varied(conditions: Sequence[Mapping[str, AxisValue]]) -> str | None:
    """The axis of the grid that takes most numeric values over these conditions, at least three; else None."""
    counts = {}
    for name in dict.fromkeys(name for it in conditions for name in it):
        values = {it.get(name) for it in conditions}
        if len(values) >= 3 and numeric(values):
            counts[name] = len(values)
    return max(counts, key=counts.__getitem__, default=None)


def numeric(values: Iterable[object]) -> bool:
    """Whether these values of an axis are all numbers."""
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
