"""Pictures of the phenomenon itself: curves of trials under what was predicted, and what a fold was made of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.figures import Frame, curves_figure, falls_by_decades, few
from leaderboard.quantities import finite, number_text, to_float
from leaderboard.summaries import Claim, Condition, condition_text, varying_axes
from leaderboard.svg import inside, percent

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


def pictures(claim: Claim) -> tuple[list[Picture], str]:
    """The panels of a claim's page and the caption below them; no panels where the numbers say all there is."""
    conditions = [*claim["conditions"], *claim["shown"]]
    if any(c.get("example") for c in conditions):
        return _examples(claim, conditions), "Solid: measured; dashed: predicted. One trial of each condition."
    if any((c.get("picture") or {}).get("along") for c in conditions):
        return _folded_panels(claim, conditions)
    if scattered := _scatters(claim, conditions):
        return scattered, "A point a setting of one trial."
    panels = _curves(claim, conditions)
    beside = [panel for control in claim["controls"] for panel in _curves(claim, control["conditions"], control)][:1]
    if not panels:
        return [], ""
    mark = _mark(claim, _chosen(claim, conditions)[0][1]["observable"], _chosen(claim, conditions)[0][1]["axis"])
    dashed = " Dashed: what the claim predicts of it." if mark else ""
    control = " The last panel is the control." if beside else ""
    return [*panels, *beside], f"Up to three trials of each condition.{dashed}{control}"


def _examples(claim: Claim, conditions: Sequence[Condition]) -> list[Picture]:
    names = varying_axes(conditions)
    return [
        Picture(
            _title(claim["measured"]["name"], c, names, judged=c in claim["conditions"]),
            c["example"]["axis"],
            curves_figure(c["example"]),
        )
        for c in conditions
        if c.get("example")
    ][:MOST_PANELS]


def _title(observable: str, condition: Condition, names: Sequence[str], *, judged: bool = True, role: str = "") -> str:
    told = condition_text(condition["condition"], names)
    outside = "" if judged else " (shown, not judged)"
    return f"{role}{observable.replace('_', ' ')}{f'; {told}' if told else ''}{outside}"


# --- curves over time, of claims about one number -------------------------------------------------------------------


def _chosen(claim: Claim, conditions: Sequence[Condition]) -> list[tuple[Condition, Mapping[str, Any]]]:
    """Of each condition the curve that the claim's number was read from, if names tell, else its first one."""
    found = []
    for condition in conditions:
        curves = (condition.get("picture") or {}).get("curves") or []
        marked = [curve for curve in curves if _mark(claim, curve["observable"], curve["axis"])]
        found += [(condition, curve) for curve in (marked or curves)[:1]]
    return found


def _mark(claim: Claim, curve: str, axis: str) -> str | None:
    """How a predicted number lies in a curve's plane, by names: `late_sharpness` is a level of `sharpness`,
    `half_time` a place on an axis of `time`, `power_slope` or any exponent a slope of a `power_spectrum`."""
    if claim["agreement"]["by"] == "distance" or claim["measured"]["along"]:
        return None
    name = claim["measured"]["name"]
    if name.endswith(f"_{curve}"):
        return "level"
    if name.endswith("_slope") and curve.startswith(name.removesuffix("slope")):
        return "slope"
    if name.endswith("_exponent") and axis not in IN_TIME:
        return "slope"
    return "place" if name.endswith(f"_{axis}") else None


def _curves(claim: Claim, conditions: Sequence[Condition], control: Mapping[str, Any] | None = None) -> list[Picture]:
    names = varying_axes(conditions)
    panels = []
    for condition, curve in _chosen(claim, conditions)[:MOST_PANELS]:
        judged = control is not None or condition in claim["conditions"]
        role = f"Control, must {control['must']}: " if control else ""
        title = _title(curve["observable"], condition, names, judged=judged, role=role)
        panels.append(Picture(title, curve["axis"], _curve(claim, condition, curve)))
    return panels


