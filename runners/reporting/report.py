"""Verdicts as data: what the board, the terminal and `--json` read."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from runners.collecting import seldom_collected
from runners.judging.injections import injections
from runners.judging.judge import Judge
from runners.judging.results import CellResult, ClaimResult, ControlResult, RivalResult
from runners.judging.scoring import quantity_of
from runners.records.blocks import canonical
from runners.records.looked import looks
from runners.records.seals import Sealing, lock_hash, lock_in_force, understood
from runners.records.standing import standing
from runners.records.store import Record
from runners.registry.lookup import observable
from runners.registry.schema import Claim, Folded, FoldedPrediction, Unfalsifiable
from runners.reporting.commit import Untold, commit
from runners.reporting.condition_model import ConditionOutcome, ConditionReport, Example
from runners.reporting.dense_theory import theory_curves
from runners.reporting.pictures import picture
from runners.reporting.reach_report import challenge_reports, headlines, reach_report
from runners.reporting.report_model import (
    ClaimReport,
    ControlReport,
    Cost,
    Environment,
    Injections,
    Observed,
    Report,
    RivalReport,
    UnfalsifiableReport,
)
from runners.reporting.scopes import scope_of, tiers_without_records
from runners.reporting.sharing import shared
from runners.rule.verdicts import ConditionVerdict, Outcome
from tollens import __version__

MOST_TRIALS = 32
"""Trials of a condition whose own numbers a report holds; medians and intervals are of all of them."""
MOST_SEEDS = 8
DESCRIBED = ("kind", "statement", "theory", "strand", "held_by", "source")
STATED = (
    "corollary_of",
    "about",
    "formula",
    "experiment",
    "where",
    "agreement",
    "requires",
    "expect",
    "expect_reach",
    "why",
    "objections",
)
"""What a report repeats of a claim's entry in the registry; of what is unfalsifiable, only the former."""


def report(judge: Judge, results: Iterable[ClaimResult]) -> Report:
    """The report of a run or a judgement: where it was made, counts, every claim with what led to its verdict."""
    return _put_together(judge, [_Reporter(judge).reported(results)])[1]


def judged_and_reported(judge: Judge, claims: Iterable[str], *, bare: bool = False) -> tuple[list[ClaimResult], Report]:
    """Claims judged, without the numbers of their trials, and the report of them, which has these.

    A bare report, for readers who want no more than verdicts, has neither trials' numbers nor pictures.
    """
    with seldom_collected():
        return _put_together(judge, shared(judge, list(claims), partial(_Reporter, bare=bare)))


class _Part(NamedTuple):
    """Some claims, judged and reported."""

    results: list[ClaimResult]
    """Without the numbers of their trials."""
    claims: list[ClaimReport | UnfalsifiableReport]
    behind: _Behind


