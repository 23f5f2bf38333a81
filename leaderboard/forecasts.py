"""Forecasts of public runs: what was given, what a law says with its spread, the runs ahead and how far they miss."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from math import isfinite

from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.figures import Frame
from leaderboard.quantities import finite, number_text
from leaderboard.svg import key_mark, percent
from runners.reporting.condition_model import Forecast

COLOURS = 6
SHAPES = ("dot", "square", "diamond")
"""Of runs ahead: of more series than there are colours the next six are squares."""
Run = tuple[float, float, int]


def forecast_figure(picture: Forecast) -> Markup:
    """One panel: rings, dots, dashed lines with bands, and misses; a colour a series, on log axes where they span."""
    given, ahead = (_runs(rows) for rows in (picture.given, picture.ahead))
    x, middle, series, low, high = picture.line
    line = sorted((int(k), *at) for *at, k in zip(x, middle, low, high, series, strict=True) if isfinite(at[0]))
    across, up = chain(*picture.limits[:2]), chain(*picture.limits[2:])
    xs = finite([*(run[0] for run in (*given, *ahead)), *(at[1] for at in line), *across]) or [1.0, 2.0]
    ys = finite([*(run[1] for run in (*given, *ahead)), *chain(*(at[2:] for at in line)), *up]) or [1.0, 2.0]
    frame = Frame(
        Axis.around(xs, logarithmic=spans_decades(xs, factor=2.0)),
        Axis.around(ys, logarithmic=spans_decades(ys, factor=2.0)),
        f"{picture.y} over {picture.x}: runs given, runs ahead and the forecast",
        height=260,
    )
    for k in sorted({at[0] for at in line}):
        points = [at[1:] for at in line if at[0] == k]
        outline = [(at[0], at[3]) for at in points] + [(at[0], at[2]) for at in reversed(points)]
        if all(isfinite(v) and frame.shows(v) for _, v in outline):
            corners = " ".join(frame.point(*corner) for corner in outline)
            frame.svg.add("polygon", "region", parent=frame.square, points=corners)
        frame.line(f"curve dashed colour-{k % COLOURS}", [(at[0], at[1]) for at in points])
        for run in ahead if not picture.limits else ():
            if run[2] == k and (there := _between(points, run[0])) is not None and frame.shows(run[1]):
                across = percent(frame.x.fraction(run[0]))
                ends = {"x1": across, "x2": across, "y1": frame.down(run[1]), "y2": frame.down(there)}
                frame.svg.add("line", f"whisker colour-{k % COLOURS}", **ends)
    for run, left, right, low, high in zip(ahead, *picture.limits, strict=True) if picture.limits else ():
        if all(map(isfinite, (*run, left, right, low, high))) and frame.shows(run[1]):
            kind, at = f"whisker colour-{run[2] % COLOURS}", frame.down(run[1])
            ends = {"x1": percent(frame.x.fraction(left)), "x2": percent(frame.x.fraction(right)), "y1": at, "y2": at}
            frame.svg.add("line", kind, **ends)
            if high > low:
                x = percent(frame.x.fraction(run[0]))
                frame.svg.add("line", kind, x1=x, x2=x, y1=frame.down(low), y2=frame.down(high))
    for runs, role in ((given, "given"), (ahead, "ahead")):
        for across, up, k in runs:
            if isfinite(across) and frame.shows(up):
                called = f"{picture.series[k]}, " if k < len(picture.series) else ""
                hollow = role == "given"
                kind = f"colour-{k % COLOURS} hollow" if hollow else f"fill-{k % COLOURS}"
                title = f"{called}{role}: {picture.x} {number_text(across)}, {picture.y} {number_text(up)}"
                frame.svg.marker(_shape(k), kind, x=percent(frame.x.fraction(across)), y=frame.down(up),
                                 radius=2.6 if hollow else 3.2, title=title)  # fmt: skip
    return frame.svg.markup()


def forecast_caption(pictures: Sequence[Forecast]) -> str:
    """What rings, dots, lines and bands are, as far as these pictures have them."""
    x, middle, _, low, high = zip(*(it.line for it in pictures), strict=True)
    banded = any(a < b for lows, highs in zip(low, high, strict=True) for a, b in zip(lows, highs, strict=True))
    equal = all(tuple(across) == tuple(up) for across, up in zip(x, middle, strict=True))
    told = ["Rings: runs that were given"] if any(it.given and len(it.given[0]) for it in pictures) else []
    told.append("filled: runs ahead, none of which entered the fit")
    told.append("dashed: where a run lies that is just as the law says" if equal else "dashed: the forecast")
    if banded:
        told.append("shaded: the forecast in nine of ten trials")
    if any(it.limits for it in pictures):
        told.append("bars: what the law says of a run ahead, and what was measured, in nine of ten trials")
    else:
        told.append("a thin line leads from each run ahead to it")
    if equal and not banded and not any(it.limits for it in pictures):
        told.append("the law is fitted to the same runs in every trial, so that its forecast has no band")
    return "; ".join(told)[:1].upper() + "; ".join(told)[1:] + "."


def forecast_legend(picture: Forecast) -> tuple[tuple[Markup, str], ...]:
    """(mark, name) of each series, if there are several."""
    several = picture.series if len(picture.series) > 1 else ()
    return tuple((key_mark(_shape(k), f"fill-{k % COLOURS}", name), name) for k, name in enumerate(several))


def _shape(series: int) -> str:
    return SHAPES[series // COLOURS % len(SHAPES)]


def _runs(rows: Sequence[Sequence[float]]) -> list[Run]:
    x, y, series = rows
    return [(a, b, int(k)) for a, b, k in zip(x, y, series, strict=True)]


def _between(points: Sequence[Sequence[float]], x: float) -> float | None:
    """The line's middle at x, straight between its points; None beyond them."""
    for (a, ya, *_), (b, yb, *_) in pairwise(points):
        if min(a, b) <= x <= max(a, b):
            return ya if a == b else ya + (yb - ya) * (x - a) / (b - a)
    return None
