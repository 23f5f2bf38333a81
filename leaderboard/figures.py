"""Figures of a claim's page: measured against predicted, and curves of one trial."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise

from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.marks import SHAPES, css_class
from leaderboard.quantities import finite, number_text, tick_texts
from leaderboard.summaries import condition_text
from leaderboard.svg import Svg, inside, percent
from runners.reporting.condition_model import ConditionReport, Example, TheoryCurve, most_varied
from runners.reporting.region import Region
from runners.reporting.report_model import ClaimReport
from runners.reporting.report_parts import AxisValue

# Vertical layout of a plot, in pixels: the frame, and room for the numbers below it.
TOP, FRAME, BELOW, LINE = 8.0, 240.0, 24.0, 15.0
FITS = 40
"""Letters that stand beside each other below a plot on a phone."""


class Frame:
    """A plot: x in percent of the width, y in pixels from the top; numbers left of the frame lie in its margin.

    `marks` are the x values to name, where round numbers would not do; `names` what to call them, if not by number, and
    `rows` what to call y values. Long names stand on two lines in turn.
    """

    def __init__(
        self,
        x: Axis,
        y: Axis,
        label: str,
        *,
        height: float = FRAME,
        kind: str = "plot",
        marks: Sequence[float] = (),
        names: Mapping[float, str] | None = None,
        rows: Mapping[float, str] | None = None,
    ):
        self.x, self.y, self.height = x, y, height
        called = (names or {}).values()
        in_turn = LINE if len(called) * max(map(len, called), default=0) > FITS else 0.0
        self.svg = Svg(TOP + height + BELOW + in_turn, label, kind=kind)
        self.svg.add("rect", "frame", x="0", y=TOP, width="100%", height=height)
        for tick, text in (rows or dict(zip(y.ticks(), tick_texts(y.ticks()), strict=True))).items():
            at = self.down(tick)
            self.svg.add("line", "grid", x1="0", x2="100%", y1=at, y2=at)
            self.svg.add("text", "label", text=text, x=-7, y=at + 4, text_anchor="end")
        named = marks or x.ticks()
        for i, (tick, text) in enumerate(zip(named, tick_texts(named), strict=True)):
            at = percent(x.fraction(tick))
            self.svg.add("line", "grid", x1=at, x2=at, y1=TOP, y2=TOP + height)
            below = TOP + height + 16 + i % 2 * in_turn
            self.svg.add("text", "label", text=(names or {}).get(tick, text), x=at, y=below, text_anchor="middle")
        # Shapes that percentages cannot describe live in a square of 100 x 100 that is stretched over the frame.
        self.square = self.svg.add(
            "svg",
            "square",
            x="0",
            y=TOP,
            width="100%",
            height=height,
            viewBox="0 0 100 100",
            preserveAspectRatio="none",
        )

    def down(self, value: float) -> float:
        """Pixels from the top for a y value, held within the frame."""
        return TOP + self.height * (1 - min(1.0, max(0.0, self.y.fraction(value))))

    def point(self, x: float, y: float) -> str:
        return f"{100 * self.x.fraction(x):.2f},{100 * (1 - self.y.fraction(y)):.2f}"

    def shows(self, y: float) -> bool:
        """Whether a value is finite and, on a logarithmic axis, positive."""
        return math.isfinite(self.y.fraction(y))

    def reaches(self, x: float) -> bool:
        """Whether the axis has a place for a value: a logarithmic one has none for zero."""
        return math.isfinite(self.x.fraction(x))

    def band(self, kind: str, points: Iterable[tuple[float, float, float]]) -> None:
        """The area between (x, low, high), held within the frame; it breaks where an edge is undefined."""
        held = [(x, *map(self._held, edges)) for x, *edges in points if self.reaches(x)]
        for defined, piece in groupby(held, key=lambda it: not any(map(math.isnan, it))):
            if defined and len(there := list(piece)) > 1:
                outline = [(x, low) for x, low, _ in there] + [(x, high) for x, _, high in reversed(there)]
                shape = " ".join(self.point(x, y) for x, y in outline)
                self.svg.add("polygon", kind, parent=self.square, points=shape)

    def _held(self, y: float) -> float:
        return y if math.isnan(y) else min(self.y.high, max(self.y.low, y))

    def line(self, kind: str, points: Iterable[tuple[float, float]]) -> None:
        """A line through those of the points that the axis can show."""
        shown = " ".join(self.point(x, y) for x, y in points if self.reaches(x) and self.shows(y))
        self.svg.add("polyline", kind, parent=self.square, points=shown)


def measured_figure(claim: ClaimReport) -> Markup | None:
    """Scalars: measured over the grid's most varied numeric axis, with each prediction and its region.

    Without such an axis measured is drawn over predicted; None where there is nothing to compare by eye.
    """
    conditions = drawn(claim)
    if not claim.region.compares_trials or not conditions:
        return None
    axis = numeric_axis(conditions)
    if axis is not None:
        return _over_axis(claim, conditions, axis)
    return _over_predicted(claim, conditions) if len({c.predicted for c in conditions}) > 1 else None


def drawn(claim: ClaimReport) -> list[ConditionReport]:
    """Conditions with a finite measurement and prediction, judged or shown."""
    return [c for c in claim.everything if len(finite([c.predicted, c.measured])) == 2]


def numeric_axis(conditions: Sequence[ConditionReport]) -> str | None:
    """The axis of the grid over which they are drawn: the one that takes most numeric values."""
    return most_varied([condition.condition for condition in conditions])


def curves_figure(example: Example) -> Markup:
    """One trial's curves: measured as solid lines, predicted dashed over them."""
    xs, curves = example.x, example.measured + example.predicted
    values = finite(y for curve in curves for y in curve) or [0.0, 1.0]
    # Spaced geometrically, the middle point lies far below the middle of the range.
    geometric = spans_decades(xs) and xs[len(xs) // 2] < (xs[0] + xs[-1]) / 4
    frame = Frame(
        Axis.around(xs, logarithmic=geometric, margin=0.0),
        Axis.around(values, logarithmic=falls_by_decades(curves)),
        f"measured and predicted against {example.axis}",
        height=200,
    )
    for i, curve in enumerate(curves):
        kind = f"curve colour-{i % 6}" if i < len(example.measured) else "curve predicted"
        for shown, piece in groupby(zip(xs, curve, strict=True), key=lambda point: frame.shows(point[1])):
            if shown:
                frame.line(kind, piece)
    return frame.svg.markup()


def _over_axis(claim: ClaimReport, conditions: Sequence[ConditionReport], name: str) -> Markup:
    region, xs = claim.region, [float(c.condition[name]) for c in conditions]
    power = is_power(xs, [c.predicted for c in conditions])
    frame = Frame(
        Axis.around(xs, logarithmic=power or spans_decades(xs, factor=5.0), margin=0.1),
        _measured_axis(claim, conditions, power=power),
        f"measured against {name}, with each prediction and its region",
        marks=few(xs),
    )
    centres = [_centre(frame, xs, i) for i in range(len(xs))]
    dense = {_rest(curve.rest): curve for curve in claim.theory_curves if curve.axis == name}
    for curve in dense.values():
        _theory(frame, region, curve)
    for group in _lines(conditions, name):
        if _rest(conditions[group[0]].condition, name) in dense:
            continue
        at = sorted(group, key=xs.__getitem__)
        said = [conditions[i].predicted for i in at]
        if len(set(said)) > 1 and not is_power([xs[i] for i in at], said):
            continue  # nobody knows what is predicted between them
        line = [(centres[i][0], conditions[i].predicted) for i in at]
        points = " ".join(f"{100 * x:.2f},{100 * (1 - frame.y.fraction(y)):.2f}" for x, y in line)
        frame.svg.add("polyline", "curve between", parent=frame.square, points=points)
    # What is judged lies above what is only shown.
    order = sorted(range(len(conditions)), key=lambda i: conditions[i] in claim.conditions)
    for i in order:
        condition, (centre, step) = conditions[i], centres[i]
        if _rest(condition.condition, name) in dense:
            continue
        predicted, half = condition.predicted, 0.45 * step
        edges = sorted(frame.down(region.measured(edge, predicted)) for edge in (region.low, region.high))
        x, width = percent(centre - half), percent(2 * half)
        frame.svg.add("rect", "region", x=x, y=edges[0], width=width, height=max(1.0, edges[1] - edges[0]))
        at = frame.down(predicted)
        frame.svg.add("line", "predicted", x1=x, x2=percent(centre + half), y1=at, y2=at)
    for i in order:
        condition, (centre, _) = conditions[i], centres[i]
        # Each trial keeps its own agreement, beside the typical prediction.
        trials = [region.measured(value, condition.predicted) for value in finite(condition.values)]
        spots = [(centre + (j % 5 - 2) * 0.002, trial) for j, trial in enumerate(trials)]
        _draw(frame, claim, condition, centre, spots)
    return frame.svg.markup()


def _theory(frame: Frame, region: Region, curve: TheoryCurve) -> None:
    """The theory as a dense curve, and the region about it as a band."""
    points = list(zip(curve.x, curve.predicted, strict=True))
    frame.band("region", ((x, *sorted(region.measured(edge, y) for edge in (region.low, region.high)))
                          for x, y in points))  # fmt: skip
    for shown, piece in groupby(points, key=lambda point: frame.shows(point[1])):
        if shown:
            frame.line("curve predicted", piece)


def _rest(condition: Mapping[str, AxisValue], *without: str) -> str:
    """A condition's other axes, as a key."""
    return repr(sorted((name, value) for name, value in condition.items() if name not in without))


def falls_by_decades(curves: Sequence[Sequence[float]]) -> bool:
    """Whether curves show better on a logarithmic axis: errors that fall, or what spans thousands.

    What rises, like the strength of a mode along its sigmoid, is better seen as it is.
    """
    values = finite(y for curve in curves for y in curve)
    falling = all(ys[-1] < ys[0] for ys in map(finite, curves) if len(ys) > 1)
    return spans_decades(values, factor=8.0 if falling else 2000.0)


def few(xs: Sequence[float]) -> list[float]:
    """The values themselves as marks of an axis, if they are few and apart; else none."""
    values = sorted(set(xs))
    span = math.log(values[-1] / values[0]) if values[0] > 0 and spans_decades(values, factor=5.0) else 0.0
    gaps = [
        math.log(high / low) / span if span else (high - low) / (values[-1] - values[0])
        for low, high in pairwise(values)
    ]
    return values if len(values) <= 6 and min(gaps, default=0.0) > 0.12 else []


def _centre(frame: Frame, xs: Sequence[float], i: int) -> tuple[float, float]:
    """Where a condition stands, and how much room it has: those that share the axis' value stand side by side."""
    beside = [j for j, x in enumerate(xs) if x == xs[i]]
    step = min(0.05, 0.15 / len(beside))
    return frame.x.fraction(xs[i]) + (beside.index(i) - (len(beside) - 1) / 2) * step, step


def _lines(conditions: Sequence[ConditionReport], name: str) -> list[list[int]]:
    """Positions of conditions that differ along this axis only, for a line through their predictions."""
    groups: dict[str, list[int]] = {}
    for i, condition in enumerate(conditions):
        others = repr({key: value for key, value in condition.condition.items() if key != name})
        groups.setdefault(others, []).append(i)
    return [group for group in groups.values() if len(group) > 1]


def _over_predicted(claim: ClaimReport, conditions: Sequence[ConditionReport]) -> Markup:
    region = claim.region
    predictions = finite(p for c in conditions for p in (c.predicted, *c.predictions))
    ys = _measured_axis(claim, conditions, also=predictions)
    xs = Axis.around(predictions, logarithmic=ys.logarithmic and min(predictions) > 0, margin=0.1)
    frame = Frame(xs, ys, "measured against predicted, with the region around equality")
    if xs.logarithmic:
        grid = [xs.low * (xs.high / xs.low) ** (i / 32) for i in range(33)]
    else:
        grid = [xs.low + (xs.high - xs.low) * i / 32 for i in range(33)]

    def corner(x: float, edge: float) -> str:
        value = region.measured(edge, x)
        return frame.point(x, min(ys.high, max(ys.low, value)))

    outline = [corner(x, region.low) for x in grid] + [corner(x, region.high) for x in reversed(grid)]
    frame.svg.add("polygon", "region", parent=frame.square, points=" ".join(outline))
    equal = [frame.point(x, x) for x in grid if inside(ys.fraction(x))]
    if len(equal) > 1:
        frame.svg.add("polyline", "exact", parent=frame.square, points=" ".join(equal))
    for condition in sorted(conditions, key=lambda it: it in claim.conditions):
        trials = zip(condition.predictions, condition.measured_values, strict=True)
        spots = [(xs.fraction(predicted), measured) for predicted, measured in trials]
        _draw(frame, claim, condition, xs.fraction(condition.predicted), spots)
    return frame.svg.markup()


def is_power(xs: Sequence[float], predicted: Sequence[float]) -> bool:
    """Whether predictions are a power of the axis, at three values of it or more: a straight line between logarithms
    is then the theory itself, and not only at the settings that were measured."""
    points = sorted({(x, y) for x, y in zip(xs, predicted, strict=True)})
    if len({x for x, _ in points}) < 3 or len({x for x, _ in points}) < len(points) or points[0][0] <= 0:
        return False
    if min(y for _, y in points) <= 0 or len({y for _, y in points}) == 1:
        return False
    logs = [(math.log(x), math.log(y)) for x, y in points]
    slopes = [(d - b) / (c - a) for (a, b), (c, d) in pairwise(logs)]
    return max(slopes) - min(slopes) < 0.01 * max(map(abs, slopes))


def _measured_axis(
    claim: ClaimReport, conditions: Sequence[ConditionReport], *, power: bool = False, also: Sequence[float] = ()
) -> Axis:
    """The observable's axis: it shows every median, prediction, interval and finite edge of a region."""
    region, values = claim.region, list(also)
    for condition in conditions:
        values += finite([condition.predicted, condition.measured])
        edges = finite([region.low, region.high, *(condition.interval or ())])
        values += [region.measured(edge, condition.predicted) for edge in edges]
    positive = min(values) > 0
    logarithmic = positive and (power or claim.measured.scale == "log" or spans_decades(values))
    return Axis.around(values, logarithmic=logarithmic)


def _draw(
    frame: Frame,
    claim: ClaimReport,
    condition: ConditionReport,
    centre: float,
    trials: Sequence[tuple[float, float]],
) -> None:
    """Trials (fraction of the width, measured), interval and median of one condition."""
    status = condition.status if condition in claim.conditions else "shown"
    kind, x = css_class(status), percent(centre)
    for across, trial in trials:
        if math.isfinite(trial) and inside(frame.y.fraction(trial)):
            frame.svg.add("circle", "trial", cx=percent(across), cy=frame.down(trial), r=2)
    measured, predicted = condition.measured, condition.predicted
    if condition.interval is not None:
        low, high = (claim.region.measured(limit, predicted) for limit in condition.interval)
        if not (math.isnan(low) or math.isnan(high)):
            frame.svg.add("line", f"interval {kind}", x1=x, x2=x, y1=frame.down(low), y2=frame.down(high))
    label = condition_text(condition.condition, list(condition.condition))
    title = f"{label}: measured {number_text(measured)}, predicted {number_text(predicted)}, {status}"
    frame.svg.marker(SHAPES.get(status, "plus"), f"point {kind}", x=x, y=frame.down(measured), title=title)
