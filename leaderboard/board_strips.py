"""Strips of the front page: all conditions of a claim against its region, on one axis that all claims share.

Drawn as a few paths in a box of 300 units, which the style sheet stretches: a page of 150 claims stays small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from leaderboard.axes import Axis
from runners.reporting.condition_model import ConditionOutcome
from runners.reporting.region import Region

# In half-widths of each claim's own region: T fills the middle third of every strip.
BOARD = Axis(-3.0, 3.0)
WIDTH = 300
USUAL_HEIGHT = 22
"""Of most strips, so that the style sheet has it."""
MOST = 6
"""Lines in a strip; of more conditions the ones are drawn that reach farthest."""
HIDDEN = 0.12
"""Widths that a point covers."""
LETTERS = {"agrees": "a", "disagrees": "d", "undecided": "u"}


def claim_strip(conditions: Sequence[ConditionOutcome], region: Region) -> Markup:
    """All judged conditions of a claim on the board's axis, first at the top. Its numbers stand beside it in words."""
    drawn = _farthest([condition for condition in conditions if condition.judged], region)
    spacing = 5
    span = spacing * (len(drawn) - 1)
    height = max(USUAL_HEIGHT, 8 + span)
    paths: dict[str, list[str]] = {}
    exact, centred = region.position(region.exact), not (region.open_below or region.open_above)
    # In the middle of a region with two edges the style sheet draws it.
    middle = centred and _x(exact) == "150"
    if math.isfinite(exact) and abs(exact) < 3 and not middle:
        paths["x"] = [f"M{_x(exact)} 0V{height}"]
    for i, condition in enumerate(drawn):
        y = str((height - span) // 2 + i * spacing)
        for kind, path in _lines(condition, region, y):
            paths.setdefault(kind, []).append(path)
    return Markup(
        '<svg class="strip {side}" viewBox="0 0 300 {height}"{as_drawn} preserveAspectRatio="none">{paths}</svg>'
    ).format(
        side="below" if region.open_below else "above" if region.open_above else "both mid" if middle else "both",
        height=height,
        as_drawn="" if height == USUAL_HEIGHT else Markup(' height="{}"').format(height),
        paths=Markup("").join(
            Markup('<path class="{}" d="{}"/>').format(kind, "".join(parts))
            for kind, parts in sorted(paths.items(), key=lambda item: ORDER.index(item[0]))
        ),
    )


# What is drawn first lies below: equality, intervals, arrows, points (dots, squares, rings).
ORDER = ["x", "i a", "i d", "i u", "b a", "b d", "b u", "p a", "p d", "p u", "p o"]


def _lines(condition: ConditionOutcome, region: Region, y: str) -> list[tuple[str, str]]:
    """(class, path) of one condition's interval, of its point, and of an arrow at an end that it reaches over."""
    letter = LETTERS[condition.status]
    point = region.position(condition.agreement)
    low, high = map(region.position, condition.interval)
    found = []
    if low < 3 and high > -3 and high - low > HIDDEN:
        found.append((f"i {letter}", f"M{_x(low)} {y}H{_x(high)}"))
    if low < -3:
        found.append((f"b {letter}", f"M8 {float(y) - 3:g}L2 {y} 8 {float(y) + 3:g}"))
    if high > 3:
        found.append((f"b {letter}", f"M292 {float(y) - 3:g}L298 {y} 292 {float(y) + 3:g}"))
    if abs(point) <= 3:
        found.append((f"p {letter}", f"M{_x(point)} {y}h0"))
        if letter == "u":
            found.append(("p o", f"M{_x(point)} {y}h0"))
    return found


def _farthest(judged: Sequence[ConditionOutcome], region: Region) -> Sequence[ConditionOutcome]:
    reaches = [region.reach(condition.interval) for condition in judged]
    if len(judged) <= MOST:
        return judged
    edge = sorted(reaches, reverse=True)[MOST - 1]
    return [condition for condition, reach in zip(judged, reaches, strict=True) if reach >= edge][:MOST]


def _x(position: float) -> str:
    """Three-hundredths of the width, held within the strip: half-widths of the region are fifty of them."""
    value = 150.0 if math.isnan(position) else WIDTH * min(1.0, max(0.0, BOARD.fraction(position)))
    return f"{value:.0f}"
