"""What the board says about a claim in one line: pure functions of a report."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from leaderboard.marks import VERDICTS
from leaderboard.quantities import finite, number_text, percent_text, range_text, value_text
from runners.reporting.report_model import ClaimReport, Observed
from runners.reporting.report_parts import AxisValue
from runners.rule.looks import ALPHA


def condition_text(condition: Mapping[str, AxisValue], axes: Sequence[str]) -> str:
    """`learning rate 0.1, data digits`: the value on each of these axes that the condition has."""
    return ", ".join(f"{name.replace('_', ' ')} {value_text(condition[name])}" for name in axes if name in condition)


def settings_of(claims: Sequence[ClaimReport]) -> dict[str, list[str]]:
    """Values that each axis takes over the conditions of these claims, numbers in order."""
    found: dict[str, dict[str, AxisValue]] = {}
    for condition in (c for claim in claims for c in claim.everything):
        for name, value in condition.condition.items():
            found.setdefault(name, {})[value_text(value)] = value
        if points := condition.points:
            found.setdefault(points.along, {}).update((value_text(x), x) for x in points.x)
    numeric = {name: all(isinstance(v, int | float) for v in values.values()) for name, values in found.items()}
    return {
        name: [text for text, _ in sorted(values.items(), key=lambda it: it[1])] if numeric[name] else list(values)
        for name, values in found.items()
    }


def measured_text(measured: Observed) -> str:
    """`late sharpness`, or `slope of kernel change along width` for a fold."""
    name = measured.name.replace("_", " ")
    if not measured.along:
        return name
    axis, fold = next(iter(measured.along.items()))
    return f"{fold.rsplit(':', 1)[-1].replace('_', ' ')} of {name} along {axis.replace('_', ' ')}"


def predicted_text(predicted: float | str) -> str:
    """Where the prediction is computed: a number, or `module:function`."""
    return predicted if isinstance(predicted, str) else number_text(predicted)


def within_text(claim: ClaimReport, value: float | None) -> str:
    """An error in the units in which agreement is judged: percent, or the observable's own for a difference."""
    return number_text(value) if claim.agreement.by == "difference" else percent_text(value)


def level_text(claim: ClaimReport) -> str:
    """With what confidence the limits of its intervals hold, as a sentence."""
    looks = max((c.looks for c in claim.judged), default=1)
    if claim.replication == "none":
        return "Intervals are the declared numerical error; nothing is left to chance."
    if looks == 1:
        return f"Each limit of an interval holds with {percent_text(1 - ALPHA)} confidence."
    one, all_of_them = percent_text(1 - ALPHA / looks, digits=3), percent_text(1 - ALPHA)
    return f"Each limit of an interval holds with {one} confidence, so that {looks} looks together leave {all_of_them}."


def severity_text(claim: ClaimReport) -> str | None:
    """The smallest errors in the prediction that these measurements would have shown, as a sentence."""
    low, high = claim.severity or (math.inf, math.inf)
    if claim.agreement.by == "distance":
        limits = [abs(limit) for limit in finite([low, high])]
        parts = [f"off by {within_text(claim, max(limits))} (relative L2)"] if limits else []
    else:
        sides = {"lower": low, "higher": high}
        parts = [f"{within_text(claim, abs(size))} {side}" for side, size in sides.items() if math.isfinite(size)]
    return f"With a prediction {' or '.join(parts)} the whole interval would lie outside the region." if parts else None


def caught(claim: ClaimReport) -> float | None:
    """The smallest error in the prediction that would have been caught, in the units of agreement.

    None for a refuted claim: there the prediction is off already.
    """
    if claim.severity is None or claim.verdict == "refuted":
        return None
    sizes = finite(map(abs, claim.severity))
    return (max if claim.agreement.by == "distance" else min)(sizes, default=None)


def backends(claim: ClaimReport) -> list[str]:
    """Frameworks that measured it: an axis of its conditions, or libraries of its records."""
    named = {str(c.condition["backend"]) for c in claim.conditions if "backend" in c.condition}
    return sorted(named or {"jax", "torch"} & {*claim.libraries}) or ["numpy"]


