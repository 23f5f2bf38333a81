"""Rivals and null models of a claim, on the trials that it admits: refuted, beaten, or still standing.

A rival is refuted by all conditions of a trial together (`runners.rule.rivals`), at any look, or as a claim would be;
it is beaten in a contest of closeness (`runners.rule.contests`). A null model that agrees makes its claim vacuous; one
that is neither refuted nor beaten when the looks are spent leaves it inconclusive: trials do not tell the two apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from runners.judging.results import CellResult, RivalResult
from runners.registry.evidence import source_of
from runners.registry.schema import Claim
from runners.rule import contests, rivals
from runners.rule.comparison import regions_in_units
from runners.rule.intervals import Deterministic
from runners.rule.looks import ALPHA
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples
from runners.rule.verdicts import Outcome, Status

if TYPE_CHECKING:
    from runners.judging.judge import Judge

JUDGED = (Status.AGREES, Status.DISAGREES, Status.UNDECIDED)
UNDECIDED = (Outcome.INCONCLUSIVE, Outcome.PARTLY)


def pooled(judge: Judge, claim: Claim, main: Sequence[CellResult], rival: RivalResult) -> RivalResult:
    """The rival, refuted where all conditions of its trials together say so, and whether they could."""
    source = source_of(claim.agreement, judge.registry.experiments[claim.experiment])
    pairs = [
        (own, other)
        for own, other in zip(main, rival.cells, strict=True)
        if own.verdict.status in JUDGED and len(own.values) and len(other.values)
    ]
    if isinstance(source, Deterministic | Resamples) or not pairs:
        return rival
    trials = min(len(own.values) for own, _ in pairs)
    measured, claims, others = _rows(claim, pairs, trials)
    known = np.stack([own.known[:trials] for own, _ in pairs])
    sides = rivals.claim_sides(claims, others)
    if claim.agreement.by == "distance":
        # A condition at a time: arrays of different conditions may differ in shape.
        apart = [
            rivals.balls_apart(own.predicted[None, :trials], other.predicted[None, :trials], claim.agreement.within[1])
            for own, other in pairs
        ]
        sides = np.concatenate(apart).astype(int)
    if not np.any(sides):
        return rival
    looks = max(own.verdict.looks for own, _ in pairs)
    if isinstance(source, Mean):
        edges = np.where(sides[:, None] > 0, others[..., 1], others[..., 0])
        chance = rivals.p_of_means(measured, edges, sides, known)
        refuted, told = bool(chance <= ALPHA / looks), f"all conditions together, p = {float(chance):.2g}"
    else:
        shares = rivals.shares_beyond(measured, others, sides, known)
        after = int(rivals.trials_to_refute(shares))
        refuted, told = after > 0, f"all conditions together, after {after} trials"
    if refuted and rival.outcome in UNDECIDED:
        return replace(rival, outcome=Outcome.REFUTED, reason=told, separable=True)
    return replace(rival, separable=True)


def told_from_null_models(
    claim: Claim, outcome: Outcome, reason: str, found: Sequence[RivalResult], contest: Sequence[contests.Contestant]
) -> tuple[Outcome, str]:
    """The verdict, with what its null models make of it."""
    if outcome is not Outcome.SUPPORTED or claim.kind != "law":
        return outcome, reason
    beaten = next((set(it.beats) for it in contest if it.name == contests.OWN), set())
    nulls = [rival for rival in found if claim.rivals[rival.name].held_by == "null-model"]
    if agreeing := [rival.name for rival in nulls if rival.outcome is Outcome.SUPPORTED]:
        return Outcome.VACUOUS, f"the null model {agreeing[0]} agrees on the same trials"
    if standing := [it.name for it in nulls if it.outcome in UNDECIDED and it.name not in beaten]:
        return Outcome.INCONCLUSIVE, f"not told from the null model {standing[0]} ({reason})"
    return outcome, reason


def contest(
    judge: Judge, claim: Claim, main: Sequence[CellResult], found: Sequence[RivalResult]
) -> tuple[contests.Contestant, ...]:
    """The claim's prediction against its rivals', on the trials that the claim counts; bounds name no value."""
    if not found or claim.kind == "bound":
        return ()
    source = source_of(claim.agreement, judge.registry.experiments[claim.experiment])
    judged = [i for i, cell in enumerate(main) if cell.verdict.status in JUDGED and cell.verdict.trials]
    trials = min((main[i].verdict.trials for i in judged), default=0)
    if not trials:  # nothing is measured: that is no tie
        return ()

    def errors(cells: Sequence[CellResult]) -> np.ndarray:
        """(conditions, trials) that every condition reached; NaN for trials that do not count."""
        rows = np.full((len(judged), trials), np.nan)
        for row, i in enumerate(judged):
            counted = np.array(main[i].verdict.admitted, dtype=int)
            counted = counted[counted < trials]
            if not len(cells[i].values):
                rows[row, counted] = np.inf  # its prediction failed
            elif isinstance(source, Mean):
                spread = np.std(main[i].measured[counted]) or 1.0
                rows[row, counted] = (cells[i].measured[counted] - cells[i].predicted[counted]) / spread
            else:
                rows[row, counted] = contests.errors(claim.agreement.by, cells[i].values[counted])
        return rows

    entries = {contests.OWN: errors(main)} | {rival.name: errors(rival.cells) for rival in found}
    taking_part = {name: rows for name, rows in entries.items() if name == contests.OWN or np.isfinite(rows).any()}
    return contests.contest(taking_part, source, looks=max(main[i].verdict.looks for i in judged))


def _rows(
    claim: Claim, pairs: Sequence[tuple[CellResult, CellResult]], trials: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each condition: measured (conditions, trials), and the two regions (conditions, trials, 2) in its units.

    Arrays are measured by their distance from the rival's.
    """
    by, within = claim.agreement.by, claim.agreement.within
    if by == "distance":
        region = np.tile([-np.inf, within[1]], (len(pairs), trials, 1))
        return np.stack([other.values[:trials] for _, other in pairs]), region, region
    measured, ours, theirs = (
        np.stack(rows).astype(float)
        for rows in zip(
            *((own.measured[:trials], own.predicted[:trials], other.predicted[:trials]) for own, other in pairs)
        )
    )
    return measured, regions_in_units(by, within, ours), regions_in_units(by, within, theirs)
