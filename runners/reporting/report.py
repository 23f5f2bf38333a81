"""Verdicts as data: what the board, the terminal and `--json` read. JSON throughout; infinities are strings."""

from __future__ import annotations

import json
import math
import os
import platform
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from runners.judging.injections import injections
from runners.judging.judge import Judge
from runners.judging.results import Cell, CellResult, ClaimResult, ControlResult, RivalResult
from runners.records.blocks import canonical, plain
from runners.records.seals import Lock, Sealing, lock_hash, lock_in_force
from runners.records.standing import counts, standing
from runners.registry.schema import Claim, Folded, FoldedPrediction, Unfalsifiable
from runners.reporting.pictures import picture
from runners.rule.contests import OWN, Contestant
from runners.rule.verdicts import Outcome
from tollens import __version__

SCHEMA = 1
MOST_TRIALS = 64
"""Trials of a condition whose own numbers a report holds; medians and intervals are of all of them."""


def report(judge: Judge, results: Iterable[ClaimResult]) -> dict[str, Any]:
    """The report of a run or a judgement: where it was made, counts, every claim with what led to its verdict."""
    results = list(results)
    lock = lock_in_force(judge.registry.files)
    sealing = Sealing(judge.registry)
    claims = [_claim(judge, result, lock, sealing) for result in results]
    counted = [
        result.outcome.word
        for result, claim in zip(results, claims, strict=True)
        if claim["kind"] not in ("theorem", "unfalsifiable") and counts(claim)
    ]
    return {
        "schema": SCHEMA,
        "tier": judge.tier,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "version": __version__,
        "commit": commit(),
        "lock": lock_hash(lock),
        "environment": {
            "python": platform.python_version(),
            "cpu": _cpu(),
            "cores": os.cpu_count(),
            "libraries": _libraries(judge, results),
        },
        "counts": dict(Counter(counted)),
        "injections": injections(judge, results, _identity(judge, claims, lock)),
        "claims": plain(claims),
    }


def commit() -> str | None:
    """The code's commit: `TOLLENS_COMMIT` where it is handed in (as to a job, which has no history), else git's."""
    if handed := os.environ.get("TOLLENS_COMMIT"):
        return handed
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return found.stdout.strip() or None


def seconds_spent(judge: Judge, result: ClaimResult) -> float:
    """Compute time behind a claim's trials, shared trials counted in full."""
    return sum(record.provenance["seconds"] for record in _records(judge, _cells(result)).values())


def _identity(judge: Judge, claims: Iterable[Mapping[str, Any]], lock: Mapping[str, Any]) -> str:
    """Equal for the same records judged under the same seals: what chooses the injections."""
    records = sorted({record for claim in claims for record in claim.get("records", ())})
    return canonical([judge.tier, lock_hash(lock), records])


def _claim(judge: Judge, result: ClaimResult, lock: Lock, sealing: Sealing) -> dict[str, Any]:
    claim = judge.registry.claims[result.claim]
    common = {
        "id": result.claim,
        "kind": claim.kind,
        "statement": claim.statement,
        "theory": claim.theory,
        "strand": claim.strand,
        "held_by": claim.held_by,
        "source": claim.source.model_dump(),
        "verdict": result.outcome.word,
        "meaning": result.outcome.value,
        "reason": result.reason,
    }
    if isinstance(claim, Unfalsifiable):
        return common
    experiment = judge.registry.experiments[claim.experiment]
    records = _records(judge, _cells(result))
    cited = [record.provenance.get("lock") for record in records.values()]
    stands = standing(sealing, result.claim, judge.tier, cited, lock, judge.samples.store.lock)
    return (
        common
        | stands
        | {
            "about": claim.about,
            "formula": claim.formula,
            "scope": claim.scope,
            "experiment": claim.experiment,
            "experiment_about": experiment.about,
            "experiment_module": experiment.module,
            "replication": experiment.replication,
            "where": claim.where,
            "measured": _measured(judge, claim),
            "predicted": _prediction_name(claim.predicted),
            "agreement": claim.agreement.model_dump(exclude_none=False),
            "requires": [requirement.model_dump() for requirement in claim.requires],
            "expect": claim.expect,
            "why": claim.why,
            "contradicts_expectation": result.contradicts(claim.expect),
            "agrees_to_within": _number(result.agrees_to_within),
            "share_in_region": _share(result.cells),
            "severity": None
            if result.severity is None
            else {"low": _number(result.severity[0]), "high": _number(result.severity[1])},
            "bits": _number(result.bits) if counts(stands) else None,
            "bits_risked": _number(result.bits_risked),
            "conditions": [_cell(cell) | {"picture": _picture(judge, claim, cell)} for cell in result.cells],
            "shown": [_cell(cell) | {"picture": _picture(judge, claim, cell)} for cell in result.shown],
            "controls": [_control(judge, claim, control) for control in result.controls],
            "rivals": [_rival(claim, rival) for rival in result.rivals],
            "contest": [_contestant(contestant) for contestant in result.contest],
            "cost": {
                "trials": sum(cell.verdict.trials for cell in _cells(result)),
                "blocks": len(records),
                "seconds": round(seconds_spent(judge, result), 2),
            },
            "records": sorted(records),
            "libraries": sorted({name for record in records.values() for name in record.specification["libraries"]}),
            "rerun": f"tollens run {result.claim} --tier {judge.tier}",
        }
    )


