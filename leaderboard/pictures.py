"""Pictures of the phenomenon itself: curves of trials under what was predicted, and what a fold was made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.figures import TOP, Frame, curves_figure, falls_by_decades, few, numeric
from leaderboard.forecasts import CAPTION as FORECASTS
from leaderboard.forecasts import forecast_figure, forecast_legend
from leaderboard.quantities import finite, number_text, value_text
from leaderboard.summaries import condition_text
from leaderboard.svg import inside, percent
from runners.reporting.report_model import ClaimReport, ConditionReport, ControlReport, Curve, varying_axes

MOST_PANELS = 6
ON_THE_AXIS = ("minimiser", "crossing")
"""Folds, by the last word of their names, whose value is a place on the folded axis."""
IN_TIME = ("time", "step")
"""Axes that are never drawn on a logarithmic scale."""
AT_ITS_END = ("zero", "infinity")
"""Folds that continue the measurements to the axis' end: their value is a level."""


@dataclass(frozen=True)
class Picture:
    """One panel."""

    title: str
    x: str
    drawing: Markup
    legend: tuple[tuple[str, str], ...] = ()
    """(class of its colour, condition), where colours tell conditions apart."""


def pictures(claim: ClaimReport) -> tuple[list[Picture], str]:
    """The panels of a claim's page and the caption below them; no panels where the numbers say all there is."""
    if any(c.forecast for c in claim.everything):
        return _forecasts(claim), FORECASTS
    if any(c.example for c in claim.everything):
        return _examples(claim), "Solid: measured; dashed: predicted. One trial of each condition."
    if any(c.points for c in claim.everything):
        return _folded_panels(claim)
    if scattered := _scatters(claim):
        return scattered, "A point a setting of one trial."
    panels = _curves(claim, claim.everything)
    beside = [panel for control in claim.controls for panel in _curves(claim, control.conditions, control)][:1]
    if not panels:
        return [], ""
    mark = _mark(claim, _chosen(claim, claim.everything)[0][1])
    dashed = " Dashed: what the claim predicts of it." if mark else ""
    control = " The last panel is the control." if beside else ""
    return [*panels, *beside], f"Up to three trials of each condition.{dashed}{control}"


def _forecasts(claim: ClaimReport) -> list[Picture]:
    names, drawn = varying_axes(claim.everything), [c for c in claim.everything if c.forecast][:MOST_PANELS]
    return [
        Picture(
            _title(c.forecast.y, c, names, judged=c in claim.conditions),
            c.forecast.x,
            forecast_figure(c.forecast),
            forecast_legend(c.forecast),
        )
        for c in drawn
    ]


def _examples(claim: ClaimReport) -> list[Picture]:
    names, drawn = varying_axes(claim.everything), [c for c in claim.everything if c.example][:MOST_PANELS]
    titles = [_title(claim.measured.name, c, names, judged=c in claim.conditions) for c in drawn]
    return [Picture(title, c.example.axis, curves_figure(c.example)) for title, c in zip(titles, drawn, strict=True)]


def _title(
    observable: str, condition: ConditionReport, names: Sequence[str], *, judged: bool = True, role: str = ""
) -> str:
    told = condition_text(condition.condition, names)
    outside = "" if judged else " (shown, not judged)"
    return f"{role}{observable.replace('_', ' ')}{f'; {told}' if told else ''}{outside}"


# --- curves over time, of claims about one number -------------------------------------------------------------------


def _chosen(claim: ClaimReport, conditions: Sequence[ConditionReport]) -> list[tuple[ConditionReport, Curve]]:
    """Of each condition the curve that the claim's number was read from, if names tell, else its first one."""
    return [(c, next((it for it in c.curves if _mark(claim, it)), c.curves[0])) for c in conditions if c.curves]


def level_curve(claim: ClaimReport, condition: ConditionReport) -> Curve | None:
    """The curve of a condition that its prediction is a level of, if there is one."""
    return next((curve for curve in condition.curves if _mark(claim, curve) == "level"), None)


