"""Forecasts of public runs: what was given, what a law says with its spread, the runs ahead and how far they miss."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from math import isfinite

from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.figures import Frame
from leaderboard.quantities import finite, number_text
from leaderboard.svg import percent
from runners.reporting.report_model import Forecast

COLOURS = 6
CAPTION = (
    "Rings: runs that were given; filled: runs ahead, none of which entered the fit; dashed: the forecast, nine of "
    "ten trials in the band, and a thin line from each run ahead to it."
)
Run = tuple[float, float, int]


def forecast_figure(picture: Forecast) -> Markup:
    """One panel: rings, dots, dashed lines with bands, and misses; a colour a series, on log axes where they span."""
    given, ahead = (_runs(rows) for rows in (picture.given, picture.ahead))
    x, middle, series, low, high = picture.line
    line = sorted((int(k), *at) for *at, k in zip(x, middle, low, high, series, strict=True) if isfinite(at[0]))
    xs = finite([*(run[0] for run in (*given, *ahead)), *(at[1] for at in line)]) or [1.0, 2.0]
    ys = finite([*(run[1] for run in (*given, *ahead)), *chain(*(at[2:] for at in line))]) or [1.0, 2.0]
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
        for run in ahead:
            if run[2] == k and (there := _between(points, run[0])) is not None and frame.shows(run[1]):
                across = percent(frame.x.fraction(run[0]))
                ends = {"x1": across, "x2": across, "y1": frame.down(run[1]), "y2": frame.down(there)}
                frame.svg.add("line", f"whisker colour-{k % COLOURS}", **ends)
    for runs, shape, role in ((given, "ring", "given"), (ahead, "dot", "ahead")):
        for across, up, k in runs:
            if isfinite(across) and frame.shows(up):
                called = f"{picture.series[k]}, " if k < len(picture.series) else ""
                colour = f"colour-{k % COLOURS} hollow" if shape == "ring" else f"fill-{k % COLOURS}"
                title = f"{called}{role}: {picture.x} {number_text(across)}, {picture.y} {number_text(up)}"
                frame.svg.marker("dot", colour, x=percent(frame.x.fraction(across)), y=frame.down(up),
                                 radius=2.6 if shape == "ring" else 3.2, title=title)  # fmt: skip
    return frame.svg.markup()


def forecast_legend(picture: Forecast) -> tuple[tuple[str, str], ...]:
    """(class of its colour, name) of each series, if there are several."""
    return (
        tuple((f"fill-{k % COLOURS}", name) for k, name in enumerate(picture.series)) if len(picture.series) > 1 else ()
    )


def _runs(rows: Sequence[Sequence[float]]) -> list[Run]:
    x, y, series = rows
    return [(a, b, int(k)) for a, b, k in zip(x, y, series, strict=True)]


def _between(points: Sequence[Sequence[float]], x: float) -> float | None:
    """The line's middle at x, straight between its points; None beyond them."""
    for (a, ya, *_), (b, yb, *_) in pairwise(points):
        if min(a, b) <= x <= max(a, b):
            return ya if a == b else ya + (yb - ya) * (x - a) / (b - a)
    return None
