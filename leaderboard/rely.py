"""What a practitioner may rely on: rules with the evidence for them, from the report alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from leaderboard.quantities import number_text, value_text
from leaderboard.summaries import condition_text, measured_text, settings_of, within_text
from leaderboard.templating import HERE
from runners.reporting.advice import RULES, script
from runners.reporting.condition_model import varying_axes
from runners.reporting.report_model import ClaimReport


def rely_context(claims: Sequence[ClaimReport]) -> dict[str, Any]:
    """Each rule with those of its claims that were judged, and those that were not."""
    said = {claim.id: claim for claim in claims}
    known = [(rule, [said[name] for name in rule.claims if name in said]) for rule in RULES]
    return {
        "rules": [
            (rule, [c for c in its if c.has_verdict], [c for c in its if not c.has_verdict]) for rule, its in known
        ],
        "span_of": span_of,
        "found_of": found_of,
    }


def span_of(claim: ClaimReport) -> list[str]:
    """From where to where it was tried: the axes of its random settings, else those that its own settings vary."""
    if claim.reach and (drawn := [draw for draw in claim.reach.draws if draw.setting]):
        spans = {
            name: " to ".join(map(number_text, it.between)) if it.between else _listed(it.values)
            for name, it in claim.reach.axes.items()
        }
        axes = [f"{name.replace('_', ' ')} {span}" for name, span in spans.items()]
        return [f"{len(drawn)} random setting{'s' if len(drawn) != 1 else ''}", *axes]
    values = {name: its for name, its in settings_of([claim]).items() if len(its) > 1 or name in ("data", "text")}
    settings = f"{len(claim.judged)} setting{'s' if len(claim.judged) != 1 else ''} of ours"
    return [settings, *(f"{name.replace('_', ' ')} {', '.join(its)}" for name, its in values.items())]


def found_of(claim: ClaimReport) -> list[str]:
    """What came of it at the settings of its claim, in clauses: in how many it holds, how far off, and where not."""
    told = []
    if claim.verdict != "supported":
        holding = sum(it.status == "agrees" for it in claim.judged)
        told.append(f"holds in {holding} of {len(claim.judged)} settings")
    finite = claim.agrees_to_within is not None and math.isfinite(claim.agrees_to_within)
    if claim.kind != "bound" and finite:
        of = f" in {measured_text(claim.measured)}" if claim.agreement.by == "difference" else ""
        told.append(f"off by at most {within_text(claim, claim.agrees_to_within)}{of}")
    axes = varying_axes(claim.judged)
    failing = [condition_text(it.condition, axes) for it in claim.judged if it.status == "disagrees"]
    if any(failing):
        told.append(f"not at {'; nor at '.join(failing)}")
    return told


def _listed(values: Sequence[object]) -> str:
    return ", ".join(map(value_text, values))


def calculators() -> str:
    """The page's script: the rules' own formulas, and what reads the fields and writes the sentences."""
    return (HERE / "assets" / "rely.js").read_text(encoding="utf-8").replace("// RULES\n", script())