def _mark(claim: ClaimReport, curve: Curve) -> str | None:
    """How a predicted number lies in a curve's plane, by names: `late_sharpness` is a level of `sharpness`,
    `half_time` a place on an axis of `time`, `power_slope` or any exponent a slope of a `power_spectrum`."""
    if claim.agreement.by == "distance" or claim.measured.along:
        return None
    name = claim.measured.name
    if name.endswith(f"_{curve.observable}"):
        return "level"
    if name.endswith("_slope") and curve.observable.startswith(name.removesuffix("slope")):
        return "slope"
    if name.endswith("_exponent") and curve.axis not in IN_TIME:
        return "slope"
    return "place" if name.endswith(f"_{curve.axis}") else None


def _curves(
    claim: ClaimReport, conditions: Sequence[ConditionReport], control: ControlReport | None = None
) -> list[Picture]:
    names = varying_axes(conditions)
    panels = []
    for condition, curve in _chosen(claim, conditions)[:MOST_PANELS]:
        judged = control is not None or condition in claim.conditions
        role = f"Control, must {control.must}: " if control else ""
        title = _title(curve.observable, condition, names, judged=judged, role=role)
        panels.append(Picture(title, curve.axis, _curve(claim, condition, curve)))
    return panels


def _curve(claim: ClaimReport, condition: ConditionReport, curve: Curve) -> Markup:
    xs, mark = curve.x, _mark(claim, curve)
    # The first curve's own trial has its own prediction.
    predicted = next(iter(condition.predicted_values), math.nan if condition.predicted is None else condition.predicted)
    rows = list(chain(*curve.trials))
    values = finite([*chain(*rows), *([predicted] if mark == "level" else [])])
    power_law = curve.axis not in IN_TIME and spans_decades(xs, factor=8.0)
    frame = Frame(
        Axis.around(xs, logarithmic=power_law, margin=0.0),
        Axis.around(
            values or [0.0, 1.0],
            logarithmic=falls_by_decades(rows) or (power_law and spans_decades(values, factor=20.0)),
        ),
        f"{curve.observable} against {curve.axis}",
        height=190,
    )
    for number, trial in enumerate(curve.trials):
        for row, ys in enumerate(trial):
            colour = row if len(trial) > 1 else number
            frame.line(f"curve thin colour-{colour % 6}", zip(xs, ys, strict=True))
    if mark == "level" and inside(frame.y.fraction(predicted)):
        at = frame.down(predicted)
        frame.svg.add("line", "predicted", x1="0", x2="100%", y1=at, y2=at)
        x, y, anchor = _free_place(frame, at, [*zip(list(xs) * len(rows), chain(*rows), strict=True)])
        text = f"predicted {number_text(predicted)}"
        frame.svg.add("text", "label strong", text=text, x=x, y=y, text_anchor=anchor)
    elif mark == "slope" and math.isfinite(predicted):
        _slope(frame, xs, rows[0], predicted, "curve predicted")
    elif mark == "place" and inside(frame.x.fraction(predicted)):
        _upright(frame, predicted, "predicted", f"predicted {number_text(predicted)}")
    return frame.svg.markup()


def _free_place(frame: Frame, at: float, points: Sequence[tuple[float, float]]) -> tuple[str, float, str]:
    """(x, y, anchor) of a level's label: above or below it, at the left or the right, where curves are farthest off."""
    places = [
        ("1%", at - 5, "start", 0.0),
        ("99%", at + 15, "end", 0.65),
        ("1%", at + 15, "start", 0.0),
        ("99%", at - 5, "end", 0.65),
    ]

    def room(place: tuple[str, float, str, float]) -> float:
        _, y, _, left = place
        beside = [frame.down(value) for x, value in points if left <= frame.x.fraction(x) <= left + 0.35]
        return (
            min((abs(it - (y - 4)) for it in beside), default=frame.height)
            if TOP + 10 < y < TOP + frame.height
            else 0.0
        )

    return max(places, key=room)[:3]


# --- what a fold was made of ----------------------------------------------------------------------------------------