class _Reporter:
    """Makes reports of claims; every lock is read once."""

    def __init__(self, judge: Judge, *, bare: bool = False):
        self.judge = judge
        self.bare = bare
        self.sealing = Sealing(judge.registry)
        self.lock = lock_in_force(judge.registry.files)
        self.cited = cache(lambda name: understood(judge.samples.store.lock(name)))

    def __call__(self, claims: Sequence[str]) -> _Part:
        return self.reported(map(self.judge.judge, claims))

    def reported(self, results: Iterable[ClaimResult]) -> _Part:
        """One by one: a claim's records are read, judged, reported and let go."""
        part = _Part([], [], _Behind())
        for result in results:
            part.claims.append(self._claim(result, part.behind))
            part.results.append(result.without_trials())
        return part

    def _claim(self, result: ClaimResult, behind: _Behind) -> ClaimReport | UnfalsifiableReport:
        judge = self.judge
        claim = judge.registry.claims[result.claim]
        described: dict[str, Any] = {name: getattr(claim, name) for name in DESCRIBED}
        described |= {"id": result.claim, "verdict": result.outcome.word, "meaning": result.outcome.value}
        described |= {"reason": result.reason, "reading": claim.source.is_reading(claim.held_by)}
        if isinstance(claim, Unfalsifiable):
            return UnfalsifiableReport(**described)
        experiment = judge.registry.experiments[claim.experiment]
        records = _records(judge, _cells(result))
        drawn = [name for draw in (result.reach.draws if result.reach else ()) for name in draw.records]
        of_draws = (judge.samples.store.get(claim.experiment, name) for name in drawn)
        measurement = behind.add(chain(records.values(), of_draws))
        cited = [record.provenance.get("lock") for record in records.values()]
        epoch = judge.samples.epoch
        seen = looks(judge.samples.store, result.claim, epoch.name)
        stands = standing(self.sealing, result.claim, judge.tier, cited, self.lock, self.cited, epoch=epoch, looks=seen)
        scope = scope_of(judge, result)
        shares = [cell.share_in_region for cell in result.cells if cell.share_in_region is not None]
        return ClaimReport(
            **described,
            **dict(stands),
            **{name: getattr(claim, name) for name in STATED},
            scope=scope.words,
            parameters=scope.parameters,
            not_measured=tiers_without_records(judge, claim),
            experiment_about=experiment.about,
            experiment_module=experiment.module,
            replication=experiment.replication,
            measured=_observed(judge, claim),
            predicted=_name(claim.predicted),
            contradicts_expectation=result.contradicts(claim.expect, claim.expect_reach),
            agrees_to_within=result.agrees_to_within,
            share_in_region=min(shares, default=None),
            severity=result.severity,
            bits=result.bits if stands.counts else None,  # of a theorem or a corollary there are none
            bits_risked=result.bits_risked,
            conditions=[_condition(judge, claim, cell, bare=self.bare) for cell in result.cells],
            shown=[_condition(judge, claim, cell, bare=self.bare) for cell in result.shown],
            outside=claim.shown.outside if claim.shown else None,
            controls=[_control(judge, claim, control, bare=self.bare) for control in result.controls],
            rivals=[_rival(judge, claim, rival) for rival in result.rivals],
            contest=result.contest,
            reach=reach_report(judge, result),
            challenges=challenge_reports(judge, result.claim),
            theory_curves=() if self.bare else theory_curves(judge, claim, result),
            cost=Cost(
                trials=sum(cell.verdict.trials for cell in _cells(result)),
                blocks=len(records),
                seconds=round(sum(record.provenance["seconds"] for record in records.values()), 2),
            ),
            seeds=_seeds(records.values(), claim.experiment) if experiment.replication == "seeds" else (),
            records=sorted(records),
            measurement=measurement,
            libraries=sorted({name for record in records.values() for name in record.specification["libraries"]}),
            data=dict(sorted({read for record in records.values() for read in record.specification["files"].items()})),
            rerun=f"tollens run {result.claim} --tier {judge.tier}",
        )


def _put_together(judge: Judge, parts: Iterable[_Part]) -> tuple[list[ClaimResult], Report]:
    """All results, and their report."""
    lock, behind = lock_in_force(judge.registry.files), _Behind()
    judged: list[ClaimResult] = []
    claims: list[ClaimReport | UnfalsifiableReport] = []
    for part in parts:
        judged += part.results
        claims += part.claims
        behind.take(part.behind)
    measured = [claim for claim in claims if isinstance(claim, ClaimReport)]
    identity = canonical([judge.tier, lock_hash(lock), sorted({record for it in measured for record in it.records})])
    return judged, Report(
        tier=judge.tier,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        version=__version__,
        commit=_commit(),
        lock=lock_hash(lock),
        epoch=judge.samples.epoch.name,
        environment=Environment(
            python=platform.python_version(), cpu=_cpu(), cores=os.cpu_count(), libraries=behind.versions
        ),
        records_sha256=behind.digest,
        counts=Counter(claim.verdict for claim in measured if claim.counts),
        headlines=headlines(measured),
        injections=Injections.model_validate(injections(judge, judged, identity)),
        claims=tuple(claims),
    )


