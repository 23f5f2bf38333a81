"""The front page's one picture: a law that can be seen, with prediction, region and measurement labelled.

Where no law's prediction is a level of a curve, it is the first supported law's own picture; before there is one, how a
measurement is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from markupsafe import Markup

from leaderboard.axes import Axis
from leaderboard.figures import Frame, drawn, measured_figure, numeric_axis
from leaderboard.pictures import free_place, level_curve, pictures, trials_drawn
from leaderboard.quantities import finite, number_text
from leaderboard.summaries import condition_text, measured_text
from leaderboard.svg import percent
from runners.reporting.condition_model import varying_axes
from runners.reporting.report_model import ClaimReport

SHOWN_FIRST = "eos-gd-two-over-eta"


@dataclass(frozen=True)
class OneLaw:
    """A claim and a picture of it."""

    claim: ClaimReport
    title: str
    """What is drawn, and in which condition."""
    x: str
    """Over what."""
    drawing: Markup
    legend: tuple[tuple[str, str], ...] = ()
    """(mark, what it stands for)."""
    caption: str = "Shaded: the region, fixed before measuring."


def one_law(claims: Sequence[ClaimReport]) -> OneLaw | None:
    """The sharpness at the edge of stability, or another supported law that can be seen; None before there is one."""
    laws = sorted(
        (c for c in claims if c.kind == "law" and c.verdict == "supported"), key=lambda c: c.id != SHOWN_FIRST
    )
    return _on_its_level(laws) or _as_on_its_page(laws)


def _as_on_its_page(laws: Sequence[ClaimReport]) -> OneLaw | None:
    for claim in laws:
        if (figure := measured_figure(claim)) is not None:
            across = (numeric_axis(drawn(claim)) or "predicted").replace("_", " ")
            caption = "Shaded: the region about the prediction, fixed before measuring."
            return OneLaw(claim, measured_text(claim.measured), across, figure, caption=caption)
        panels, caption = pictures(claim)
        if panels:
            return OneLaw(claim, panels[0].title, panels[0].x, panels[0].drawing, panels[0].legend, caption)
    return None


def _on_its_level(laws: Sequence[ClaimReport]) -> OneLaw | None:
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
            halfway = next(
                (x for row in rows for x, y in zip(curve.x, row, strict=True) if y > 0.5 * predicted), curve.x[0]
            )
            beside, below = percent(frame.x.fraction(halfway) + 0.06), frame.down(0.4 * predicted)
            frame.svg.add("text", "label strong", text=said, x=beside, y=below)
            setting = condition_text(condition.condition, varying_axes(claim.conditions) or list(condition.condition))
            title = f"{curve.observable.replace('_', ' ')} of a network while it trains"
            return OneLaw(claim, ", ".join(filter(None, (title, setting))), curve.axis, frame.svg.markup())
    return None
