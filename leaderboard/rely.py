"""What a practitioner may rely on: rules with the evidence for them, from the report alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leaderboard.templating import HERE
from runners.reporting.advice import RULES, script
from runners.reporting.report_model import ClaimReport


def rely_context(claims: Sequence[ClaimReport]) -> dict[str, Any]:
    """Each rule with those of its claims that the report holds: what stands, and what fails or is open."""
    said = {claim.id: claim for claim in claims}
    return {"rules": [(rule, [said[name] for name in rule.claims if name in said]) for rule in RULES]}


def calculators() -> str:
    """The page's script: the rules' own formulas, and what reads the fields and writes the sentences."""
    return (HERE / "assets" / "rely.js").read_text(encoding="utf-8").replace("// RULES\n", script())