class _Behind:
    """The records behind a report, each read once."""

    def __init__(self) -> None:
        self._hashes: dict[str, tuple[str, str]] = {}
        self._versions: dict[str, str] = {}

    def add(self, records: Iterable[Record]) -> str | None:
        """Take in a claim's records; the digest of its measurement, None without any."""
        hashes = {}
        for record in records:
            hashes[record.identity] = record.hashes
            self._versions |= record.specification["libraries"]
        self._hashes |= hashes
        return _digest(hashes)[:16] if hashes else None

    def take(self, other: _Behind) -> None:
        """Take in what is behind other claims."""
        self._hashes |= other._hashes
        self._versions |= other._versions

    @property
    def versions(self) -> dict[str, str]:
        """Of the libraries, by name."""
        return dict(sorted(self._versions.items()))

    @property
    def digest(self) -> str:
        """SHA-256 over every record's name and hashes."""
        return _digest(self._hashes)


def _digest(hashes: Mapping[str, tuple[str, str]]) -> str:
    return sha256(canonical(sorted((name, *both) for name, both in hashes.items())).encode()).hexdigest()


def _condition(judge: Judge, claim: Claim, result: CellResult, *, bare: bool) -> ConditionReport:
    """A condition's verdict; unless bare, with the numbers of its first trials and pictures."""
    verdict, evidence = result.verdict, result.verdict.evidence
    measured, predicted = _of_counted(verdict, result.measured), _of_counted(verdict, result.predicted)
    judged: dict[str, Any] = {}
    if evidence is not None:
        judged = {name: getattr(evidence, name) for name in ("interval", "p_agree", "p_disagree")}
        judged |= {"agreement": evidence.point, "region": result.region}
    most = 0 if bare else MOST_TRIALS
    points, curves, ahead = (None, (), None) if bare else picture(judge, claim, result)
    return ConditionReport(
        condition=dict(result.cell.condition),
        status=verdict.status.word,
        **{name: getattr(verdict, name) for name in ("reason", "trials", "set_aside", "look", "looks")},
        predicted=_median(predicted),
        measured=_median(measured),
        truth=_median(result.truth),
        **judged,
        share_in_region=result.share_in_region,
        values=_of_counted(verdict, result.values)[:most],
        measured_values=measured[:most],
        predicted_values=() if np.all(predicted == _median(predicted)) else predicted[:most],
        example=None if bare or result.curves is None else Example(**result.curves),
        points=points,
        curves=curves,
        forecast=ahead,
    )


def _of_counted(verdict: ConditionVerdict, values: np.ndarray) -> np.ndarray:
    """The numbers of the trials that count; none of arrays."""
    counted = np.array(verdict.admitted, dtype=int)
    return values[counted] if values.ndim == 1 and len(counted) and len(values) else np.empty(0)


def _control(judge: Judge, claim: Claim, result: ControlResult, *, bare: bool) -> ControlReport:
    control = claim.controls[result.position]
    return ControlReport(
        must=control.must,
        because=control.because,
        experiment=control.experiment or claim.experiment,
        where=control.where,
        truth=control.truth,
        kept=result.verdict.kept,
        conditions=[_less_drawn(judge, claim, result, position, bare=bare) for position in range(len(result.cells))],
    )


def _less_drawn(judge: Judge, claim: Claim, result: ControlResult, position: int, *, bare: bool) -> ConditionReport:
    """A control's condition with what a page draws of it: points of a fold, or the first curve of the first one."""
    condition = _condition(judge, claim, result.cells[position], bare=bare)
    if isinstance(claim.measured, Folded):
        return condition
    first = result.position == position == 0
    less = {"curves": condition.curves[:1] if first else (), "example": None, "forecast": None}
    return condition.model_copy(update=less)


