"""One claim followed step by step, for the page that says how a verdict is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leaderboard.quantities import interval_text, number_text
from leaderboard.summaries import condition_text
from runners.reporting.report_model import ClaimReport, varying_axes

PREFERRED = "eos-gd-two-over-eta"


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
