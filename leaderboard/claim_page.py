"""A claim's page: what it shows besides the report's own words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from leaderboard import figures, strips, summaries
from leaderboard.contests import contest
from leaderboard.history import Passage, measurements
from leaderboard.pictures import pictures, shows_judged
from leaderboard.quantities import QUANTITY, interval_text, number_text, percent_text, region_text
from leaderboard.reach import WORDS, reach_map
from leaderboard.validity import discrepancy_figure, validity_map
from runners.reporting.condition_model import ConditionReport, varying_axes
from runners.reporting.report_model import ClaimReport
from runners.reporting.run_model import Run

LONGEST_SYMBOL = 24
"""Characters of LaTeX beside the name of an axis."""


def claim_context(claim: ClaimReport, runs: Sequence[Run], walk: Sequence[Passage]) -> dict[str, Any]:
    """What a claim's page draws: its pictures, its region, one axis for its conditions, and one for each control."""
    region = claim.region
    axes = varying_axes(claim.everything)
    fixed = {k: v for c in claim.everything[:1] for k, v in c.condition.items() if k not in axes}
    panels, caption = pictures(claim)
    return {
        "region": region,
        "quantity": QUANTITY[region.by],
        "trial_region": region_text(claim.agreement.trial_region),
        "axis": strips.agreement_axis(claim.everything, region),
        "axes": axes or list(fixed),
        "symbol": symbol_of(claim),
        "fixed": fixed if axes else {},
        "panels": panels,
        "panels_caption": caption,
        "judged_first": not shows_judged(claim),
        "figure": figures.measured_figure(claim),
        "numeric_axis": figures.numeric_axis(figures.drawn(claim)),
        "map": validity_map(claim),
        "reach_map": reach_map(claim),
        "draw_words": WORDS,
        "discrepancy": discrepancy_figure(claim),
        "controls": [
            (control, strips.agreement_axis(control.conditions, region), _labels(control.conditions))
            for control in claim.controls
        ],
        "ranking": contest(claim),
        "changing": what_would_change(claim),
        "repeats": max((c.trials for c in claim.conditions), default=0),
        "past": measurements(runs, claim.id)[::-1],
        "passages": [(passage, it) for passage in walk for it in passage.told if it.claim == claim.id],
    }


def symbol_of(claim: ClaimReport) -> str:
    """What the formula says of the measured number: its left side, if that is short; empty for folds and bounds."""
    side = re.split(r"=|\\sim|\\propto|\\approx|\\to\b", claim.formula, maxsplit=1)
    short = len(side) == 2 and len(side[0]) <= LONGEST_SYMBOL and side[0].count("{") == side[0].count("}")
    return side[0].strip() if short and not claim.measured.along and claim.kind != "bound" else ""


def what_would_change(claim: ClaimReport) -> list[str]:
    """What would have to come out otherwise for another verdict, a sentence each."""
    told = {"supported": _supported, "refuted": _refuted, "partly": _partly, "inconclusive": _inconclusive}
    return list(dict.fromkeys(told.get(claim.verdict, lambda claim: [])(claim)))


def _supported(claim: ClaimReport) -> list[str]:
    worst, found = claim.hardest, []
    if worst is not None and math.isfinite(reach := claim.region.reach(worst.interval)):
        found.append(
            f"The interval nearest to an edge of the region is {interval_text(worst.interval)}{_where(claim, worst)}: "
            f"it uses {percent_text(max(0.0, reach))} of the room between the region's middle and that edge. Were it "
            "to reach over the edge the claim would be undecided there, and wholly beyond, refuted there."
        )
    if (severity := summaries.severity_text(claim)) is not None:
        found.append(severity)
    guards = [control.experiment for control in claim.controls if control.must == "fail"]
    return found + [f"Did the relation hold in the control ({it}), the verdict would be vacuous." for it in guards]


def _refuted(claim: ClaimReport) -> list[str]:
    region, found = claim.region, []
    if outside := [c for c in claim.judged if c.status == "disagrees"]:
        nearest = min(outside, key=lambda c: abs(region.position(c.agreement)))
        found.append(
            f"The nearest miss is {region.by} {number_text(nearest.agreement)} {interval_text(nearest.interval)}"
            f"{_where(claim, nearest)}; the region ends at {interval_text((region.low, region.high))}."
        )
    found.append("One condition that agreed would make it hold in part; none does.")
    guards = [control.experiment for control in claim.controls if control.must == "hold"]
    return found + [
        f"Did the relation fail in the control ({it}), where it must hold, the fault would be the instrument's and "
        "nothing would be refuted."
        for it in guards
    ]


def _partly(claim: ClaimReport) -> list[str]:
    words = [c.status for c in claim.conditions]
    return [
        f"It would be supported on the {words.count('agrees')} conditions that agree alone, and refuted on the "
        f"{words.count('disagrees')} that disagree: what changes the verdict is the domain that the law claims."
    ]


def _inconclusive(claim: ClaimReport) -> list[str]:
    open_ones = [c for c in claim.conditions if c.status == "undecided"]
    spent = [c for c in open_ones if c.look >= c.looks]
    found = []
    if open_ones:
        found.append(
            f"{len(open_ones)} of {len(claim.conditions)} conditions are undecided: an interval that lies wholly on "
            "one side of the edge would decide."
        )
    if spent:
        kind = "larger data" if claim.replication == "resamples" else "more trials, at a larger tier,"
        found.append(f"All looks of {len(spent)} of them are spent; {kind} would narrow the interval.")
    return found


def _where(claim: ClaimReport, condition: ConditionReport) -> str:
    text = summaries.condition_text(condition.condition, varying_axes(claim.conditions))
    return f" ({text})" if text else ""


def _labels(conditions: Sequence[ConditionReport]) -> list[str]:
    """Axes that name a control's conditions: those that vary, else all."""
    return varying_axes(conditions) or [name for c in conditions[:1] for name in c.condition]
