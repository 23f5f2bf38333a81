"""What a phenomenon's readings have in common: their sizes, what is pooled over them, how errors go with size."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.board_strips import BOARD, WIDTH
from leaderboard.evidence import is_public, large_sizes
from leaderboard.figures import Frame
from leaderboard.names import short_name
from leaderboard.quantities import finite, number_text, value_text
from leaderboard.svg import percent
from runners.reporting.condition_model import numeric
from runners.reporting.report_model import ClaimReport
from runners.reporting.report_parts import AxisValue
from runners.rule.challenge import how_bad

SIZES = (
    "parameters", "width", "base width", "hidden", "neurons", "hidden layers", "depth", "blocks", "dimension", "modes",
    "features", "rows", "training rows", "samples", "steps", "most steps", "max steps", "time", "networks",
)  # fmt: skip
"""Settings that say how large a system was, or how long it ran, as a scope calls them."""
DATA = ("data", "text", "pictures", "population", "features")
ALONG = ("width", "depth", "steps", "time", "samples", "rows", "dimension", "modes", "learning_rate", "batch_size")
"""Axes over which errors are drawn, where the readings vary along them."""
MOST_FIGURES = 4
MOST_COLOURS = 6
LEAST = 0.01
"""Half-widths: what lies nearer to the middle of its region is drawn there."""
LISTED = 4
"""Values of one axis that are listed; of more, the ends are told."""


@dataclass(frozen=True)
class Dot:
    """One setting or draw of a reading."""

    claim: ClaimReport
    x: float
    """Its place on the axis."""
    distance: float
    """How far its median trial lies from the middle of T, in half-widths: 1 at an edge."""
    of: str
    """`setting` or `draw`."""


@dataclass(frozen=True)
class Residuals:
    """How far readings are from the middle of their regions along one axis."""

    axis: str
    drawing: Markup
    legend: tuple[tuple[str, str], ...]
    """(class of its colour, reading)."""
    dots: tuple[Dot, ...]


def settings(scope: str) -> dict[str, str]:
    """`width 64, 128; data digits` -> {"width": "64, 128", "data": "digits"}."""
    found = {}
    for part in filter(None, (part.strip() for part in scope.split(";"))):
        named = re.fullmatch(r"(.+?) (-?[\d.][^a-z]*(?:to .*)?|[^ ]+(?:, [^ ]+)*)", part)
        if named:
            found[named[1].lower()] = named[2]
    return found


def size_text(claim: ClaimReport) -> str:
    """How large and how long, of what was judged: `width 64, rows 500, steps 3,000`; of public runs, of whose models.

    A scope of before 0.2 is a sentence of its own, and told whole where no condition names a size.
    """
    told = _told(claim)
    sizes = [f"{name} {told[name]}" for name in SIZES if name in told and _number(told[name]) is not None]
    if is_public(claim):
        sizes += [f"models of {text}" for text in large_sizes(claim)[:2]]
        runs = next((c.forecast for c in claim.judged if c.forecast), None)
        sizes += [f"runs given {len(runs.given[0])}, ahead {len(runs.ahead[0])}"] if runs else []
    return "; ".join(sizes) or (claim.scope if claim.judged and _is_prose(claim.scope) else "")


def data_text(claim: ClaimReport) -> str:
    """On which data; of public runs, which sets; empty where none are named."""
    told = _told(claim)
    named = [told[name] for name in DATA if name in told and _number(told[name]) is None]
    if is_public(claim) and claim.data:
        named = [name for name in named if name != "published"] + list(claim.data)
    return ", ".join(dict.fromkeys(named))


def largest(claims: Iterable[ClaimReport]) -> list[tuple[str, str]]:
    """(what, how much): the largest of each size over all that was judged."""
    found: dict[str, float] = {}
    for claim in claims:
        for name, text in _told(claim).items():
            if name in SIZES and (number := _number(text)) is not None:
                found[name] = max(found.get(name, 0.0), number)
    return [(name, f"{found[name]:,.0f}" if found[name] >= 1 else number_text(found[name]))
            for name in SIZES if name in found]  # fmt: skip


def _told(claim: ClaimReport) -> dict[str, str]:
    """What a scope names, and what it does not name but the judged conditions or the points of a fold have."""
    found: dict[str, dict[str, AxisValue]] = {}
    for condition in claim.judged:
        for name, value in condition.condition.items():
            found.setdefault(name.replace("_", " "), {})[repr(value)] = value
        if points := condition.points:
            found.setdefault(points.along.replace("_", " "), {}).update({repr(x): x for x in points.x})
    values = {name: _values(list(its.values())) for name, its in found.items() if name in (*SIZES, *DATA)}
    return values | settings(claim.scope)


def _values(values: list[AxisValue]) -> str:
    if not numeric(values):
        return ", ".join(map(value_text, values))
    ordered = [value_text(it) for it in sorted(values)]
    return ", ".join(ordered) if len(ordered) <= LISTED else f"{ordered[0]} to {ordered[-1]}"


def _is_prose(scope: str) -> bool:
    return ";" not in scope and scope.count(" ") > LISTED


def _number(text: str) -> float | None:
    numbers = [float(it.replace(",", "")) for it in re.findall(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?![\w-])", text)]
    return max(numbers, default=None)


def pooled_strip(claims: Sequence[ClaimReport]) -> Markup | None:
    """One line for all settings of these readings: their median as a diamond, from the least to the largest.

    In half-widths of each reading's own region, the axis of the strips above it; None for fewer than three settings.
    """
    points = finite(claim.region.position(c.agreement) for claim in claims for c in claim.judged)
    if len(points) < 3:
        return None
    low, middle, high = (
        WIDTH * min(1.0, max(0.0, BOARD.fraction(it))) for it in (min(points), median(points), max(points))
    )
    diamond = f"M{middle - 7:.0f} 11L{middle:.0f} 4 {middle + 7:.0f} 11 {middle:.0f} 18Z"
    return Markup(
        '<svg class="strip both mid" viewBox="0 0 300 22" height="22" preserveAspectRatio="none">'
        '<path class="i a" d="M{:.0f} 11H{:.0f}"/><path class="pooled" d="{}"/></svg>'
    ).format(low, high, diamond)


def residuals(claims: Sequence[ClaimReport]) -> list[Residuals]:
    """Distance from the middle of T over width, depth, step and the like, of fixed settings and of draws alike."""
    found = []
    for axis in ALONG:
        dots = [dot for claim in claims for dot in _dots(claim, axis)]
        shown = [claim for claim in claims if any(claim.id == dot.claim.id for dot in dots)][:MOST_COLOURS]
        dots = [dot for dot in dots if any(dot.claim.id == claim.id for claim in shown)]
        if len({dot.x for dot in dots}) >= 3:
            found.append(_residuals(axis, shown, dots))
    return found[:MOST_FIGURES]


def _dots(claim: ClaimReport, axis: str) -> Iterator[Dot]:
    """A reading's settings and draws that have a place on the axis, by the measure of draws: the median trial's."""
    region, by = claim.agreement.within, claim.agreement.by
    for c in claim.judged:
        if c.values:
            yield from _dot(claim, axis, c.condition, float(how_bad(np.array(c.values), region, by)), "setting")
    for draw in claim.reach.draws if claim.reach else ():
        yield from _dot(claim, axis, draw.setting, draw.outside, "draw")


def _dot(claim: ClaimReport, axis: str, setting: Mapping[str, AxisValue], distance: float, of: str) -> Iterator[Dot]:
    x = setting.get(axis)
    if isinstance(x, int | float) and not isinstance(x, bool) and x > 0 and math.isfinite(distance):
        yield Dot(claim, float(x), max(LEAST, distance), of)


def _residuals(axis: str, shown: Sequence[ClaimReport], dots: Sequence[Dot]) -> Residuals:
    xs, ys = [dot.x for dot in dots], [dot.distance for dot in dots]
    frame = Frame(
        Axis.around(xs, logarithmic=spans_decades(xs, factor=2.5)),
        Axis.around([*ys, 1.0, 0.1], logarithmic=True),
        f"distance from the middle of each region, in its half-widths, against {axis}",
        height=190,
    )
    top = frame.down(1.0)
    frame.svg.add("rect", "region", x="0", y=top, width="100%", height=frame.down(frame.y.low) - top)
    colours = {claim.id: f"fill-{i}" for i, claim in enumerate(shown)}
    for dot in sorted(dots, key=lambda it: it.of):  # what nobody chose below what the source chose
        ring = dot.of == "draw"
        kind = colours[dot.claim.id].replace("fill", "colour") + " hollow" if ring else colours[dot.claim.id]
        title = f"{short_name(dot.claim.id)}, {dot.of}, {axis} {number_text(dot.x)}: {number_text(dot.distance)}"
        frame.svg.marker("dot", kind, x=percent(frame.x.fraction(dot.x)), y=frame.down(dot.distance),
                         radius=3.2 if ring else 4, title=title)  # fmt: skip
    legend = tuple((colours[it.id], short_name(it.id)) for it in shown)
    return Residuals(axis, frame.svg.markup(), legend, tuple(dots))
