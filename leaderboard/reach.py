"""How far a law reaches, drawn: a map of its draws over two axes of the domain."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from leaderboard.axes import Axis
from leaderboard.figures import Frame
from leaderboard.marks import COUNTEREXAMPLE, OUTCOMES
from leaderboard.quantities import number_text, value_text
from leaderboard.summaries import condition_text
from leaderboard.svg import key_mark, percent
from runners.reporting.reach_model import AxisReport, DrawReport
from runners.reporting.report_model import ClaimReport
from runners.reporting.report_parts import AxisValue

SHAPES = {**OUTCOMES, "counterexample": COUNTEREXAMPLE}
"""By what a draw says: told by shape as well as by colour."""
WORDS = {"aside": "set aside", "pending": "to be measured"}
GOLDEN = (math.sqrt(5) - 1) / 2
SPREAD = 0.7
"""Share of a column over which the draws of one level are spread, so that they can be counted."""
ANOTHER = 7
"""Factor of a draw's number along the second axis: two lists would else show their draws on diagonals."""
FAR = 4.0
"""Half-widths of T shown where a domain has one axis only."""


@dataclass(frozen=True)
class Place:
    """One axis of a map: where a drawn value lies, and how the axis is named."""

    name: str
    axis: Axis
    levels: Mapping[float, str]
    """Names of a list's columns by their places; empty for a range."""
    at: Mapping[str, float]
    """Place of each level."""

    def of(self, value: AxisValue, number: int) -> float:
        """Where draw `number` stands: in the middle part of its column, or at its own value."""
        if not self.at:
            return float(value)
        return self.at[repr(value)] + SPREAD * ((number * GOLDEN) % 1 - 0.5)


@dataclass(frozen=True)
class ReachMap:
    """A map with the words around it."""

    drawing: Markup
    across: str
    """Name of the horizontal axis."""
    up: str
    """Name of the vertical one."""
    legend: tuple[tuple[Markup, str], ...]
    """A mark and what it stands for, with how many there are."""
    rows: bool
    """Whether the vertical axis has names rather than numbers."""


def reach_map(claim: ClaimReport) -> ReachMap | None:
    """The draws of a claim over the two axes that matter most; None without a draw that was measured."""
    reach = claim.reach
    if reach is None or not (draws := [draw for draw in reach.draws if draw.setting]):
        return None
    across, *others = most_telling(reach.fails_along, reach.axes)
    x = _place(across, reach.axes[across])
    y = _place(others[0], reach.axes[others[0]]) if others else None
    up = y.name if y else "distance from the middle of T in half widths"
    counts = {word: sum(draw.outcome == word for draw in draws) for word in SHAPES}
    counts["counterexample"] = len(claim.counterexamples)
    told = ", ".join(f"{count} {WORDS.get(word, word)}" for word, count in counts.items() if count)
    frame = Frame(
        x.axis,
        y.axis if y else Axis(0.0, FAR),
        f"Map of {len(draws)} draws of {claim.id} over {across} and {up}",
        marks=list(x.levels),
        names=x.levels,
        rows=y.levels if y else None,
        kind="plot reach-map",
    )
    frame.svg.describe(f"{told}. {reach.fails_where}".strip())
    if y is None:
        frame.svg.add("line", "exact", x1="0", x2="100%", y1=frame.down(1.0), y2=frame.down(1.0))
    for draw in draws:
        height = (
            y.of(draw.setting[y.name], ANOTHER * draw.number)
            if y
            else (FAR if math.isnan(draw.outside) else draw.outside)
        )
        _mark(frame, draw, x.of(draw.setting[across], draw.number), height)
    for i, found in enumerate(claim.counterexamples):
        height = y.of(found.setting[y.name], ANOTHER * i) if y else found.outside
        at = percent(x.axis.fraction(x.of(found.setting[across], i)))
        title = (
            f"counterexample: {_setting(found.setting)}, {number_text(found.outside)} half-widths from the middle of T"
        )
        frame.svg.marker(COUNTEREXAMPLE, "draw counterexample", x=at, y=frame.down(height), title=title)
    return ReachMap(
        frame.svg.markup(),
        across,
        up,
        tuple(
            (key_mark(SHAPES[word], f"draw {word}", word), f"{WORDS.get(word, word)} ({count})")
            for word, count in counts.items()
            if count
        ),
        y is not None and bool(y.levels),
    )


def most_telling(fails_along: tuple[str, ...], axes: Mapping[str, AxisReport]) -> list[str]:
    """The two axes to draw: first those along which it fails, then those of the domain in their order; a list, whose
    levels make columns, before a range."""
    chosen = list(dict.fromkeys([*fails_along, *axes]))[:2]
    return sorted(chosen, key=lambda name: axes[name].between is not None)


def strength(draw: DrawReport) -> float:
    """From 0 at the edge of T to 1 in its middle, or infinitely far beyond; 1 where no distance is known."""
    if math.isnan(draw.outside):
        return 1.0
    return 1 - draw.outside if draw.outside <= 1 else 1 - 1 / draw.outside


def _place(name: str, axis: AxisReport) -> Place:
    if axis.between is not None:
        return Place(name, Axis.around(axis.between, logarithmic=axis.scale == "log", margin=0.04), {}, {})
    levels = {float(i): value_text(value) for i, value in enumerate(axis.values)}
    at = {repr(value): float(i) for i, value in enumerate(axis.values)}
    return Place(name, Axis(-0.5, len(levels) - 0.5), levels, at)


def _mark(frame: Frame, draw: DrawReport, x: float, y: float) -> None:
    told = [_setting(draw.setting), WORDS.get(draw.outcome, draw.outcome)]
    if math.isfinite(draw.outside):
        told.append(f"{number_text(draw.outside)} half-widths from the middle of T")
    title = f"draw {draw.number}: {', '.join([*told, *filter(None, [draw.reason])])}"
    mark = frame.svg.marker(
        SHAPES[draw.outcome], f"draw {draw.outcome}", x=percent(frame.x.fraction(x)), y=frame.down(y), title=title
    )
    if draw.outcome in ("holds", "fails"):
        mark.set("fill-opacity", f"{0.25 + 0.75 * strength(draw):.2f}")  # the outline keeps the full colour


def _setting(setting: Mapping[str, AxisValue]) -> str:
    return condition_text(setting, list(setting))
