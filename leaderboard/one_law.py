"""The front page's one picture: a law that can be seen, with prediction, region and measurement labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from markupsafe import Markup

from leaderboard.axes import Axis
from leaderboard.figures import Frame
from leaderboard.pictures import free_place, level_curve, trials_drawn
from leaderboard.quantities import finite, number_text
from leaderboard.summaries import condition_text
from runners.reporting.report_model import ClaimReport, varying_axes

SHOWN_FIRST = "eos-gd-two-over-eta"


@dataclass(frozen=True)
class OneLaw:
    """A claim, one of its conditions, and the drawing."""

    claim: ClaimReport
    setting: str
    """The condition in words."""
    y: str
    """What is drawn."""
    x: str
    """Over what."""
    drawing: Markup


def one_law(claims: Sequence[ClaimReport]) -> OneLaw | None:
    """The sharpness at the edge of stability, or another supported law whose prediction is a level of a curve."""
    laws = sorted(
        (c for c in claims if c.kind == "law" and c.verdict == "supported"), key=lambda c: c.id != SHOWN_FIRST
    )
    for claim in laws:
        for condition in claim.judged:
            found = level_curve(claim, condition)
            if found is None or condition.predicted is None:
                continue
            curve, predicted = found, condition.predicted
            rows = [*chain(*curve.trials), *(row for row in (curve.low, curve.high) if row is not None)]
            edges = [claim.region.measured(edge, predicted) for edge in (claim.region.low, claim.region.high)]
            values = finite([0.0, 1.18 * predicted, *edges, *chain(*rows)])
            frame = Frame(
                Axis.around(curve.x, margin=0.0),
                Axis.around(values, margin=0.0),
                f"{curve.observable} over {curve.axis}: it climbs to what is predicted, and stays",
                height=200,
            )
            top, bottom = sorted(map(frame.down, edges))
            frame.svg.add("rect", "region", x="0", y=top, width="100%", height=bottom - top)
            trials_drawn(frame, curve)
            at = frame.down(predicted)
            frame.svg.add("line", "predicted", x1="0", x2="100%", y1=at, y2=at)
            law = "2/η = " if claim.id == SHOWN_FIRST else ""
            text = f"predicted: {law}{number_text(predicted)}"
            climbing = [(x, y) for row in rows for x, y in zip(curve.x, row, strict=True)]
            across, above, anchor = free_place(frame, top - 3, climbing)
            frame.svg.add("text", "label strong", text=text, x=across, y=above, text_anchor=anchor)
            region = f"region: {number_text(edges[0])} to {number_text(edges[1])}"
            frame.svg.add("text", "label", text=region, x="99%", y=bottom + 18, text_anchor="end")
            said = f"measured: {curve.of or len(curve.trials)} networks"
            frame.svg.add("text", "label strong", text=said, x="99%", y=frame.down(0.5 * predicted), text_anchor="end")
            setting = condition_text(condition.condition, varying_axes(claim.conditions) or list(condition.condition))
            return OneLaw(claim, setting, curve.observable, curve.axis, frame.svg.markup())
    return None
