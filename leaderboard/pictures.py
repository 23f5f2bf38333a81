"""Pictures of the phenomenon itself: curves of trials under what was predicted, and what a fold was made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.figures import TOP, Frame, curves_figure, falls_by_decades, few, measured_figure
from leaderboard.forecasts import forecast_caption, forecast_figure, forecast_legend
from leaderboard.quantities import finite, number_text, value_text
from leaderboard.spreads import angle, spread
from leaderboard.summaries import condition_text
from leaderboard.svg import inside, percent
from runners.reporting.condition_model import ConditionReport, Curve, numeric, varying_axes
from runners.reporting.report_model import ClaimReport

MOST_PANELS = 6
ON_THE_AXIS = ("minimiser", "crossing")
"""Folds, by the last word of their names, whose value is a place on the folded axis."""
IN_TIME = ("time", "step")
COLOURS = ("blue", "vermilion", "purple", "green", "amber", "grey")
"""Of a trial's lines in their order, as the style sheet has them."""
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
    """(class of its colour, or a drawn mark; what it stands for), where colours tell conditions apart."""


def pictures(claim: ClaimReport) -> tuple[list[Picture], str]:
    """The panels of a claim's page and the caption below them; no panels where the numbers say all there is."""
    if any(c.forecast for c in claim.everything):
        return _forecasts(claim), forecast_caption([c.forecast for c in claim.everything if c.forecast])
    if any(c.example for c in claim.everything):
        return _examples(claim), "Solid: measured; dashed: predicted. One trial of each condition."
    if any(c.points for c in claim.everything):
        return _folded_panels(claim)
    if scattered := _scatters(claim):
        return scattered, "A point a setting of one trial."
    return _panels(claim)


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
    alone = all(
        len(rows) == 1 for rows in curve.trials
    )  # the exponent of something read off several curves is no slope
    if name.endswith("_exponent") and curve.axis not in IN_TIME and alone:
        return "slope"
    return "place" if name.endswith(f"_{curve.axis}") else None


def _panels(claim: ClaimReport) -> tuple[list[Picture], str]:
    """A panel a condition, all on the same axes, and one of a control."""
    chosen = _chosen(claim, claim.everything)[:MOST_PANELS]
    if not chosen:
        return _of_numbers(claim)
    controls = [(x, c, curve) for x in claim.controls for c, curve in _chosen(claim, x.conditions)][:1]
    beside = [(c, curve) for _, c, curve in controls]
    shared = all(_comparable(chosen, curve) for _, curve in beside)
    axes = _axes(claim, [*chosen, *beside] if shared else chosen)
    names, panels = varying_axes(claim.everything), []
    for condition, curve in chosen:
        title = _title(curve.observable, condition, names, judged=condition in claim.conditions)
        panels.append(Picture(title, curve.axis, _curve(claim, condition, curve, *axes)))
    for x, condition, curve in controls:
        title = _title(curve.observable, condition, varying_axes(x.conditions), role=f"Control, must {x.must}: ")
        own = axes if shared else _axes(claim, beside)
        panels.append(Picture(title, curve.axis, _curve(claim, condition, curve, *own)))
    several = chosen[0][1].of
    lines = max(len(rows) for _, curve in chosen for rows in curve.trials)
    told = [f"Line: the median over {several} trials; shaded: all; thin: one." if several else "A line a trial."]
    if lines > 1:
        told = [f"One trial: {_rows_told(chosen[0][1], lines)}."]
    told += ["All panels have the same axes."] if len(chosen) > 1 else []
    told += ["Dashed: what the claim predicts of it."] if _mark(claim, chosen[0][1]) else []
    told += ["The last panel is the control" + (", on the same axes." if shared else ".")] if controls else []
    return panels, " ".join(told)


def _rows_told(curve: Curve, lines: int) -> str:
    """Which of a trial's lines has which colour; many lines have too few."""
    if lines > len(COLOURS):
        return f"{lines} lines" + (f", one a value of {curve.rows.replace('_', ' ')}" if curve.rows else "")
    values = map(number_text, curve.row_values) if curve.row_values else map(str, range(1, lines + 1))
    told = ", ".join(f"{colour} {value}" for colour, value in zip(COLOURS, values, strict=False))
    return f"{(curve.rows or 'line').replace('_', ' ')} {told}"


def shows_judged(claim: ClaimReport) -> bool:
    """Whether the pictures show what is judged, rather than something beside it, as a loss beside a slope."""
    curves = [curve for _, curve in _chosen(claim, claim.everything)]
    folded = any(c.points or c.example or c.forecast for c in claim.everything)
    return folded or not curves or any(_mark(claim, curve) for curve in curves)


