"""One claim followed step by step, for the page that says how a verdict is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leaderboard.quantities import interval_text, number_text
from leaderboard.region import Region
from leaderboard.summaries import condition_text, hardest, varying_axes

PREFERRED = "eos-gd-two-over-eta"


def followed(claims: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """A supported law about the typical trial, its hardest condition, and the control that has to fail."""
    fitting = [c for c in claims if _fits(c)]
    if not fitting:
        return None
    claim = next((c for c in fitting if c["id"] == PREFERRED), fitting[0])
    condition = hardest(claim)
    assert condition is not None
    region = Region.of(claim["agreement"])
    inside = sum(region.low <= float(value) <= region.high for value in condition["values"])
    control = next(c for c in claim["controls"] if c["must"] == "fail")
    failed = control["conditions"][0]
    return {
        "claim": claim,
        "condition": condition,
        "condition_name": condition_text(condition["condition"], varying_axes(claim["conditions"]))
        or "its only setting",
        "region": region,
        "trials": len(condition["values"]),
        "inside": inside,
        "measurements": ", ".join(number_text(value, digits=4) for value in condition["values"]),
        "interval": interval_text(condition["interval"], digits=4),
        "chance": number_text(0.5 ** len(condition["values"]), digits=2)
        if inside == len(condition["values"])
        else None,
        "level": number_text(0.05 / max(1, condition["looks"]), digits=2),
        "control": control,
        "failed": failed,
        "failed_interval": interval_text(failed["interval"], digits=4),
    }


def _fits(claim: Mapping[str, Any]) -> bool:
    if claim["kind"] != "law" or claim["verdict"] != "supported":
        return False
    agreement = claim["agreement"]
    typical = (
        agreement["share"] is None and agreement["target"] == "median" and agreement["by"] in ("ratio", "difference")
    )
    controls = [c for c in claim["controls"] if c["must"] == "fail" and c["conditions"]]
    measured = hardest(claim)
    return bool(
        typical
        and controls
        and claim.get("replication", "seeds") == "seeds"
        and measured
        and 8 <= len(measured["values"]) <= 16
    )
