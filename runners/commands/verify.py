"""tollens verify"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.commands.options import (
    INCOMPLETE,
    load_registry,
    open_store,
    registry_option,
    store_option,
    tell_of_absent,
)
from runners.measuring.profiles import THREADS

if TYPE_CHECKING:
    from runners.records.store import Store
    from runners.registry.loaded import LoadedRegistry
    from runners.upkeep.findings import Finding


@click.command("verify")
@store_option
@registry_option
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Judge again all that this report says (of `run --json` or leaderboard/published), and compare; repeatable.",
)
@click.option(
    "--remeasure",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help="Measure N records again, drawn by chance, in this process, and prepare N settings that draws passed over: "
    "3/f of them catch a share f of forged ones (95%).",
)
def command(store: str, extra: tuple[Path, ...], reports: tuple[Path, ...], remeasure: int) -> None:
    """Check every record of a store: its hashes, its trials, its draws' settings, its lock, the code behind it.

    With reports, all that they say; the dates of the locks against git, where it has their history. Exit code 3 if a
    record was altered, cut off, duplicated, deleted or made by other code, or a report says something else.
    """
    os.environ.update(dict.fromkeys(THREADS, "1"))  # before numpy is loaded
    registry = load_registry(extra, whole=True)

    from runners.upkeep.drawn_settings import DrawnSettings
    from runners.upkeep.findings import HARMLESS, breaks
    from runners.upkeep.verification import verify

    records, settings = open_store(store), DrawnSettings(registry)
    findings = [*verify(records, registry, settings), *_dates(registry)]
    broken = {finding.where for finding in findings if finding.kind not in HARMLESS}
    checked = sorted({path for path, _ in records.record_files()} - set(records.earlier()))
    sound = sum(path not in broken for path in checked)
    sound_enough = not breaks(findings)
    for finding in findings:
        click.echo(str(finding))
    more = (it for file in reports for it in _compare(registry, records, file)) if sound_enough else iter(())
    again = _remeasured(registry, records, remeasure) if sound_enough and remeasure else iter(())
    for finding in (*more, *settings.passed_over(remeasure), *again):
        click.echo(str(finding))
        findings.append(finding)
    tell_of_absent(store)
    if (reports or remeasure) and not sound_enough:
        click.echo("Nothing was judged or measured again: the records are not what was measured.")
    click.echo(f"{len(checked)} records in {store}, {sound} of them sound; {len(findings)} findings.")
    sys.exit(INCOMPLETE if breaks(findings) else 0)


def _dates(registry: LoadedRegistry) -> Iterator[Finding]:
    from runners.records.seals import lock_file
    from runners.upkeep.lock_history import NoHistory, backdated

    for file in registry.files:
        if lock_file(file).exists():
            try:
                yield from backdated(lock_file(file))
            except NoHistory as reason:
                click.echo(f"The dates of {lock_file(file)} are not held against git: {reason}.", err=True)


def _compare(registry: LoadedRegistry, records: Store, file: Path) -> Iterator[Finding]:
    """A report against what judging its claims again gives."""
    from runners.commands.judge import stored_judge
    from runners.records.seals import lock_hash, lock_in_force
    from runners.reporting.published import read_report
    from runners.reporting.report import judged_and_reported
    from runners.upkeep.comparing_reports import compare

    published = read_report(file)
    judge = stored_judge(registry, published.tier, records, published.epoch)
    claims = [claim.id for claim in published.claims if claim.id in registry.claims]
    _, judged = judged_and_reported(judge, claims)
    identities = [path.rsplit("/", 1)[-1].removesuffix(".json") for path, _ in records.record_files()]
    present = lock_in_force(registry.files)
    known = published.lock in records.lock_names()
    lock = present if lock_hash(present) == published.lock else records.lock(published.lock) if known else None
    yield from compare(judged, published, identities, lock)


def _remeasured(registry: LoadedRegistry, records: Store, count: int) -> Iterator[Finding]:
    from runners.upkeep.remeasuring import remeasure

    yield from remeasure(records, registry, count)