def _of_numbers(claim: ClaimReport) -> tuple[list[Picture], str]:
    """Where records hold no curve: angles as angles; else every trial, unless the figure of all conditions has them."""
    names, drawn = varying_axes(claim.everything), [c for c in claim.judged if c.measured_values][:MOST_PANELS]
    angles = [(c, found) for c in drawn if (found := angle(claim, c)) is not None]
    if angles:
        panels = [Picture(_title(claim.measured.name, c, names), "", found) for c, found in angles]
        return panels, "Dashed: predicted; line: the median trial; shaded: all trials."
    if measured_figure(claim) is None and (found := spread(claim)) is not None:
        told = "A dot a trial; dashed: its prediction; shaded: the region. In a control the relation must fail or hold."
        return [Picture(claim.measured.name.replace("_", " "), "", found)], told
    return [], ""


Axes = tuple[Axis, Axis]


def _axes(claim: ClaimReport, chosen: Sequence[tuple[ConditionReport, Curve]]) -> Axes:
    """One pair of axes that shows all these curves, each with the level that is predicted of it."""
    xs = list(chain(*(curve.x for _, curve in chosen)))
    rows = [row for _, curve in chosen for row in _rows(curve)]
    levels = [_predicted(c) for c, curve in chosen if _mark(claim, curve) == "level"]
    values = finite([*chain(*rows), *levels]) or [0.0, 1.0]
    slope = any(_mark(claim, curve) == "slope" for _, curve in chosen)
    power_law = slope or (chosen[0][1].axis not in IN_TIME and spans_decades(xs, factor=8.0))
    straight = power_law and spans_decades(values, factor=2.0 if slope else 20.0)
    positive = [x for x in xs if x > 0] if power_law else []
    return (
        Axis.around(positive or xs, logarithmic=bool(positive), margin=0.0),
        Axis.around(values, logarithmic=falls_by_decades(rows) or straight),
    )


def _comparable(chosen: Sequence[tuple[ConditionReport, Curve]], other: Curve) -> bool:
    """Whether a control's curve is of the same thing, over as long (within a factor of five) and as far (of three)."""
    if chosen[0][1].observable != other.observable:
        return False
    far = [max(map(abs, finite(chain(*_rows(it)))), default=0.0) for it in (*(curve for _, curve in chosen), other)]
    long = [max(it.x) for it in (*(curve for _, curve in chosen), other)]
    return max(far[:-1]) <= 3 * far[-1] <= 9 * max(far[:-1]) and max(long[:-1]) <= 5 * long[-1] <= 25 * max(long[:-1])


def _rows(curve: Curve) -> list[Sequence[float]]:
    """Every line of a curve's picture: trials, and where the others lie about them."""
    return [*chain(*curve.trials), *(row for row in (curve.low, curve.high) if row is not None)]


def _predicted(condition: ConditionReport) -> float:
    """Of the trial that is drawn first; of all together where one line stands for all."""
    if any(curve.middle is not None for curve in condition.curves) or not condition.predicted_values:
        return math.nan if condition.predicted is None else condition.predicted
    return condition.predicted_values[0]


def trials_drawn(frame: Frame, curve: Curve) -> None:
    """A curve's trials: a band over all with their median and one of them; or a line each, where they are few."""
    if curve.middle is not None:
        frame.band("spread", zip(curve.x, curve.low, curve.high, strict=True))
    for number, trial in enumerate(curve.trials):
        for row, ys in enumerate(trial):
            colour = row if len(trial) > 1 else number
            kind = "curve single" if curve.middle is not None else f"curve thin colour-{colour % 6}"
            frame.line(kind, zip(curve.x, ys, strict=True))
    if curve.middle is not None:
        frame.line("curve colour-0", zip(curve.x, curve.middle, strict=True))


def _curve(claim: ClaimReport, condition: ConditionReport, curve: Curve, across: Axis, up: Axis) -> Markup:
    xs, mark, predicted, rows = curve.x, _mark(claim, curve), _predicted(condition), _rows(curve)
    frame = Frame(across, up, f"{curve.observable} against {curve.axis}", height=190)
    trials_drawn(frame, curve)
    if mark == "level" and inside(frame.y.fraction(predicted)):
        at = frame.down(predicted)
        frame.svg.add("line", "predicted", x1="0", x2="100%", y1=at, y2=at)
        x, y, anchor = free_place(frame, at, [*zip(list(xs) * len(rows), chain(*rows), strict=True)])
        text = f"predicted {number_text(predicted)}"
        frame.svg.add("text", "label strong", text=text, x=x, y=y, text_anchor=anchor)
    elif mark == "slope" and math.isfinite(predicted):
        _slope(frame, xs, rows[0], predicted, "curve predicted")
    elif mark == "place" and inside(frame.x.fraction(predicted)):
        _upright(frame, predicted, "predicted", f"predicted {number_text(predicted)}")
    return frame.svg.markup()


def free_place(frame: Frame, at: float, points: Sequence[tuple[float, float]]) -> tuple[str, float, str]:
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