def _curve(claim: Claim, condition: Condition, curve: Mapping[str, Any]) -> Markup:
    xs = list(map(to_float, curve["x"]))
    mark = _mark(claim, curve["observable"], curve["axis"])
    # The first curve's own trial has its own prediction.
    predicted = to_float((condition["predicted_values"] or [condition["predicted"]])[0])
    values = finite([y for trial in curve["trials"] for row in trial for y in row])
    values += [predicted] if mark == "level" and math.isfinite(predicted) else []
    rows = [list(map(to_float, row)) for trial in curve["trials"] for row in trial]
    power_law = curve["axis"] not in IN_TIME and spans_decades(xs, factor=8.0)
    frame = Frame(
        Axis.around(xs, logarithmic=power_law, margin=0.0),
        Axis.around(
            values or [0.0, 1.0],
            logarithmic=falls_by_decades(rows) or (power_law and spans_decades(values, factor=20.0)),
        ),
        f"{curve['observable']} against {curve['axis']}",
        height=190,
    )
    for number, trial in enumerate(curve["trials"]):
        for row, ys in enumerate(trial):
            colour = row if len(trial) > 1 else number
            pairs = [(x, to_float(y)) for x, y in zip(xs, ys, strict=True)]
            points = " ".join(frame.point(x, y) for x, y in pairs if math.isfinite(frame.y.fraction(y)))
            frame.svg.add("polyline", f"curve thin colour-{colour % 6}", parent=frame.square, points=points)
    if mark == "level" and inside(frame.y.fraction(predicted)):
        at = frame.down(predicted)
        frame.svg.add("line", "predicted", x1="0", x2="100%", y1=at, y2=at)
        frame.svg.add("text", "label strong", text=f"predicted {number_text(predicted)}", x="1%", y=at - 5)  # fmt: skip
    elif mark == "slope" and math.isfinite(predicted):
        _slope(frame, xs, list(map(to_float, curve["trials"][0][0])), predicted, "curve predicted")
    elif mark == "place" and inside(frame.x.fraction(predicted)):
        _upright(frame, predicted, "predicted", f"predicted {number_text(predicted)}")
    return frame.svg.markup()


# --- what a fold was made of ----------------------------------------------------------------------------------------


def _folded_panels(claim: Claim, conditions: Sequence[Condition]) -> tuple[list[Picture], str]:
    """The points of all conditions and of the controls on the same axis; then curves of one trial at each point."""
    series = [(c, "" if c in claim["conditions"] else " (shown, not judged)") for c in conditions]
    series += [(c, f" (must {x['must']})") for x in claim["controls"] for c in x["conditions"]]
    along = next(c["picture"]["along"] for c, _ in series if (c.get("picture") or {}).get("along"))
    series = [(c, role) for c, role in series if (c.get("picture") or {}).get("along") == along]
    families = [
        _family(claim, c, role, [x for x, _ in series])
        for c, role in (series[0], series[-1])
        if c["picture"].get("curves")
    ]
    return [_folded(claim, series), *families[: min(2, len(series))]], _folded_caption(claim)


def _family(claim: Claim, condition: Condition, role: str, conditions: Sequence[Condition]) -> Picture:
    """One trial's curve at each value of the folded axis."""
    picture, curves = condition["picture"], condition["picture"]["curves"]
    xs = [list(map(to_float, curve["x"])) for curve in curves]
    rows = [list(map(to_float, curve["trials"][0][0])) for curve in curves]
    values = finite([y for row in rows for y in row]) or [0.0, 1.0]
    everywhere = [x for each in xs for x in each]
    frame = Frame(
        Axis.around(everywhere, logarithmic=curves[0]["axis"] not in IN_TIME and spans_decades(everywhere), margin=0.0),
        Axis.around(values, logarithmic=falls_by_decades(rows)),
        f"{curves[0]['observable']} at each {picture['along']}",
        height=190,
    )
    for number, (x, row) in enumerate(zip(xs, rows, strict=True)):
        points = " ".join(frame.point(a, b) for a, b in zip(x, row, strict=True) if math.isfinite(frame.y.fraction(b)))
        frame.svg.add("polyline", f"curve thin colour-{number % 6}", parent=frame.square, points=points)
    legend = [
        (f"fill-{i % 6}", f"{picture['along'].replace('_', ' ')} {_plain(x)}") for i, x in enumerate(picture["x"])
    ]
    title = _title(curves[0]["observable"], condition, varying_axes(conditions)) + role + ", one trial"
    return Picture(title, curves[0]["axis"], frame.svg.markup(), tuple(legend))


def _plain(value: object) -> str:
    return number_text(value, digits=6) if isinstance(value, int | float) else str(value)


def _scatters(claim: Claim, conditions: Sequence[Condition]) -> list[Picture]:
    """For a correlation the two things that are correlated, one over the other, a panel a condition."""
    if not claim["measured"]["name"].endswith("correlation"):
        return []
    panels, names = [], varying_axes(conditions)
    for condition in conditions[:MOST_PANELS]:
        curves = (condition.get("picture") or {}).get("curves") or []
        if len(curves) < 2:
            continue
        pairs = list(zip(*(map(to_float, curve["trials"][0][0]) for curve in curves[:2]), strict=True))
        xs, ys = finite([x for x, _ in pairs]), finite([y for _, y in pairs])
        if not xs or not ys:
            continue
        frame = Frame(
            Axis.around(xs, logarithmic=spans_decades(xs)),
            Axis.around(ys, logarithmic=spans_decades(ys)),
            f"{curves[1]['observable']} against {curves[0]['observable']}",
            height=190,
        )
        for x, y in pairs:
            if math.isfinite(x) and math.isfinite(y):
                frame.svg.marker("dot", "fill-0", x=percent(frame.x.fraction(x)), y=frame.down(y), radius=3.5)
        judged = condition in claim["conditions"]
        title = _title(curves[1]["observable"], condition, names, judged=judged)
        panels.append(Picture(title, curves[0]["observable"], frame.svg.markup()))
    return panels


