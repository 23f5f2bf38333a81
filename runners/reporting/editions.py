"""Editions: whole reports as they were published, compressed, from which the board of their day is built again."""

from __future__ import annotations

import lzma
from collections.abc import Iterable
from pathlib import Path

from runners.reporting.history import name_of
from runners.reporting.published import ENDING, read_report
from runners.reporting.report_model import Provenance, Report
from runners.reporting.run_model import Run


def edition_of(run: Provenance) -> str:
    """What an edition is called: when it was made, and its tier."""
    return name_of(run).removesuffix(".json")


def keep_edition(report: Report, folder: Path) -> Path:
    """Write a report into a history's folder, whole; the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{edition_of(report)}{ENDING}"
    path.write_bytes(lzma.compress(report.written().encode("utf-8"), preset=9))
    return path


def editions(folder: Path) -> list[str]:
    """The editions that a history's folder keeps, oldest first."""
    return sorted(path.name.removesuffix(ENDING) for path in folder.glob(f"*{ENDING}"))


def edition(name: str, folder: Path) -> Report:
    """The report of an edition that is kept."""
    return read_report(folder / f"{name}{ENDING}")


def until(kept: Iterable[Run], report: Report) -> list[Run]:
    """The runs that had been published when a report was made."""
    return [run for run in kept if run.created <= report.created]
