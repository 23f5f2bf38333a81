"""The review's six figures beside what was measured here: published form, pictures, numbers, what is reduced."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from leaderboard.figures import drawn, measured_figure, numeric_axis
from leaderboard.pictures import Picture, pictures
from leaderboard.templating import HERE
from runners.reporting.condition_model import varying_axes
from runners.reporting.report_model import ClaimReport

MOST_PANELS = 4
"""Of one claim; its own page has them all."""


class Part(BaseModel):
    """One respect in which a figure was published, and what stands for it here."""

    model_config = ConfigDict(extra="forbid")

    part: str
    published: str
    here: str
    kind: Literal["own", "reduced", "other", "missing"]


class ReviewFigure(BaseModel):
    """A figure of the review, by `review_figures.yaml`."""

    model_config = ConfigDict(extra="forbid")

    figure: str
    title: str
    cite: str
    arxiv: str
    shows: str
    claims: list[str]
    parts: list[Part]


class Beside(NamedTuple):
    """A claim beside a figure: its pictures, where it was measured."""

    claim: ClaimReport
    panels: Sequence[Picture]
    caption: str
    axes: list[str]
    """What tells its conditions apart."""


def review_figures() -> list[ReviewFigure]:
    """The six figures in the review's order."""
    entries = yaml.safe_load((HERE / "review_figures.yaml").read_text(encoding="utf-8"))
    return [ReviewFigure.model_validate(entry) for entry in entries]


def figures_context(claims: Sequence[ClaimReport]) -> dict[str, Any]:
    """Each figure with those of its claims that the report holds."""
    said = {claim.id: claim for claim in claims}
    return {
        "figures": [(it, [_beside(said[name]) for name in it.claims if name in said]) for it in review_figures()],
    }


def _beside(claim: ClaimReport) -> Beside:
    panels, caption = pictures(claim) if claim.judged else ([], "")
    if not panels and claim.judged and (figure := measured_figure(claim)):
        across = (numeric_axis(drawn(claim)) or "predicted").replace("_", " ")
        panels, caption = (
            [Picture(claim.measured.name.replace("_", " "), across, figure)],
            "Measured; shaded: the region.",
        )
    return Beside(claim, panels[:MOST_PANELS], caption, varying_axes(claim.conditions))
