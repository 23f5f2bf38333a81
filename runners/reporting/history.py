"""The history: what each report that was ever published said of each claim, small enough to keep."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from runners.reporting.published import read
from runners.reporting.report_model import ClaimReport, Provenance, Report
from runners.reporting.run_model import Run, RunClaim
from runners.rule.draw_outcomes import Draw
from runners.rule.fragility import held_of_first


def in_short(report: Report | Run) -> Run:
    """The run behind a report: where it was made, its blind injections, and of each claim verdict, seal and intervals.

    A run that is already in short is returned as it is. What another run lent is in that one's.
    """
    if isinstance(report, Run):
        return report
    return Run(
        **report.told(),
        injections=[(it.claim, _key(it.condition), it.factor, it.shift, it.caught) for it in report.injections.copies],
        claims={claim.id: _claim(claim) for claim in report.falsifiable if claim.lent_by is None},
    )


def name_of(run: Provenance) -> str:
    """File name of a run: when it was made, and its tier."""
    return f"{run.created.replace(':', '')}-{run.tier}.json"


def keep(run: Run, folder: Path) -> Path:
    """Write a run into a history's folder; the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name_of(run)
    path.write_text(run.written(), encoding="utf-8")
    return path


def runs(folder: Path) -> list[Run]:
    """All kept runs of a folder, oldest first; none where there is no such folder."""
    found = [in_short(read(path)) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    return sorted(found, key=lambda run: run.created)


def with_run(kept: Iterable[Run], run: Run) -> list[Run]:
    """These runs and this one, if it is not among them, oldest first."""
    return sorted({name_of(one): one for one in (run, *kept)}.values(), key=lambda one: one.created)


def _claim(claim: ClaimReport) -> RunClaim:
    worst, region = claim.hardest, claim.region
    drawn = claim.reach.draws if claim.reach else ()
    if worst is None:
        return RunClaim(verdict=claim.verdict, counts=claim.counts, seal=claim.seal[:16])
    return RunClaim(
        verdict=claim.verdict,
        counts=claim.counts,
        seal=claim.seal[:16],
        measurement=claim.measurement,
        by=region.by,
        within=(region.low, region.high),
        **{name: getattr(worst, name) for name in ("predicted", "measured", "agreement", "interval")},
        bits=claim.bits,
        libraries=claim.libraries,
        conditions={_key(it.label): it.interval for it in claim.conditions if it.interval},
        reach=claim.reach.word if drawn else None,
        held_of_first=held_of_first([Draw[it.outcome.upper()] for it in drawn]) if drawn else None,
    )


def _key(label: str) -> str:
    return sha256(label.encode()).hexdigest()[:8]
