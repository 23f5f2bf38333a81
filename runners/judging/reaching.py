"""Reach: what a claim's draws say, on the same path as its fixed conditions, its rivals on the same draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from runners.judging.results import Cell, Prediction
from runners.records.blocks import DrawName, canonical, salt_of_draws
from runners.records.samples import Sample
from runners.records.seals import Sealing, lock_in_force, times_resealed
from runners.registry import grid
from runners.registry.domains import axes, most_draws, points
from runners.registry.lookup import folded_axis
from runners.registry.schema import Claim, Domain, Range
from runners.rule import betting, challenge, draw_outcomes, fragility, rivals
from runners.rule.draw_outcomes import APPLICABLE, Draw
from runners.rule.draws import attempts
from runners.rule.reach import Reach, Word, decide, pooled, reach
from runners.rule.where_it_fails import Part, where_it_fails

if TYPE_CHECKING:
    from runners.judging.judge import Judge

EXTENSION = 4
"""How many times as long a run is made that was not finished."""


@dataclass(frozen=True)
class DrawResult:
    """One draw: its setting, what it says, and the numbers behind it."""

    number: int
    outcome: Draw
    reason: str = ""
    """Of a draw that is broken, unavailable or still to be measured."""
    setting: Mapping[str, Any] = field(default_factory=dict)
    """Drawn values by axis."""
    extended: bool = False
    would_have: Draw = Draw.PENDING
    """What it would have said without requirements."""
    values: np.ndarray = field(default_factory=lambda: np.empty(0))
    """Agreement values, one a trial."""
    measured: np.ndarray = field(default_factory=lambda: np.empty(0))
    predicted: np.ndarray = field(default_factory=lambda: np.empty(0))
    outside: float = float("nan")
    """How far the median trial lies from the middle of T, in half-widths: above 1 it is outside."""
    rivals: Mapping[str, Draw] = field(default_factory=dict)
    """What the draw says of each rival."""
    records: tuple[str, ...] = ()
    """Those that it rests on: of a run that was made longer the shorter one's, too, which says that it had to be."""


@dataclass(frozen=True)
class RivalReach:
    """A rival on the draws of the claim."""

    reach: Reach
    beaten_after: int
    """Draw at which the claim had beaten it; 0 if it has not."""

    @property
    def refuted(self) -> bool:
        """Whether it falls by the draws: narrow, or beaten."""
        return self.reach.word is Word.NARROW or self.beaten_after > 0


@dataclass(frozen=True)
class ReachResult:
    """How far a law reaches, with every draw behind it."""

    name: str
    """From which the draws derive: the claim's, or that of a domain that it shares."""
    reach: Reach
    draws: tuple[DrawResult, ...]
    """In the order of their numbers, up to the last one that was measured."""
    most: int
    """Draws that the tier takes at most."""
    parts: tuple[Part, ...] = ()
    """Where it fails."""
    rivals: Mapping[str, RivalReach] = field(default_factory=dict)
    pooled: Reach | None = None
    """Over all epochs since the seal; None if there is one only."""
    epochs: tuple[str, ...] = ()
    """The other epochs whose draws are pooled."""
    fragile: bool = False
    """Whether epochs differ by more than chance."""

    @property
    def wants_more(self) -> bool:
        """Whether another draw could decide."""
        return not self.reach.counted and self._finished < self.most

    @property
    def _finished(self) -> int:
        return next((draw.number - 1 for draw in self.draws if draw.outcome is Draw.PENDING), len(self.draws))

    @property
    def finished(self) -> int:
        """Draws that came to an end, up to the first one that did not."""
        return self._finished

    def contradicts(self, expect: str | None) -> bool:
        """Whether the word speaks against what was expected."""
        return expect not in (None, "open") and self.reach.word is not Word.OPEN and self.reach.word.word != expect


