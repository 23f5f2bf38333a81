"""Pictures made of characters: values against a region on one common axis, and curves over each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

MARKS = "●×+◆"
"""One a series of curves, in their order; where two meet, the first is on top."""


class Strip(NamedTuple):
    """One line of a strip plot."""

    label: str
    values: Sequence[float]
    region: tuple[float, float]
    """Drawn as a bar; a bound may be infinite."""


def strips(rows: Sequence[Strip], *, width: int = 60, marker: float | None = None) -> list[str]:
    """Lines that draw each row's values (●) over its region (━) on a common axis, which the last line labels.

    The axis is logarithmic if all lie above 0 and span a factor of 10: a far control leaves the region in sight.
    A value that is not finite stands at the far end of its side (◂ or ▸). `marker`: a value that a thin vertical line
    marks in every row, such as the ratio 1.
    """
    finite = [x for row in rows for x in (*row.values, *row.region) if math.isfinite(x)]
    finite += [] if marker is None else [marker]
    if not finite:
        return []
    logarithmic = min(finite) > 0 and max(finite) / min(finite) > 10
    low, high = _padded(*((math.log10(end) if logarithmic else end) for end in (min(finite), max(finite))))
    name = max(len(row.label) for row in rows)

    def column(x: float) -> int:
        if logarithmic:
            x = math.log10(x) if x > 0 else -math.inf
        return round((min(max(x, low), high) - low) / (high - low) * (width - 1))

    lines = []
    for row in rows:
        cells = [" "] * width
        first, last = column(row.region[0]), column(row.region[1])
        cells[first : last + 1] = "━" * (last + 1 - first)
        if marker is not None:
            cells[column(marker)] = "┃" if first <= column(marker) <= last else "│"
        for value in row.values:
            cells[column(math.inf if math.isnan(value) else value)] = (
                "●" if math.isfinite(value) else "◂" if value < 0 else "▸"
            )
        lines.append(f"{row.label:{name}}  {''.join(cells)}".rstrip())
    ends = (10**low, 10**high) if logarithmic else (low, high)
    left, right = _ends(*ends, digits=4)
    return [*lines, f"{'':{name}}  {left}{right:>{width - len(left)}}"]


def curves(
    x: Sequence[float], series: Mapping[str, Sequence[float]], *, width: int = 60, height: int = 12
) -> list[str]:
    """Lines that draw series over x, a mark each; the vertical axis is logarithmic if they span a factor of 100.

    The legend comes last. Points that are not finite are left out.
    """
    finite = [y for ys in series.values() for y in ys if math.isfinite(y)]
    if not finite or not len(x):
        return []
    logarithmic = min(finite) > 0 and max(finite) / min(finite) > 100
    scale = math.log10 if logarithmic else float
    low, high = _padded(scale(min(finite)), scale(max(finite)))
    left, right = float(min(x)), float(max(x))
    canvas = [[" "] * width for _ in range(height)]
    for mark, ys in reversed(list(zip(MARKS, series.values()))):
        for at, y in zip(x, ys, strict=True):
            if math.isfinite(y):
                column = round((at - left) / ((right - left) or 1) * (width - 1))
                canvas[height - 1 - round((scale(y) - low) / (high - low) * (height - 1))][column] = mark
    unit = (lambda value: 10**value) if logarithmic else float
    bottom, top = _ends(unit(low), unit(high), digits=3)
    labels = {0: top, height - 1: bottom}
    margin = max(map(len, labels.values()))
    lines = [f"{labels.get(row, ''):>{margin}} ┤{''.join(cells)}".rstrip() for row, cells in enumerate(canvas)]
    ends = _ends(left, right, digits=3)
    lines.append(f"{'':{margin}}  {ends[0]}{ends[1]:>{width - len(ends[0])}}")
    return [*lines, f"{'':{margin}}  " + "   ".join(f"{mark} {name}" for mark, name in zip(MARKS, series))]


def _ends(low: float, high: float, *, digits: int) -> tuple[str, str]:
    """An axis' ends, with as many digits as place both to a twentieth of its length."""

    def close(end: float, digits: int) -> bool:
        return abs(float(f"{end:.{digits}g}") - end) <= (high - low) / 20

    enough = next((n for n in range(digits, 16) if close(low, n) and close(high, n)), digits)
    return f"{low:.{enough}g}", f"{high:.{enough}g}"


def _padded(low: float, high: float) -> tuple[float, float]:
    """The range, a twentieth wider on both sides; never empty."""
    margin = (high - low) / 20 or abs(high) / 20 or 1.0
    return low - margin, high + margin
