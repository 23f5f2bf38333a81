"""What is counted, and what stands apart: theorems check code and instruments, corollaries are nested under a claim."""

from __future__ import annotations

from collections.abc import Sequence

from runners.reporting.report_model import ClaimReport, Report


def nested(claims: Sequence[ClaimReport]) -> list[ClaimReport]:
    """The claims, each followed by its corollaries; these by themselves where their claim is not among them."""
    names = {claim.id for claim in claims}
    below: dict[str, list[ClaimReport]] = {}
    for claim in claims:
        if claim.corollary_of in names:
            below.setdefault(str(claim.corollary_of), []).append(claim)
    return [it for claim in claims if claim.corollary_of not in names for it in (claim, *below.get(claim.id, ()))]


def standing_of(report: Report) -> str:
    """`137 verdicts rest on 73 experiments; apart: 12 theorems, 4 corollaries`."""
    theorems = sum(claim.kind == "theorem" for claim in report.falsifiable)
    corollaries = sum(claim.corollary_of is not None for claim in report.falsifiable)
    apart = [_number(count, word) for count, word in ((theorems, "theorem"), (corollaries, "corollary")) if count]
    return f"{resting_of(report)}; apart: {', '.join(apart)}" if apart else resting_of(report)


def resting_of(report: Report) -> str:
    """`137 verdicts rest on 73 experiments`."""
    verdicts, experiments = len(report.counted), report.resting_on
    return f"{_number(verdicts, 'verdict')} rest{'s' if verdicts == 1 else ''} on {_number(experiments, 'experiment')}"


def _number(count: int, word: str) -> str:
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{count} {word if count == 1 else plural}"