def reach_of(judge: Judge, name: str) -> ReachResult | None:
    """What the draws of a claim say at the judge's tier and epoch; None for a claim without a domain, or no draws."""
    claim = judge.registry.claims[name]
    if not isinstance(claim, Claim) or (found := judge.registry.domain(name)) is None:
        return None
    key, domain = found
    tier = judge.registry.experiments[claim.experiment].tiers.get(judge.tier)  # type: ignore[call-overload]
    if tier is None or not (most := most_draws(judge.tier, tier)):
        return None
    needed = _needed(judge, name)
    draws = tuple(_draws(judge, name, claim, key, domain, most))
    outcomes = [int(draw.outcome) for draw in draws]
    result = reach(outcomes, [int(draw.would_have) for draw in draws], needed=needed)
    _, used = decide(np.array([outcomes], dtype=int), needed=needed) if draws else (None, [0])
    counted = draws[: int(used[0])]
    others = list(_other_epochs(judge, name, claim, key, domain, most))
    ours = [int(draw.outcome) for draw in counted]
    every = [ours, *(outcomes for _, outcomes in others)]
    return ReachResult(
        key,
        result,
        draws,
        most,
        _parts(key, domain, counted),
        _rivals(claim, counted, needed),
        pooled(every, needed=needed) if others else None,
        tuple(epoch for epoch, _ in others),
        bool(others) and fragility.is_fragile(every, name=key),
    )


def is_unfinished(judge: Judge, name: str, number: int) -> bool:
    """Whether a draw was measured, did not finish, and can be made longer."""
    claim, found = judge.registry.falsifiable[name], judge.registry.domain(name)
    assert found is not None
    key, domain = found
    samples = _samples(judge, name, claim, DrawName(key, number), domain)
    return samples is not None and _unfinished(judge, claim, domain, samples)


# --- one draw -------------------------------------------------------------------------------------------------------


def _draws(judge: Judge, name: str, claim: Claim, key: str, domain: Domain, most: int) -> Iterator[DrawResult]:
    """Draws from the first to the last one of which something is known."""
    waiting: list[DrawResult] = []
    for number in range(1, most + 1):
        draw = _draw(judge, name, claim, DrawName(key, number), domain)
        waiting.append(draw)
        if draw.outcome is not Draw.PENDING:
            yield from waiting
            waiting = []


def _draw(judge: Judge, name: str, claim: Claim, draw: DrawName, domain: Domain) -> DrawResult:
    """What one draw says; of one that was extended, what its longer run says."""
    recorded = _recorded(judge, name, draw, domain)
    if len({canonical({axis: it.setting[axis] for axis in domain.axes}) for it in recorded}) > 1:
        reason = "several settings are recorded for this draw: `tollens verify` tells which one it is"
        return DrawResult(draw.number, Draw.BROKEN, reason, would_have=Draw.BROKEN)
    samples = _samples(judge, name, claim, draw, domain)
    if samples is None:
        return _without_trials(judge, name, draw, domain)
    if _unfinished(judge, claim, domain, samples) and not draw.extended:
        longer = _draw(judge, name, claim, draw._replace(extended=True), domain)
        return replace(longer, records=longer.records + _identities(samples))
    return judge_samples(judge, claim, domain, draw, samples)


def judge_samples(judge: Judge, claim: Claim, domain: Domain, draw: DrawName, samples: Sequence[Sample]) -> DrawResult:
    """What the recorded points of a draw say of the claim and of its rivals."""
    setting = {axis: samples[0].setting[axis] for axis in domain.axes}
    axis = folded_axis(claim)
    condition = {key: value for key, value in samples[0].records[0].specification["condition"].items() if key != axis}
    along = tuple(sample.setting[axis] for sample in samples) if axis else ()
    cell = Cell(claim.experiment, condition, tuple(sample.setting for sample in samples), along)
    measured = DrawResult(draw.number, Draw.PENDING, "", setting, draw.extended, records=_identities(samples))
    try:
        own = _said(judge, claim, cell, samples, claim.predicted)
    except Exception as error:
        return replace(measured, outcome=Draw.BROKEN, reason=f"prediction: {error}", would_have=Draw.BROKEN)
    others = {}
    for rival, entry in claim.rivals.items():
        try:
            others[rival] = _said(judge, claim, cell, samples, entry.predicted).outcome
        except Exception:
            others[rival] = Draw.BROKEN
    bad = challenge.how_bad(own.values[None], claim.agreement.within, claim.agreement.by)
    return replace(
        measured,
        outcome=own.outcome,
        would_have=own.would_have,
        values=own.values,
        measured=own.measured,
        predicted=own.predicted,
        outside=float(bad[0]),
        rivals=others,
    )


