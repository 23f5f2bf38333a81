"""Strips of a claim's page: one condition against the region T, in the units in which it is judged."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.marks import SHAPES, css_class
from leaderboard.quantities import finite, interval_text, number_text, tick_texts
from leaderboard.svg import Svg, inside, percent
from runners.reporting.condition_model import ConditionReport
from runners.reporting.region import Region

ROW = 30.0


def agreement_axis(conditions: Sequence[ConditionReport], region: Region) -> Axis:
    """One axis for all these conditions: it shows T, all intervals and truths, and the trials not far out."""
    judged = [c for c in conditions if c.judged]
    values = finite([region.low, region.high, *(limit for c in judged for limit in (c.agreement, *c.interval))])
    values += finite(truth_agreement(c, region) for c in judged)
    values += [] if region.open_below or region.open_above else [region.exact]
    logarithmic = region.logarithmic and spans_decades([value for value in values if value > 0], factor=3.0)
    axis = Axis.around([v for v in values if v > 0] if logarithmic else values, logarithmic=logarithmic)
    trials = [] if region.by == "share" else finite(value for c in judged for value in c.values)
    near = [axis.low, axis.high, *(t for t in trials if -0.5 <= axis.fraction(t) <= 1.5)]
    return Axis.around(near, logarithmic=logarithmic, margin=0.02)


def agreement_ticks(axis: Axis) -> Markup:
    """Head of a column of strips: the numbers of its axis."""
    svg = Svg(22, f"axis from {number_text(axis.low)} to {number_text(axis.high)}", kind="axis")
    ticks = axis.ticks(4)
    for tick, text in zip(ticks, tick_texts(ticks), strict=True):
        x = percent(axis.fraction(tick))
        svg.add("line", "tick", x1=x, x2=x, y1=17, y2=22)
        svg.add("text", "label", text=text, x=x, y=13, text_anchor="middle")
    return svg.markup()


def condition_strip(condition: ConditionReport, region: Region, axis: Axis) -> Markup:
    """One condition: T, its trials as small dots, the interval, the point, and the truth that a control expects."""
    label = f"{number_text(condition.agreement)} {interval_text(condition.interval)}, {condition.status}"
    svg = Svg(ROW, label, kind="strip")
    _region(svg, ROW, axis, (region.low, region.high))
    for tick in axis.ticks(4):
        _vertical(svg, "grid", ROW, axis.fraction(tick))
    if inside(axis.fraction(region.exact)):
        _vertical(svg, "exact", ROW, axis.fraction(region.exact))
    for i, trial in enumerate(() if region.by == "share" else condition.values):
        fraction = axis.fraction(trial)
        if inside(fraction):
            # Spread over the height in a fixed pattern, so that equal trials stay apart.
            svg.add("circle", "trial", cx=percent(fraction), cy=ROW / 2 + (i * 5 % 11 - 5) * 1.9, r=2)
    if condition.agreement is not None:
        _measurement(svg, axis, condition, y=ROW / 2, radius=4.5)
    if (truth := truth_agreement(condition, region)) is not None and inside(axis.fraction(truth)):
        title = f"truth: {number_text(condition.truth)}"
        svg.marker("truth", "expected", x=percent(axis.fraction(truth)), y=ROW - 6, title=title)
    return svg.markup()


def truth_agreement(condition: ConditionReport, region: Region) -> float | None:
    """Where a control's truth lies on the axis of agreement; None where that is no number."""
    if condition.truth is None or condition.predicted is None or not region.compares_trials:
        return None
    value = region.agreement(condition.truth, condition.predicted)
    return value if math.isfinite(value) else None


def _region(svg: Svg, height: float, axis: Axis, edges: tuple[float, float]) -> None:
    low, high = (min(1.0, max(0.0, axis.fraction(edge))) for edge in edges)
    svg.add("rect", "region", x=percent(low), y=0, width=percent(high - low), height=height)
    for edge in edges:
        if 0 < axis.fraction(edge) < 1:
            _vertical(svg, "edge", height, axis.fraction(edge))


def _vertical(svg: Svg, kind: str, height: float, fraction: float) -> None:
    svg.add("line", kind, x1=percent(fraction), x2=percent(fraction), y1=0, y2=height)


def _measurement(svg: Svg, axis: Axis, condition: ConditionReport, *, y: float, radius: float) -> None:
    """Interval and point; an arrow at either end says that the interval or the point lies beyond the axis."""
    kind, point = css_class(condition.status), axis.fraction(condition.agreement)
    low, high = map(axis.fraction, condition.interval)
    if not (math.isnan(low) or math.isnan(high)):
        if high > 0 and low < 1:
            svg.add("line", f"interval {kind}", x1=percent(low), x2=percent(high), y1=y, y2=y)
        if low < 0:
            svg.marker("left", f"beyond {kind}", x=percent(0), y=y, radius=radius)
        if high > 1:
            svg.marker("right", f"beyond {kind}", x=percent(1), y=y, radius=radius)
    if inside(point):
        svg.marker(SHAPES.get(condition.status, "plus"), f"point {kind}", x=percent(point), y=y, radius=radius)
