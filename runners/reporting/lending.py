"""Reports laid side by side: what one tier or epoch did not run, another lends to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from runners.reporting.reach_report import headlines
from runners.reporting.report_model import ClaimReport, Provenance, Report


def with_lent(report: Report, others: Sequence[Report]) -> Report:
    """The report, in which a claim without a verdict stands as in the first of the others that has one.

    Each claim that is lent says by which run. Counts are of all; blind injections stay the report's own.
    """
    if not others:
        return report
    lent: dict[str, ClaimReport] = {}
    for other in others:
        lender = Provenance(**other.told())
        for claim in other.falsifiable:
            if claim.has_verdict:
                lent.setdefault(claim.id, claim.model_copy(update={"lent_by": claim.lent_by or lender}))
    claims = tuple(
        lent.get(claim.id, claim) if isinstance(claim, ClaimReport) and not claim.has_verdict else claim
        for claim in report.claims
    )
    measured = [claim for claim in claims if isinstance(claim, ClaimReport)]
    return report.model_copy(
        update={
            "claims": claims,
            "counts": dict(Counter(claim.verdict for claim in measured if claim.counts)),
            "headlines": headlines(measured),
        }
    )