def _folded(claim: Claim, series: Sequence[tuple[Condition, str]]) -> Picture:
    """All conditions' measurements along the folded axis, each with what the fold is predicted to be."""
    conditions = [condition for condition, _ in series]
    along, fold = conditions[0]["picture"]["along"], conditions[0]["picture"]["fold"].rsplit(":", 1)[-1]
    numeric = all(isinstance(x, int | float) for c in conditions for x in c["picture"]["x"])
    places = {
        id(c): list(map(float, c["picture"]["x"] if numeric else range(len(c["picture"]["x"])))) for c in conditions
    }
    xs = sorted({x for places_ in places.values() for x in places_})
    keys = ("middle", "low", "high", "predicted")
    ys = finite([y for c in conditions for key in keys for y in c["picture"].get(key, ())])
    ys += finite([c["predicted"] for c in conditions]) if fold.rsplit("_", 1)[-1] in AT_ITS_END else []
    ys = ys or [0.0, 1.0]  # everything diverged
    logarithmic = spans_decades(ys, factor=3.0) or fold == "slope"
    frame = Frame(
        Axis.around(xs, logarithmic=numeric and spans_decades(xs, factor=3.0), margin=0.06),
        Axis.around([y for y in ys if y > 0 or not logarithmic] or [0.0, 1.0], logarithmic=logarithmic and min(ys) > 0,
                    margin=0.1),
        f"{claim['measured']['name']} along {along}",
        marks=few(xs),
        names=None if numeric else {float(i): str(x) for i, x in enumerate(conditions[0]["picture"]["x"])},
    )  # fmt: skip
    for number, condition in enumerate(conditions):
        picture, x = condition["picture"], places[id(condition)]
        colour = f"colour-{number % 6}"
        aside = 0.006 * (number - (len(conditions) - 1) / 2)  # conditions that coincide stay visible side by side
        for at, low, high in zip(x, picture["low"], picture["high"], strict=True):
            across = percent(frame.x.fraction(at) + aside)
            ends = [frame.down(to_float(limit)) for limit in (low, high)]
            frame.svg.add("line", f"whisker {colour}", x1=across, x2=across, y1=ends[0], y2=ends[1])
        for at, middle in zip(x, picture["middle"], strict=True):
            if math.isfinite(frame.y.fraction(to_float(middle))):
                title = f"{condition['label']}; {along} {number_text(at)}: {number_text(middle)}"
                frame.svg.marker("dot", f"fill-{number % 6}", x=percent(frame.x.fraction(at) + aside),
                                 y=frame.down(to_float(middle)), radius=4, title=title)  # fmt: skip
        _predicted_fold(frame, condition, x, fold, colour)
    names = varying_axes(conditions)
    legend = [
        (f"fill-{number % 6}", (condition_text(c["condition"], names) or "judged") + role)
        for number, (c, role) in enumerate(series)
    ]
    title = claim["measured"]["name"].replace("_", " ")
    return Picture(title, along, frame.svg.markup(), tuple(legend) if len(legend) > 1 else ())


def _predicted_fold(frame: Frame, condition: Condition, xs: Sequence[float], fold: str, colour: str) -> None:
    picture, predicted = condition["picture"], to_float(condition["predicted"])
    if "predicted" in picture:
        line = list(zip(xs, map(to_float, picture["predicted"]), strict=True))
    elif fold == "slope" and math.isfinite(predicted):
        _slope(frame, xs, list(map(to_float, picture["middle"])), predicted, f"curve dashed {colour}")
        return
    elif fold.rsplit("_", 1)[-1] in ON_THE_AXIS:
        if inside(frame.x.fraction(predicted)):
            _upright(frame, predicted, f"predicted {colour}", "")
        return
    elif fold.rsplit("_", 1)[-1] in AT_ITS_END:
        line = [(x, predicted) for x in (frame.x.low, frame.x.high)]
    else:
        return
    points = " ".join(frame.point(x, y) for x, y in line if math.isfinite(frame.y.fraction(y)))
    frame.svg.add("polyline", f"curve dashed {colour}", parent=frame.square, points=points)


def _slope(frame: Frame, xs: Sequence[float], ys: Sequence[float], slope: float, kind: str) -> None:
    """A power law of this exponent through the middle of the points, in logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in zip(xs, ys, strict=True) if x > 0 and 0 < y < math.inf]
    if not logs:
        return
    x0, y0 = (sum(column) / len(logs) for column in zip(*logs, strict=True))
    line = [(x, math.exp(y0 + slope * (math.log(x) - x0))) for x in xs if x > 0]
    points = " ".join(frame.point(x, y) for x, y in line if math.isfinite(frame.y.fraction(y)))
    frame.svg.add("polyline", kind, parent=frame.square, points=points)


def _folded_caption(claim: Claim) -> str:
    fold = next(iter(claim["measured"]["along"].values())).rsplit(":", 1)[-1]
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
