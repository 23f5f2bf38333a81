"""How a verdict is made, by example: three outcomes that are made up, and one real claim followed step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leaderboard.quantities import interval_text, number_text
from leaderboard.summaries import condition_text
from runners.reporting.condition_model import ConditionReport, varying_axes
from runners.reporting.region import Region
from runners.reporting.report_model import ClaimReport

REGION = Region("ratio", 0.93, 1.07)
PREFERRED = "eos-gd-two-over-eta"


def outcomes() -> list[tuple[str, str, list[ConditionReport]]]:
    """(status, what it means, a condition that has it) for `REGION`, 7% around equality; the numbers illustrate."""
    told = {
        "agrees": ("The whole interval lies inside the region.", 1.01, (0.985, 1.04)),
        "disagrees": ("The whole interval lies outside.", 1.13, (1.1, 1.17)),
        "undecided": ("The interval reaches over an edge; more trials would decide.", 1.05, (0.99, 1.12)),
    }
    return [
        (status, text, [ConditionReport.model_construct(status=status, agreement=point, interval=interval)])
        for status, (text, point, interval) in told.items()
    ]


def followed(claims: Sequence[ClaimReport]) -> dict[str, Any] | None:
    """A supported law about the typical trial, its hardest condition, and the control that has to fail."""
    fitting = [c for c in claims if _fits(c)]
    if not fitting:
        return None
    claim = next((c for c in fitting if c.id == PREFERRED), fitting[0])
    condition, region = claim.hardest, claim.region
    trials = len(condition.values)
    inside = sum(region.low <= value <= region.high for value in condition.values)
    control = next(c for c in claim.controls if c.must == "fail")
    failed = control.conditions[0]
    return {
        "claim": claim,
        "condition": condition,
        "condition_name": condition_text(condition.condition, varying_axes(claim.conditions)) or "its only setting",
        "region": region,
        "trials": trials,
        "inside": inside,
        "measurements": ", ".join(number_text(value, digits=4) for value in condition.values),
        "interval": interval_text(condition.interval, digits=4),
        "chance": number_text(0.5**trials, digits=2) if inside == trials else None,
        "level": number_text(0.05 / max(1, condition.looks), digits=2),
        "control": control,
        "failed": failed,
        "failed_interval": interval_text(failed.interval, digits=4),
    }


def _fits(claim: ClaimReport) -> bool:
    target, hardest = claim.agreement, claim.hardest
    return bool(
        claim.kind == "law"
        and claim.verdict == "supported"
        and (target.share, target.target, claim.replication) == (None, "median", "seeds")
        and target.by in ("ratio", "difference")
        and any(c.must == "fail" and c.conditions for c in claim.controls)
        and hardest
        and 8 <= len(hardest.values) <= 16
    )
