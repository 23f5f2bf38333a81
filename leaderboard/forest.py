"""What a phenomenon's readings have in common: their sizes, what is pooled over them, how errors go with size."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.board_strips import BOARD, WIDTH
from leaderboard.figures import Frame
from leaderboard.names import short_name
from leaderboard.quantities import finite, number_text
from leaderboard.svg import percent
from runners.reporting.report_model import ClaimReport

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
"""Half-widths: what lies nearer to exact agreement is drawn there."""


@dataclass(frozen=True)
class Residuals:
    """How far readings are from exact agreement along one axis."""

    axis: str
    drawing: Markup
    legend: tuple[tuple[str, str], ...]
    """(class of its colour, reading)."""


def settings(scope: str) -> dict[str, str]:
    """`width 64, 128; data digits` -> {"width": "64, 128", "data": "digits"}."""
    found = {}
    for part in filter(None, (part.strip() for part in scope.split(";"))):
        named = re.fullmatch(r"(.+?) (-?[\d.][^a-z]*(?:to .*)?|[^ ]+(?:, [^ ]+)*)", part)
        if named:
            found[named[1].lower()] = named[2]
    return found


def size_text(claim: ClaimReport) -> str:
    """How large and how long: `width 64, rows 500, steps 3,000`."""
    told = settings(claim.scope)
    return "; ".join(f"{name} {told[name]}" for name in SIZES if name in told and _number(told[name]) is not None)


def data_text(claim: ClaimReport) -> str:
    """On which data; empty where none are named."""
    told = settings(claim.scope)
    return ", ".join(told[name] for name in DATA if name in told and _number(told[name]) is None)


def largest(claims: Iterable[ClaimReport]) -> list[tuple[str, str]]:
    """(what, how much): the largest of each size over all that was judged."""
    found: dict[str, float] = {}
    for claim in claims:
        for name, text in settings(claim.scope).items():
            if name in SIZES and (number := _number(text)) is not None:
                found[name] = max(found.get(name, 0.0), number)
    return [(name, f"{found[name]:,.0f}" if found[name] >= 1 else number_text(found[name]))
            for name in SIZES if name in found]  # fmt: skip


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
    """Distance from exact agreement over width, depth, step and the like, of fixed settings and of draws."""
    found = []
    for axis in ALONG:
        points = [point for claim in claims for point in _distances(claim, axis)]
        shown = [claim for claim in claims if any(claim.id == point[0].id for point in points)][:MOST_COLOURS]
        points = [point for point in points if any(point[0].id == claim.id for claim in shown)]
        if len({x for _, x, _ in points}) >= 3:
            found.append(_residuals(axis, shown, points))
    return found[:MOST_FIGURES]


def _distances(claim: ClaimReport, axis: str) -> Iterator[tuple[ClaimReport, float, float]]:
    """(claim, place on the axis, half-widths of its region from exact agreement)."""
    region = claim.region
    settings_of = [(c.condition, abs(region.position(c.agreement) - region.position(region.exact)))
                   for c in claim.judged]  # fmt: skip
    settings_of += [(draw.setting, draw.outside) for draw in (claim.reach.draws if claim.reach else ())]
    for setting, distance in settings_of:
        x = setting.get(axis)
        if isinstance(x, int | float) and not isinstance(x, bool) and x > 0 and math.isfinite(distance):
            yield claim, float(x), max(LEAST, distance)


def _residuals(
    axis: str, shown: Sequence[ClaimReport], points: Sequence[tuple[ClaimReport, float, float]]
) -> Residuals:
    xs, ys = [x for _, x, _ in points], [y for _, _, y in points]
    frame = Frame(
        Axis.around(xs, logarithmic=spans_decades(xs, factor=2.5)),
        Axis.around([*ys, 1.0, 0.1], logarithmic=True),
        f"distance from exact agreement, in half-widths of each region, against {axis}",
        height=190,
    )
    top = frame.down(1.0)
    frame.svg.add("rect", "region", x="0", y=top, width="100%", height=frame.down(frame.y.low) - top)
    colours = {claim.id: f"fill-{i}" for i, claim in enumerate(shown)}
    for claim, x, y in points:
        title = f"{short_name(claim.id)}, {axis} {number_text(x)}: {number_text(y)} half-widths"
        frame.svg.marker("dot", colours[claim.id], x=percent(frame.x.fraction(x)), y=frame.down(y), radius=3.5,
                         title=title)  # fmt: skip
    return Residuals(axis, frame.svg.markup(), tuple((colours[it.id], short_name(it.id)) for it in shown))
