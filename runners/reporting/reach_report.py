"""How far a law reaches, as a report says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from runners.judging.judge import Judge
from runners.judging.reaching import DrawResult, ReachResult
from runners.judging.results import ClaimResult
from runners.measuring.challenging import challenges
from runners.registry.schema import Domain, Range
from runners.reporting.reach_model import (
    AxisReport,
    ChallengeReport,
    Counterexample,
    DrawReport,
    ReachReport,
    RivalReachReport,
)
from runners.reporting.report_model import ClaimReport
from runners.rule.draw_outcomes import Draw
from runners.rule.headline import headline
from runners.rule.reach import levels
from runners.rule.where_it_fails import sentence


def reach_report(judge: Judge, result: ClaimResult) -> ReachReport | None:
    """What the draws of a claim say; None without a domain, or draws at this tier."""
    found, domain = result.reach, judge.registry.domain(result.claim)
    if found is None or domain is None:
        return None
    counts = found.reach.counts
    return ReachReport(
        name=found.name,
        word=found.reach.word.word,
        says=found.reach.says,
        counted=found.reach.counted,
        **{name: getattr(counts, name) for name in ("held", "failed", "split", "broken", "aside", "unavailable")},
        limits=found.reach.limits,
        worst=found.reach.worst.word,
        aside_would_have_held=found.reach.aside.held,
        most=found.most,
        fails_where=sentence(found.parts) if counts.applicable > counts.held else "",
        fails_along=list(dict.fromkeys(part.axis for part in found.parts)),
        axes={axis: _axis(domain[1], axis, found) for axis in domain[1].axes},
        because=domain[1].because,
        at=domain[1].at,
        draws=[_draw(draw) for draw in found.draws],
        rivals={
            name: RivalReachReport(
                word=rival.reach.word.word,
                held=rival.reach.counts.held,
                applicable=rival.reach.counts.applicable,
                refuted=rival.refuted,
            )
            for name, rival in found.rivals.items()
        },
        epochs=found.epochs,
        pooled=found.pooled.word.word if found.pooled else None,
        fragile=found.fragile,
        headline=headline(result.outcome, found.pooled or found.reach).word,
    )


def challenge_reports(judge: Judge, claim: str) -> list[ChallengeReport]:
    """The challenges of a claim that came to an end."""
    return [
        ChallengeReport(
            number=state.number,
            tried=len(state.tried),
            sentence=state.sentence(),
            counterexamples=[Counterexample.model_validate(found) for found in state.counterexamples],
        )
        for state in challenges(judge.samples.store, claim)
        if state.finished
    ]


def headlines(claims: Iterable[ClaimReport]) -> dict[str, int]:
    """How many of the laws that authors hold, and that are counted, came to which headline."""
    laws = [it for it in claims if it.kind == "law" and it.held_by == "authors" and it.counts and it.has_verdict]
    return dict(Counter(headline_of(claim) for claim in laws))


def headline_of(claim: ClaimReport) -> str:
    """A law in one word."""
    if claim.reach is None:
        return "fell" if claim.verdict == "refuted" else "fixed settings only"
    flagged = claim.reach.headline == "stood" and claim.counterexamples
    return "stood, with a counterexample" if flagged else claim.reach.headline


def _axis(domain: Domain, axis: str, found: ReachResult) -> AxisReport:
    written = domain.axes[axis]
    if isinstance(written, Range):
        return AxisReport(between=written.between, scale=written.scale)
    known = [draw for draw in found.draws if draw.setting]
    held = levels([str(draw.setting[axis]) for draw in known], [int(draw.outcome) for draw in known])
    return AxisReport(values=written, held={str(level): counts for level, counts in held.items()})


def _draw(draw: DrawResult) -> DrawReport:
    return DrawReport(
        number=draw.number,
        outcome=_word(draw.outcome),
        would_have=_word(draw.would_have),
        reason=draw.reason,
        setting=dict(draw.setting),
        extended=draw.extended,
        outside=draw.outside,
        measured=_median(draw.measured),
        predicted=_median(draw.predicted),
        agreement=_median(draw.values),
        rivals={name: _word(outcome) for name, outcome in draw.rivals.items()},
        records=draw.records,
    )


def _word(draw: Draw) -> Any:
    return draw.name.lower()


def _median(values: np.ndarray) -> float | None:
    """Median of one number a trial, in five digits; None for arrays, and without trials."""
    if values.ndim != 1 or not len(values):
        return None
    return float(f"{np.median(np.where(np.isnan(values), np.inf, values)):.5g}")