def _cell(result: CellResult, *, each_trial: bool = True) -> dict[str, Any]:
    """A condition's verdict; with the numbers of its first trials, which rivals share with their claim."""
    verdict, evidence = result.verdict, result.verdict.evidence
    counted = list(verdict.admitted)
    measured, predicted = (
        array[counted] if array.ndim == 1 and counted and len(array) else np.empty(0)
        for array in (result.measured, result.predicted)
    )
    curves = result.curves
    most = MOST_TRIALS if each_trial else 0
    return {
        "condition": dict(result.cell.condition),
        "label": result.cell.label,
        "status": verdict.status.word,
        "reason": verdict.reason,
        "trials": verdict.trials,
        "set_aside": verdict.set_aside,
        "look": verdict.look,
        "looks": verdict.looks,
        "predicted": _median(predicted),
        "measured": _median(measured),
        "truth": _median(result.truth),
        "agreement": _number(evidence.point) if evidence else None,
        "interval": [_number(limit) for limit in evidence.interval] if evidence else None,
        "region": [_number(limit) for limit in result.region] if evidence else None,
        "p_agree": _number(evidence.p_agree) if evidence else None,
        "p_disagree": _number(evidence.p_disagree) if evidence else None,
        "share_in_region": _number(result.share_in_region),
        "values": _numbers(result.values[counted][:most]) if counted else [],
        "measured_values": _numbers(measured[:most]),
        "predicted_values": _numbers(predicted[:most]),
        "example": None
        if curves is None or not each_trial
        else {
            key: [_numbers(row) for row in value] if key in ("measured", "predicted") else _plain(value)
            for key, value in curves.items()
        },
    }


def _picture(judge: Judge, claim: Claim, result: CellResult) -> dict[str, Any] | None:
    found = picture(judge, claim, result)
    return None if found is None else _rounded(found)


def _control(judge: Judge, claim: Claim, result: ControlResult) -> dict[str, Any]:
    control = claim.controls[result.position]
    return {
        "must": control.must,
        "because": control.because,
        "experiment": control.experiment or claim.experiment,
        "where": control.where,
        "truth": control.truth,
        "kept": result.verdict.kept,
        "conditions": [_cell(cell) | {"picture": _picture(judge, claim, cell)} for cell in result.cells],
    }


def _rival(claim: Claim, result: RivalResult) -> dict[str, Any]:
    rival = claim.rivals[result.name]
    return {
        "name": result.name,
        "predicted": _prediction_name(rival.predicted),
        "held_by": rival.held_by,
        "because": rival.because,
        "verdict": result.outcome.word,
        "reason": result.reason,
        "bits": _number(result.bits),
        "conditions": [_cell(cell, each_trial=False) for cell in result.cells],
    }


def _contestant(contestant: Contestant) -> dict[str, Any]:
    return asdict(contestant) | {"own": contestant.name == OWN}