def _folded_panels(claim: ClaimReport) -> tuple[list[Picture], str]:
    """The points of all conditions and of the controls on the same axis; then curves of one trial at each point."""
    series = [(c, "" if c in claim.conditions else " (shown, not judged)") for c in claim.everything]
    series += [(c, f" (must {x.must})") for x in claim.controls for c in x.conditions]
    series = [(c, role) for c, role in series if c.points]
    series = [(c, role) for c, role in series if c.points.along == series[0][0].points.along]
    names = varying_axes([c for c, _ in series])
    families = [_family(c, role, names) for c, role in (series[0], series[-1]) if c.curves]
    return [_folded(claim, series), *families[: min(2, len(series))]], _folded_caption(claim)


def _family(condition: ConditionReport, role: str, names: Sequence[str]) -> Picture:
    """One trial's curve at each value of the folded axis."""
    points, curves = condition.points, condition.curves
    rows = [curve.trials[0][0] for curve in curves]
    values = finite(chain(*rows)) or [0.0, 1.0]
    everywhere = list(chain(*(curve.x for curve in curves)))
    frame = Frame(
        Axis.around(everywhere, logarithmic=curves[0].axis not in IN_TIME and spans_decades(everywhere), margin=0.0),
        Axis.around(values, logarithmic=falls_by_decades(rows)),
        f"{curves[0].observable} at each {points.along}",
        height=190,
    )
    for number, (curve, row) in enumerate(zip(curves, rows, strict=True)):
        frame.line(f"curve thin colour-{number % 6}", zip(curve.x, row, strict=True))
    axis = points.along.replace("_", " ")
    legend = tuple((f"fill-{i % 6}", f"{axis} {value_text(x)}") for i, x in enumerate(points.x))
    title = _title(curves[0].observable, condition, names) + role + ", one trial"
    return Picture(title, curves[0].axis, frame.svg.markup(), legend)


def _scatters(claim: ClaimReport) -> list[Picture]:
    """For a correlation the two things that are correlated, one over the other, a panel a condition."""
    if not claim.measured.name.endswith("correlation"):
        return []
    panels, names = [], varying_axes(claim.everything)
    for condition in claim.everything[:MOST_PANELS]:
        curves = condition.curves[:2]
        rows = [curve.trials[0][0] for curve in curves]
        if len(rows) < 2 or not all(map(finite, rows)):
            continue
        xs, ys = map(finite, rows)
        frame = Frame(
            Axis.around(xs, logarithmic=spans_decades(xs)),
            Axis.around(ys, logarithmic=spans_decades(ys)),
            f"{curves[1].observable} against {curves[0].observable}",
            height=190,
        )
        for x, y in zip(*rows, strict=True):
            if math.isfinite(x) and math.isfinite(y):
                frame.svg.marker("dot", "fill-0", x=percent(frame.x.fraction(x)), y=frame.down(y), radius=3.5)
        judged = condition in claim.conditions
        title = _title(curves[1].observable, condition, names, judged=judged)
        panels.append(Picture(title, curves[0].observable, frame.svg.markup()))
    return panels