@dataclass(frozen=True)
class _Said:
    outcome: Draw
    would_have: Draw
    values: np.ndarray
    measured: np.ndarray
    predicted: np.ndarray


def _said(judge: Judge, claim: Claim, cell: Cell, samples: Sequence[Sample], predicted: Prediction) -> _Said:
    """What a draw says of a prediction."""
    trials = 1 if claim.agreement.share is not None else min(sample.trials for sample in samples)
    compared = judge.compare(claim, cell, samples, trials, predicted)
    meets = compared.defined & judge.admitted(claim, samples, trials)
    region, values = claim.agreement.within, compared.values
    if claim.agreement.target == "mean":
        outcome = draw_outcomes.outcome_of_mean(values[None], region, meets[None])
        would_have = draw_outcomes.outcome_of_mean(values[None], region)
    else:
        sides = draw_outcomes.sides(values, region)[None]
        outcome, would_have = draw_outcomes.outcome(sides, meets[None]), draw_outcomes.outcome(sides)
    return _Said(Draw(int(outcome[0])), Draw(int(would_have[0])), values, compared.measured, compared.predicted)


def _samples(judge: Judge, name: str, claim: Claim, draw: DrawName, domain: Domain) -> list[Sample] | None:
    """The points of a draw at the judge's tier, along the folded axis; None unless all of them are recorded."""
    found = _recorded(judge, name, draw, domain)
    if not found:
        return None
    axis = folded_axis(claim)
    if axis is None:
        return found[:1]
    drawn = {key: found[0].setting[key] for key in domain.axes}
    wanted = [grid.identity(point.condition[axis]) for point in points(judge.registry, name, judge.tier, drawn)]
    by_value = {grid.identity(sample.setting[axis]): sample for sample in found}
    return [by_value[value] for value in wanted] if all(value in by_value for value in wanted) else None


def _recorded(judge: Judge, name: str, draw: DrawName, domain: Domain) -> list[Sample]:
    """What is recorded of a draw at the judge's tier, out of the domain as it is, where the claim speaks."""
    drawn = judge.samples.drawn(judge.registry.falsifiable[name].experiment, draw)
    return [sample for sample in drawn if _is_draw_of(judge, name, draw, domain, sample.records[0].specification)]


def _is_draw_of(judge: Judge, name: str, draw: DrawName, domain: Domain, specification: Mapping[str, Any]) -> bool:
    """Whether a point of this draw is this claim's: of those that share a domain each may hold an axis elsewhere."""
    tier = judge.registry.experiments[judge.registry.falsifiable[name].experiment].tiers[judge.tier]  # type: ignore[index]
    condition, constants = specification["condition"], specification["constants"]
    return (
        is_of_tier(constants, tier.constants, domain, draw)
        and all(
            axis in condition and grid.identity(condition[axis]) == grid.identity(value)
            for axis, value in judge.held(name).items()
        )
        and _may_be_drawn(judge, draw, domain, {**constants, **condition})
    )


def is_of_tier(constants: Mapping[str, Any], of_tier: Mapping[str, Any], domain: Domain, draw: DrawName) -> bool:
    """Whether a draw with these constants is one of the tier with those, whatever its setting."""
    expected = {key: value for key, value in of_tier.items() if key not in domain.axes}
    if draw.extended and domain.extend:
        expected[domain.extend] = EXTENSION * expected[domain.extend]
    return expected == {key: value for key, value in constants.items() if key not in domain.axes}