def _rival(judge: Judge, claim: Claim, result: RivalResult) -> RivalReport:
    rival = claim.rivals[result.name]
    return RivalReport(
        name=result.name,
        predicted=_name(rival.predicted),
        held_by=rival.held_by,
        because=rival.because,
        verdict=result.outcome.word,
        reason=result.reason,
        bits=result.bits,
        conditions=[_under_rival(cell) for cell in result.cells],
    )


def _under_rival(result: CellResult) -> ConditionOutcome:
    verdict, evidence = result.verdict, result.verdict.evidence
    return ConditionOutcome(
        status=verdict.status.word,
        reason=verdict.reason,
        predicted=_median(_of_counted(verdict, result.predicted)),
        agreement=None if evidence is None else evidence.point,
        interval=None if evidence is None else evidence.interval,
        share_in_region=result.share_in_region,
    )


def _observed(judge: Judge, claim: Claim) -> Observed:
    declared = judge.registry.experiments[claim.experiment].observables[observable(claim)]
    named = {"name": observable(claim), "means": declared.means, "quantity": quantity_of(judge.registry, claim)}
    if isinstance(it := claim.measured, Folded):
        return Observed(**named, along=it.along, between=it.between, scale=it.scale)
    return Observed(**named, between=declared.between, scale=declared.scale, shape=declared.shape)


def _name(prediction: float | str | FoldedPrediction) -> float | str:
    return prediction.of if isinstance(prediction, FoldedPrediction) else prediction


def _cells(result: ClaimResult) -> list[CellResult]:
    return [*result.cells, *(cell for control in result.controls for cell in control.cells), *result.shown]


def _records(judge: Judge, results: Iterable[CellResult]) -> dict[str, Record]:
    """Records behind the cells, as far as their verdicts looked at them."""
    found = {}
    for result in results:
        constants = judge.registry.experiments[result.cell.experiment].tiers[judge.tier].constants  # type: ignore[index]
        for point in result.cell.points:
            sample = judge.samples.sample(result.cell.experiment, point, constants)
            for record in sample.records if sample else ():
                if record.specification["repeats"][0] < max(result.verdict.trials, 1):
                    found[record.identity] = record
    return found


def _seeds(records: Iterable[Record], experiment: str) -> list[int]:
    """Of an experiment's first trials; they are counted from 0."""
    every = (it.specification for it in records)
    told = [it for it in every if it["experiment"] == experiment and it["repeats"][0] < MOST_SEEDS]
    found = {repeat: seed for it in told for repeat, seed in zip(range(*it["repeats"]), it["seeds"], strict=True)}
    return [found[repeat] for repeat in sorted(found)[:MOST_SEEDS]]


def _commit() -> str | None:
    try:
        return commit()
    except Untold:  # a run says so, and `tollens doctor`
        return None


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _median(values: np.ndarray) -> float | None:
    """None for arrays. Two middle values that are infinite alike have no mean by numpy."""
    if values.ndim != 1 or not len(values):
        return None
    ordered = np.sort(values)
    low, high = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return low if low == high else (low + high) / 2


def exit_code(judge: Judge, results: Sequence[ClaimResult], *, complete: bool, strict: bool) -> int:
    """0: nothing contradicts what is expected; 1: a verdict does; 3: an error, or the run did not end."""
    claims = judge.registry.claims
    if not complete or any(result.outcome is Outcome.ERROR for result in results):
        return 3
    judged = [(result, claim) for result in results if isinstance(claim := claims[result.claim], Claim)]
    if any(result.contradicts(claim.expect, claim.expect_reach) for result, claim in judged):
        return 1
    undecided = (Outcome.INCONCLUSIVE, Outcome.UNAVAILABLE, Outcome.NOT_RUN)
    return 3 if strict and any(result.outcome in undecided for result, _ in judged if result.cells) else 0