def _folded(claim: ClaimReport, series: Sequence[tuple[ConditionReport, str]]) -> Picture:
    """All conditions' measurements along the folded axis, each with what the fold is predicted to be."""
    conditions = [condition for condition, _ in series]
    points = [condition.points for condition in conditions]
    along, fold = points[0].along, points[0].fold.rsplit(":", 1)[-1]
    in_numbers = numeric(x for it in points for x in it.x)
    places = [[*map(float, it.x if in_numbers else range(len(it.x)))] for it in points]
    xs = sorted({*chain(*places)})
    ys = finite(y for it in points for y in (*it.middle, *it.low, *it.high, *(it.predicted or ())))
    ys += finite(c.predicted for c in conditions) if fold.rsplit("_", 1)[-1] in AT_ITS_END else []
    ys = ys or [0.0, 1.0]  # everything diverged
    logarithmic = spans_decades(ys, factor=3.0) or fold == "slope"
    frame = Frame(
        Axis.around(xs, logarithmic=in_numbers and spans_decades(xs, factor=3.0), margin=0.06),
        Axis.around([y for y in ys if y > 0 or not logarithmic] or [0.0, 1.0], logarithmic=logarithmic and min(ys) > 0,
                    margin=0.1),
        f"{claim.measured.name} along {along}",
        marks=few(xs),
        names=None if in_numbers else {float(i): str(x) for i, x in enumerate(points[0].x)},
    )  # fmt: skip
    for number, (condition, picture, x) in enumerate(zip(conditions, points, places, strict=True)):
        colour = f"colour-{number % 6}"
        aside = 0.006 * (number - (len(conditions) - 1) / 2)  # conditions that coincide stay visible side by side
        for at, low, high in zip(x, picture.low, picture.high, strict=True):
            across = percent(frame.x.fraction(at) + aside)
            frame.svg.add("line", f"whisker {colour}", x1=across, x2=across, y1=frame.down(low), y2=frame.down(high))
        for at, middle in zip(x, picture.middle, strict=True):
            if frame.shows(middle):
                title = f"{condition.label}; {along} {number_text(at)}: {number_text(middle)}"
                frame.svg.marker("dot", f"fill-{number % 6}", x=percent(frame.x.fraction(at) + aside),
                                 y=frame.down(middle), radius=4, title=title)  # fmt: skip
        _predicted_fold(frame, condition, x, fold, colour)
    names = varying_axes(conditions)
    legend = [
        (f"fill-{number % 6}", (condition_text(c.condition, names) or "judged") + role)
        for number, (c, role) in enumerate(series)
    ]
    title = claim.measured.name.replace("_", " ")
    return Picture(title, along, frame.svg.markup(), tuple(legend) if len(legend) > 1 else ())


def _predicted_fold(frame: Frame, condition: ConditionReport, xs: Sequence[float], fold: str, colour: str) -> None:
    points, kind = condition.points, f"curve dashed {colour}"
    predicted = math.nan if condition.predicted is None else condition.predicted
    if points.predicted is not None:
        frame.line(kind, zip(xs, points.predicted, strict=True))
    elif fold == "slope" and math.isfinite(predicted):
        _slope(frame, xs, points.middle, predicted, kind)
    elif fold.rsplit("_", 1)[-1] in ON_THE_AXIS and inside(frame.x.fraction(predicted)):
        _upright(frame, predicted, f"predicted {colour}", "")
    elif fold.rsplit("_", 1)[-1] in AT_ITS_END:
        frame.line(kind, [(x, predicted) for x in (frame.x.low, frame.x.high)])


def _slope(frame: Frame, xs: Sequence[float], ys: Sequence[float], slope: float, kind: str) -> None:
    """A power law of this exponent through the middle of the points, in logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in zip(xs, ys, strict=True) if x > 0 and 0 < y < math.inf]
    if not logs:
        return
    x0, y0 = (sum(column) / len(logs) for column in zip(*logs, strict=True))
    frame.line(kind, ((x, math.exp(y0 + slope * (math.log(x) - x0))) for x in xs if x > 0))


def _folded_caption(claim: ClaimReport) -> str:
    fold = next(iter(claim.measured.along.values())).rsplit(":", 1)[-1]
    dashed = fold == "slope" or fold.rsplit("_", 1)[-1] in (*ON_THE_AXIS, *AT_ITS_END)
    return f"What the {fold.replace('_', ' ')} is made of: medians over trials, with the smallest and the largest." + (
        " Dashed: what the claim predicts." if dashed else ""
    )


def _upright(frame: Frame, x: float, kind: str, text: str) -> None:
    at = percent(frame.x.fraction(x))
    frame.svg.add("line", kind, x1=at, x2=at, y1=frame.down(frame.y.low), y2=frame.down(frame.y.high))
    if text:
        left = frame.x.fraction(x) > 0.6
        frame.svg.add("text", "label strong", text=text, x=at, y=22, dx=-6 if left else 6,
                      text_anchor="end" if left else "start")  # fmt: skip