def _may_be_drawn(judge: Judge, draw: DrawName, domain: Domain, setting: Mapping[str, Any]) -> bool:
    """Whether a draw's number may mean this setting: it was not recorded for a domain that has changed since.

    Without limits in the theory's units a number means one setting. With them it is one of the attempts; which one only
    preparing tells, as `verify` does.
    """
    salt = salt_of_draws(judge.samples.purpose, judge.samples.epoch.salt)
    possible = attempts(salt, draw.name, draw.number, axes(domain))
    here = {axis: grid.identity(setting[axis]) for axis in domain.axes}
    return any(
        here == {axis: grid.identity(value) for axis, value in drawn.items()}
        for drawn in (possible if domain.within else islice(possible, 1))
    )


def _unfinished(judge: Judge, claim: Claim, domain: Domain, samples: Sequence[Sample]) -> bool:
    """Whether most trials of a draw say that their run was not finished, and it can be made longer."""
    trials = min(sample.trials for sample in samples)
    finished = judge.admitted(claim, samples, trials, only_finished=True)
    return domain.extend is not None and bool(2 * np.count_nonzero(~finished) > trials)


def _without_trials(judge: Judge, name: str, draw: DrawName, domain: Domain) -> DrawResult:
    """A draw of which no trial is recorded: still to be measured, or it failed."""
    for failure in judge.samples.failures_of(judge.registry.falsifiable[name].experiment, draw):
        specification = failure["specification"]
        if _is_draw_of(judge, name, draw, domain, specification):
            setting = {**specification["constants"], **specification["condition"]}
            found = Draw.UNAVAILABLE if failure["status"] == "unavailable" else Draw.BROKEN
            drawn = {axis: setting[axis] for axis in domain.axes}
            return DrawResult(draw.number, found, failure["message"], drawn, draw.extended, would_have=found)
    return DrawResult(draw.number, Draw.PENDING)


def _identities(samples: Sequence[Sample]) -> tuple[str, ...]:
    return tuple(record.identity for sample in samples for record in sample.records)


# --- draws together -------------------------------------------------------------------------------------------------


def _parts(key: str, domain: Domain, draws: Sequence[DrawResult]) -> tuple[Part, ...]:
    applicable = [draw for draw in draws if draw.outcome in APPLICABLE and draw.setting]
    settings = {axis: [draw.setting[axis] for draw in applicable] for axis in domain.axes}
    log = {axis for axis, written in domain.axes.items() if isinstance(written, Range) and written.scale == "log"}
    return where_it_fails(settings, [draw.outcome is not Draw.HOLDS for draw in applicable], name=key, log=log)


def _rivals(claim: Claim, draws: Sequence[DrawResult], needed: float) -> dict[str, RivalReach]:
    own = np.array([int(draw.outcome) for draw in draws], dtype=int)
    found = {}
    for name in claim.rivals:
        theirs = np.array([int(draw.rivals.get(name, draw.outcome)) for draw in draws], dtype=int)
        beaten = rivals.trials_to_refute(rivals.discordant(own, theirs), needed=needed)
        found[name] = RivalReach(reach(theirs.tolist(), needed=needed), int(beaten))
    return found


def _needed(judge: Judge, name: str) -> float:
    """The wealth that a word needs: more where the draws could have been foreseen when the claim was sealed."""
    epoch, tier, sealing = judge.samples.epoch, judge.tier, Sealing(judge.registry)
    if epoch.seals is not None and epoch.foretold(name, sealing.seal(name), tier, sealing.tiers(name)[tier]):
        return betting.NEEDED
    entry = lock_in_force(judge.registry.files)["claims"].get(name)
    return betting.needed_after(1 + times_resealed(entry, tier) if entry else 1)


def _other_epochs(
    judge: Judge, name: str, claim: Claim, key: str, domain: Domain, most: int
) -> Iterator[tuple[str, list[int]]]:
    """The other epochs of the store with draws of this claim, and what these say.

    In an epoch without a known salt nobody can tell whether a setting was drawn: it does not count.
    """
    for epoch in sorted(judge.samples.epochs_of(claim.experiment, key) - {judge.samples.epoch.name}):
        try:
            there = judge.in_epoch(epoch)
        except ValueError:
            continue
        outcomes = [int(draw.outcome) for draw in _draws(there, name, claim, key, domain, most)]
        if outcomes:
            yield epoch, outcomes
