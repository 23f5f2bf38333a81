"""A claim's page: what it shows besides the report's own words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from leaderboard import figures, strips, summaries
from leaderboard.contests import contest
from leaderboard.history import Passage, entries
from leaderboard.pictures import pictures
from leaderboard.quantities import interval_text, number_text, percent_text
from leaderboard.region import Region
from leaderboard.validity import discrepancy_figure, validity_map
from runners.records.seeds import derive_seed
from runners.reporting.changes import Kind
from runners.reporting.history import Run

MOST_SEEDS = 8


def claim_context(claim: Mapping[str, Any], runs: Sequence[Run], walk: Sequence[Passage]) -> dict[str, Any]:
    """What a claim's page draws: its pictures, its region, one axis for its conditions, and one for each control."""
    region = Region.of(claim["agreement"])
    everything = [*claim["conditions"], *claim["shown"]]
    axes = summaries.varying_axes(everything)
    fixed = {k: v for c in everything[:1] for k, v in c["condition"].items() if k not in axes}
    panels, caption = pictures(claim)
    return {
        "region": region,
        "trial_region": Region.of_trial(claim["agreement"]),
        "axis": strips.agreement_axis(everything, region),
        "axes": axes or list(fixed),
        "fixed": fixed if axes else {},
        "panels": panels,
        "panels_caption": caption,
        "figure": figures.measured_figure(claim),
        "numeric_axis": figures.numeric_axis(figures.drawn(claim)),
        "map": validity_map(claim),
        "discrepancy": discrepancy_figure(claim),
        "controls": [
            (control, strips.agreement_axis(control["conditions"], region), _labels(control["conditions"]))
            for control in claim["controls"]
        ],
        "ranking": contest(claim),
        "changing": what_would_change(claim),
        "seeds": [derive_seed(claim["experiment"], "record", repeat) for repeat in range(_trials(claim)[0])],
        "repeats": _trials(claim)[1],
        "past": entries(runs, claim["id"])[::-1],
        "passages": [
            (passage, change)
            for passage in walk
            for change in passage.changes
            if change.claim == claim["id"] and change.kind not in (Kind.HELD, Kind.NEW)
        ],
    }


def what_would_change(claim: Mapping[str, Any]) -> list[str]:
    """What would have to come out otherwise for another verdict, a sentence each."""
    told = {"supported": _supported, "refuted": _refuted, "partly": _partly, "inconclusive": _inconclusive}
    return list(dict.fromkeys(told.get(claim["verdict"], lambda claim: [])(claim)))


def _supported(claim: Mapping[str, Any]) -> list[str]:
    region, worst = Region.of(claim["agreement"]), summaries.hardest(claim)
    found = []
    if worst is not None and math.isfinite(reach := region.reach(worst["interval"] or [worst["agreement"]] * 2)):
        where = _where(claim, worst)
        found.append(
            f"The interval nearest to an edge of the region is {interval_text(worst['interval'])}{where}: it uses "
            f"{percent_text(max(0.0, reach))} of the room between the region's middle and that edge. Were it to reach "
            "over the edge the claim would be undecided there, and wholly beyond, refuted there."
        )
    if (severity := summaries.severity_text(claim)) is not None:
        found.append(severity)
    for control in claim["controls"]:
        if control["must"] == "fail":
            found.append(
                f"Did the relation hold in the control ({control['experiment']}), the verdict would be vacuous."
            )
    return found


def _refuted(claim: Mapping[str, Any]) -> list[str]:
    region = Region.of(claim["agreement"])
    outside = [c for c in summaries.measured_conditions(claim["conditions"]) if c["status"] == "disagrees"]
    found = []
    if outside:
        nearest = min(outside, key=lambda c: abs(region.position(c["agreement"])))
        found.append(
            f"The nearest miss is {region.by} {number_text(nearest['agreement'])} {interval_text(nearest['interval'])}"
            f"{_where(claim, nearest)}; the region ends at {interval_text([region.low, region.high])}."
        )
    found.append("One condition that agreed would make it hold in part; none does.")
    for control in claim["controls"]:
        if control["must"] == "hold":
            found.append(
                f"Did the relation fail in the control ({control['experiment']}), where it must hold, the fault would "
                "be the instrument's and nothing would be refuted."
            )
    return found


def _partly(claim: Mapping[str, Any]) -> list[str]:
    words = [c["status"] for c in claim["conditions"]]
    return [
        f"It would be supported on the {words.count('agrees')} conditions that agree alone, and refuted on the "
        f"{words.count('disagrees')} that disagree: what changes the verdict is the domain that the law claims."
    ]


def _inconclusive(claim: Mapping[str, Any]) -> list[str]:
    open_ones = [c for c in claim["conditions"] if c["status"] == "undecided"]
    spent = [c for c in open_ones if c["look"] >= c["looks"]]
    found = []
    if open_ones:
        found.append(
            f"{len(open_ones)} of {len(claim['conditions'])} conditions are undecided: an interval that lies wholly on "
            "one side of the edge would decide."
        )
    if spent:
        kind = "larger data" if claim.get("replication") == "resamples" else "more trials, at a larger tier,"
        found.append(f"All looks of {len(spent)} of them are spent; {kind} would narrow the interval.")
    return found


def _where(claim: Mapping[str, Any], condition: Mapping[str, Any]) -> str:
    text = summaries.condition_text(condition["condition"], summaries.varying_axes(claim["conditions"]))
    return f" ({text})" if text else ""


def _trials(claim: Mapping[str, Any]) -> tuple[int, int]:
    """How many seeds to name, and how many trials the largest condition has."""
    most = max((c["trials"] for c in claim["conditions"]), default=0)
    return (min(MOST_SEEDS, most) if claim.get("replication", "seeds") == "seeds" else 0), most


def _labels(conditions: list[Mapping[str, Any]]) -> list[str]:
    """Axes that name a control's conditions: those that vary, else all."""
    return summaries.varying_axes(conditions) or [name for c in conditions[:1] for name in c["condition"]]
