"""Pictures of claims about single numbers: every trial beside its prediction and the controls; angles as angles."""

from __future__ import annotations

import math
from itertools import chain
from statistics import median
from xml.etree import ElementTree

from markupsafe import Markup

from leaderboard.axes import Axis, spans_decades
from leaderboard.figures import Frame
from leaderboard.marks import css_class
from leaderboard.quantities import finite, number_text
from leaderboard.summaries import condition_text
from leaderboard.svg import Svg, percent
from runners.reporting.condition_model import ConditionReport, varying_axes
from runners.reporting.report_model import ClaimReport

MOST_COLUMNS = 6
LONGEST = 24
"""Letters of a column's name."""
HALF = 0.3
"""Of a column, what its region takes to either side."""


def spread(claim: ClaimReport) -> Markup | None:
    """A column a condition, judged first, controls last: its trials over the region about their prediction."""
    columns = [("" if c in claim.conditions else "shown", c) for c in claim.everything][: MOST_COLUMNS - 1]
    columns += [(f"must {x.must}", c) for x in claim.controls for c in x.conditions]
    columns = [(role, c) for role, c in columns if finite(c.measured_values) and c.predicted is not None][:MOST_COLUMNS]
    if not columns:
        return None
    region, axes = claim.agreement.trial_region, varying_axes([c for role, c in columns if not role])
    edges = [[region.measured(edge, c.predicted) for edge in (region.low, region.high)] for _, c in columns]
    values = finite(chain(*edges, *((*c.measured_values, c.predicted) for _, c in columns)))
    names = {float(i): _name(c, role, axes) for i, (role, c) in enumerate(columns)}
    frame = Frame(
        Axis(-0.5, len(columns) - 0.5),
        Axis.around(values, logarithmic=spans_decades(values, factor=30.0)),
        f"every trial of {claim.measured.name} beside its prediction and region",
        height=190,
        marks=list(names),
        names=names,
    )
    for i, (_, c) in enumerate(columns):
        frame.band("region", [(x, *sorted(edges[i])) for x in (i - HALF, i + HALF)])
        at = frame.down(c.predicted)
        ends = [percent(frame.x.fraction(x)) for x in (i - HALF, i + HALF)]
        frame.svg.add("line", "predicted", x1=ends[0], x2=ends[1], y1=at, y2=at)
        for j, value in enumerate(finite(c.measured_values)):
            across = i + HALF * (j * 5 % 11 - 5) / 7  # a fixed pattern, so that equal trials stay apart
            title = f"{c.label}: {number_text(value)}, predicted {number_text(c.predicted)}"
            frame.svg.marker("dot", f"point {css_class(c.status)}", x=percent(frame.x.fraction(across)),
                             y=frame.down(value), radius=3, title=title)  # fmt: skip
    return frame.svg.markup()


def angle(claim: ClaimReport, condition: ConditionReport) -> Markup | None:
    """An angle drawn as one: predicted rays dashed, the median solid, all trials as a wedge.

    For observables in degrees, of which the prediction may divide the circle evenly, and for cosines.
    """
    in_degrees = "degrees" in claim.measured.means
    if not (in_degrees or claim.measured.name.endswith("cosine")) or claim.measured.along:
        return None
    measured = finite(condition.measured_values)
    if condition.predicted is None or not measured:
        return None
    predicted, trials = _degrees(condition.predicted, in_degrees), [_degrees(it, in_degrees) for it in measured]
    svg = Svg(210, f"predicted angle {predicted:.1f} degrees, measured {median(trials):.1f}", kind="plot angle")
    inner = svg.add("svg", "dial", width="100%", height=185, viewBox="-1.15 -1.15 2.3 2.3")
    svg.add("circle", "grid", parent=inner, cx="0", cy="0", r="1", fill="none")
    count = round(360 / predicted) if predicted > 1 else 0
    rays = [i * predicted for i in range(count)] if abs(count * predicted - 360) < 1e-6 else [0.0, predicted]
    low, high = _at(min(trials)), _at(max(trials))
    wedge = f"M0 0L{low}A1 1 0 0 0 {high}Z"
    svg.add("path", "spread", parent=inner, d=wedge)
    for ray in rays:
        svg.add("path", "curve predicted", parent=inner, d=f"M0 0L{_at(ray)}")
    svg.add("path", "curve colour-0", parent=inner, d=f"M0 0L{_at(median(trials))}")
    said = f"{median(trials):.1f}°, predicted {predicted:.1f}°"
    ElementTree.SubElement(inner, "title").text = said
    svg.add("text", "label strong", text=said, x="50%", y=204, text_anchor="middle")
    return svg.markup()


def _name(condition: ConditionReport, role: str, axes: list[str]) -> str:
    told = condition_text(condition.condition, axes) if not role or role == "shown" else ""
    text = f"{role} {told}".strip() or "judged"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _degrees(value: float, in_degrees: bool) -> float:
    return value if in_degrees else math.degrees(math.acos(min(1.0, max(-1.0, value))))


def _at(degrees: float) -> str:
    """Where a ray of this angle, counted from the right, ends on the circle."""
    turned = math.radians(degrees)
    return f"{math.cos(turned):.4f} {-math.sin(turned):.4f}"
