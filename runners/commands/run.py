"""tollens run"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import click

from runners.commands.options import (
    USAGE,
    load_registry,
    registry_option,
    select_claims,
    store_option,
    tier_option,
)


@click.command("run")
@click.argument("claims", nargs=-1, metavar="[CLAIM|THEORY|STRAND|GLOB]...")
@tier_option("smoke")
@store_option
@registry_option
@click.option("--in-process", is_flag=True, help="Run the blocks in this process, without Ray.")
@click.option("--cpus", type=click.IntRange(1), help="Cores for the embedded cluster; default: all.")
@click.option("--max-minutes", type=click.FloatRange(min=0, min_open=True), help="Stop then, and judge what there is.")
@click.option("--dry-run", is_flag=True, help="Say what would run, and how long it is expected to take.")
@click.option("--strict", is_flag=True, help="Exit with 3 if a claim is inconclusive or unavailable.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the report here.")
def command(
    claims: tuple[str, ...],
    tier: str,
    store: str,
    extra: tuple[Path, ...],
    in_process: bool,
    cpus: int | None,
    max_minutes: float | None,
    dry_run: bool,
    strict: bool,
    json_file: Path | None,
) -> None:
    """Measure what undecided claims need, judge after each look, and print the verdicts.

    Recorded blocks are not measured again: the same command continues a run that was stopped.
    """
    started = time.time()
    registry = load_registry(extra)
    selected = select_claims(registry, claims)

    from runners.dispatch import Run
    from runners.judging import Judge
    from runners.planning import Planner
    from runners.report import commit, exit_code, report
    from runners.samples import Samples
    from runners.seals import lock_hash, lock_in_force
    from runners.store import Store
    from runners.terminal import ProgressLines, print_verdicts

    planner = Planner(registry, tier)
    records = Store(store)
    samples = Samples(records, planner.lineages(registry.experiments))
    samples.forget_failures()
    judge = Judge(registry, tier, samples)
    progress = ProgressLines() if not dry_run else None
    run = Run(planner, judge, samples, records, selected, report=progress or (lambda line, progress: None))
    blocks = run.plan()
    if dry_run:
        _describe(run, blocks)
        return

    stopped: list[int] = []
    complete = True
    try:
        if blocks:
            lock = lock_in_force(registry.files)
            records.put_lock(lock_hash(lock), lock)
            provenance = {"tier": tier, "commit": commit(), "lock": lock_hash(lock)}
            executor = _executor(store, provenance, in_process=in_process, cpus=cpus)
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda received, frame: stopped.append(received))
            deadline = None if max_minutes is None else started + 60 * max_minutes
            complete = run.execute(executor, deadline=deadline, stopped=lambda: bool(stopped))
            executor.close()
    finally:
        if progress:
            progress.close()
    if stopped:
        click.echo(
            f"Stopped by signal {stopped[0]}; what was measured is stored, the same command continues.", err=True
        )
        sys.exit(128 + stopped[0])

    results = [judge.judge(name) for name in selected]
    document = report(judge, results)
    if json_file:
        json_file.write_text(json.dumps(document, indent=1) + "\n")
    print_verdicts(document)
    if not complete:
        click.echo(f"The budget of {max_minutes:g} minutes ended before every claim was decided.", err=True)
    sys.exit(exit_code(judge, results, complete=complete, strict=strict))


def _executor(store: str, provenance: dict, *, in_process: bool, cpus: int | None):
    from runners.executors import InProcess, RayTasks

    if in_process:
        return InProcess(store, provenance)
    try:
        return RayTasks(_shared_address(store), provenance, cpus=cpus)
    except ImportError:
        click.echo("Ray is not installed; install ray[default], or run with --in-process.", err=True)
        sys.exit(USAGE)


def _shared_address(store: str) -> str:
    """A local folder's absolute path: a worker's own folder is another one."""
    return store if "://" in store else str(Path(store).resolve())


def _describe(run, blocks) -> None:
    for block in blocks:
        click.echo(block.label)
    seconds, unknown = run.expected_seconds(blocks)
    known = f"about {seconds / 60:.1f} minutes of compute" if blocks else "nothing to measure"
    more = f", besides {unknown} blocks of which no duration is recorded" if unknown else ""
    click.echo(f"{len(blocks)} blocks would run, {run.progress.blocks_stored} are stored; {known}{more}.")