def _measured(judge: Judge, claim: Claim) -> dict[str, Any]:
    experiment = judge.registry.experiments[claim.experiment]
    if isinstance(claim.measured, Folded):
        declared = experiment.observables[claim.measured.of]
        name, along, scalar = claim.measured.of, dict(claim.measured.along), claim.measured
        return {
            "name": name,
            "means": declared.means,
            "along": along,
            "between": scalar.between,
            "scale": scalar.scale,
            "shape": None,
        }
    declared = experiment.observables[claim.measured]
    return {
        "name": claim.measured,
        "means": declared.means,
        "along": None,
        "between": declared.between,
        "scale": declared.scale,
        "shape": declared.shape,
    }


def _prediction_name(prediction: float | str | FoldedPrediction) -> float | str:
    return prediction.of if isinstance(prediction, FoldedPrediction) else prediction


def _cells(result: ClaimResult) -> list[CellResult]:
    return [*result.cells, *(cell for control in result.controls for cell in control.cells), *result.shown]


def _records(judge: Judge, results: Sequence[CellResult]) -> dict[str, Any]:
    """Records behind the cells, as far as their verdicts looked at them."""
    found = {}
    for result in results:
        for record in _records_of(judge, result.cell):
            if record.specification["repeats"][0] < max(result.verdict.trials, 1):
                found[record.identity] = record
    return found


def _records_of(judge: Judge, cell: Cell) -> Iterable[Any]:
    tier = judge.registry.experiments[cell.experiment].tiers[judge.tier]  # type: ignore[index]
    for point in cell.points:
        sample = judge.samples.sample(cell.experiment, point, tier.constants)
        yield from sample.records if sample else ()


def _libraries(judge: Judge, results: Sequence[ClaimResult]) -> dict[str, str]:
    found: dict[str, str] = {}
    for result in results:
        for record in _records(judge, _cells(result)).values():
            found |= record.specification["libraries"]
    return dict(sorted(found.items()))


def _share(cells: Sequence[CellResult]) -> float | None:
    shares = [cell.share_in_region for cell in cells if cell.share_in_region is not None]
    return min(shares) if shares else None


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _median(values: np.ndarray) -> float | str | None:
    if values.ndim != 1 or not len(values):
        return None
    ordered = np.sort(values)
    low, high = float(ordered[(len(ordered) - 1) // 2]), float(ordered[len(ordered) // 2])
    return _number(low if low == high else (low + high) / 2)


def _number(value: float | None) -> float | str | None:
    if value is None:
        return None
    return float(value) if math.isfinite(value) else str(float(value))


def _numbers(values: np.ndarray) -> list[float | str | None]:
    return [_number(float(f"{value:.5g}")) for value in values]


def _rounded(value: Any) -> Any:
    """The same with arrays as lists of numbers in five digits."""
    if isinstance(value, Mapping):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return _numbers(value)
    return [_rounded(entry) for entry in value] if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    return _numbers(value) if isinstance(value, np.ndarray) else value


def written(report: Mapping[str, Any]) -> str:
    """A report as JSON text, a claim a line: small, and a change of verdict is a change of one line."""
    head = {key: value for key, value in report.items() if key != "claims"}
    claims = ",\n".join(json.dumps(claim, separators=(",", ":"), allow_nan=False) for claim in report["claims"])
    return f'{json.dumps(head, allow_nan=False)[:-1]}, "claims": [\n{claims}\n]}}\n'


def exit_code(judge: Judge, results: Sequence[ClaimResult], *, complete: bool, strict: bool) -> int:
    """0: nothing contradicts what is expected; 1: a verdict does; 3: an error, or the run did not end."""
    claims: Mapping[str, Any] = judge.registry.claims
    if not complete or any(result.outcome is Outcome.ERROR for result in results):
        return 3
    judged = [result for result in results if isinstance(claims[result.claim], Claim)]
    if any(result.contradicts(claims[result.claim].expect, claims[result.claim].expect_reach) for result in judged):
        return 1
    undecided = (Outcome.INCONCLUSIVE, Outcome.UNAVAILABLE, Outcome.NOT_RUN)
    return 3 if strict and any(result.outcome in undecided for result in judged if result.cells) else 0