def slack_text(claim: ClaimReport) -> str | None:
    """For a bound: how far the measurements stay from it, nearest to farthest."""
    region = claim.agreement.trial_region
    points = finite(median(c.values) for c in claim.judged)
    edge = region.high if math.isfinite(region.high) else region.low
    if claim.kind != "bound" or not points:
        return None
    if region.by == "ratio":
        factors = [max(edge / point, point / edge) for point in points if point > 0 and edge > 0]
        return f"a factor of {range_text(factors)}" if factors else None
    return range_text([abs(edge - point) for point in points])


@dataclass(frozen=True)
class TheoryRecord:
    """A theory's line on the board."""

    theory: str
    held_by: str
    bits: float | None
    risked: float | None
    """Bits that its laws about scalars would earn together if all were right."""
    verdicts: dict[str, int]
    strands: tuple[str, ...]
    experiments: int
    conditions: int
    sharpest: ClaimReport | None
    """Of its supported laws the one whose prediction excluded most."""


def theories(claims: Sequence[ClaimReport]) -> list[TheoryRecord]:
    """The theories behind the laws and bounds that count, most bits first. What nobody holds as a theory earns none."""
    groups: dict[tuple[str, str], list[ClaimReport]] = {}
    for claim in claims:
        if claim.counts:
            groups.setdefault((claim.theory, claim.held_by), []).append(claim)
    records = []
    for (theory, held_by), members in groups.items():
        words = [c.verdict for c in members]
        records.append(
            TheoryRecord(
                theory,
                held_by,
                total_bits(members) if held_by != "folklore" and any(c.has_verdict for c in members) else None,
                risked_bits(members) if held_by != "folklore" else None,
                {word: words.count(word) for word in VERDICTS if word in words},
                tuple(dict.fromkeys(c.strand for c in members)),
                len({c.experiment for c in members}),
                sum(len(c.conditions) for c in members),
                sharpest(members),
            )
        )
    return sorted(records, key=lambda r: (math.inf if r.bits is None else -r.bits, r.theory))


def sharpest(claims: Sequence[ClaimReport]) -> ClaimReport | None:
    """The supported law with most bits; among laws without bits the one that agrees most closely."""
    supported = [c for c in claims if c.kind == "law" and c.verdict == "supported"]

    def rank(claim: ClaimReport) -> tuple[float, float]:
        within = claim.agrees_to_within
        return -(claim.bits_risked or claim.bits or 0.0), math.inf if within is None else within

    return min(supported, key=rank, default=None)


def risked_bits(claims: Sequence[ClaimReport]) -> float | None:
    """Bits at stake in one theory, each law booked once; None where nothing is."""
    laws: dict[tuple[str, str, str], list[float]] = {}
    for claim in claims:
        if claim.bits_risked is not None and claim.kind == "law":
            laws.setdefault(_law(claim), []).append(claim.bits_risked)
    return sum(map(min, laws.values())) if laws else None


def _law(claim: ClaimReport) -> tuple[str, str, str]:
    """Equal for claims that predict the same of the same observable: they state one law."""
    return claim.measured.name, repr(claim.measured.along), repr(claim.predicted)


def total_bits(claims: Sequence[ClaimReport]) -> float | None:
    """Bits of one theory, each law booked once, however many claims state it; None where nothing is at stake.

    Claims state the same law if they predict the same of the same observable, in whatever experiment or part of a grid.
    Together they are worth what one claim over all their conditions would be: the smallest bits if all are supported,
    the loss if some are refuted and none supported, else nothing.
    """
    laws: dict[tuple[str, str, str], list[ClaimReport]] = {}
    for claim in claims:
        if claim.bits is not None and claim.verdict != "unavailable":
            laws.setdefault(_law(claim), []).append(claim)
    return sum(map(_bits_of_law, laws.values())) if laws else None


def _bits_of_law(claims: Sequence[ClaimReport]) -> float:
    verdicts = {claim.verdict for claim in claims}
    decided_one_way = verdicts == {"supported"} or (
        "refuted" in verdicts and not verdicts & {"supported", "partly", "vacuous"}
    )
    return min(claim.bits for claim in claims) if decided_one_way else 0.0
