"""tollens run"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runners.commands.options import (
    INCOMPLETE,
    USAGE,
    epoch_of,
    epoch_option,
    left_out,
    load_registry,
    open_store,
    registry_option,
    sealed_claims,
    select_claims,
    store_option,
    tell_of_late_seals,
    tier_option,
)
from runners.commands.reporting import report_options, write_reports
from runners.measuring.profiles import THREADS
from runners.measuring.stopping import StopSignals
from runners.printable import counted, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runners.measuring.executors import Executor
    from runners.records.epochs import Epoch
    from runners.records.store import Store
    from runners.registry.loaded import LoadedRegistry


@click.command("run")
@click.argument("claims", nargs=-1, metavar="[CLAIM|THEORY|STRAND|GLOB]...", shell_complete=sealed_claims)
@tier_option("smoke")
@store_option
@epoch_option
@registry_option
@click.option("--in-process", is_flag=True, help="Run the blocks in this process, without Ray.")
@click.option("--cpus", type=click.IntRange(1), help="Cores for the embedded cluster; default: all.")
@click.option("--max-minutes", type=click.FloatRange(min=0, min_open=True), help="Stop then, and judge what there is.")
@click.option("--retry-failed", is_flag=True, help="Try again what raised an exception or overran its time before.")
@click.option("--autoscaling", is_flag=True, help="The cluster brings nodes on demand: wait for those it has not yet.")
@click.option("--published", is_flag=True, help="Go on from the published records: what they have is not measured.")
@click.option("--dry-run", is_flag=True, help="Say what would run, and how long it is expected to take.")
@click.option("--strict", is_flag=True, help="Exit with 3 if a claim is inconclusive or unavailable.")
@click.option("-v", "--verbose", is_flag=True, help="Print a row and a line of every claim, however many there are.")
@report_options
def command(**options: Any) -> None:
    """Measure what undecided claims need, judge after each look, and print the verdicts.

    Recorded blocks are not measured again: the same command continues a run that was stopped. How it ended is in the
    store's summary.json, too.
    """
    with StopSignals() as stop:
        sys.exit(_run(stop, **options))


def _run(
    stop: StopSignals,
    *,
    claims: tuple[str, ...],
    tier: str,
    store: str,
    epoch_name: str | None,
    extra: tuple[Path, ...],
    in_process: bool,
    cpus: int | None,
    max_minutes: float | None,
    retry_failed: bool,
    autoscaling: bool,
    published: bool,
    dry_run: bool,
    strict: bool,
    verbose: bool,
    **reports: Any,
) -> int:
    """Run, judge and report; the exit code."""
    started = time.monotonic()
    if in_process:
        os.environ.update(dict.fromkeys(THREADS, "1"))  # before numpy is loaded
    registry = load_registry(extra, wanted=claims)
    selected = select_claims(registry, claims)

    from runners.judging.alone import Alone
    from runners.judging.judge import Judge
    from runners.measuring.dispatch import Run
    from runners.measuring.planning import Planner
    from runners.records.samples import Samples
    from runners.reporting.published import seconds_a_trial
    from runners.reporting.report import exit_code, judged_and_reported
    from runners.reporting.summary import costs, in_words, summary
    from runners.reporting.terminal import ProgressLines, print_verdicts

    epoch = epoch_of(registry, epoch_name)
    planner = Planner(registry, tier, epoch)
    records = open_store(shared_address(store), published=published)
    samples = Samples(records, planner.lineages(registry.experiments), fallback=False, epoch=epoch)
    samples.forget_failures()
    judge = Judge(registry, tier, samples, alone=Alone())
    progress = ProgressLines() if not dry_run else None
    run = Run(
        planner,
        judge,
        samples,
        records,
        selected,
        retry_failed=retry_failed,
        report=progress or (lambda line, progress: None),
        seconds_a_trial={} if max_minutes is None else seconds_a_trial(tier),
    )
    blocks = run.plan(draws=not dry_run)
    if dry_run:
        _describe(run, blocks, tier)
        return 0
    if blocks:
        _warn_of_missing_seals(registry, selected, tier, epoch)

    arguments = {
        "claims": list(claims),
        "tier": tier,
        "store": records.address,
        "epoch": epoch.name,
        "max_minutes": max_minutes,
    }
    complete = True
    if blocks:
        refuse_surroundings(records, in_process=in_process)
    try:
        if blocks:
            records.put_summary(summary(arguments, run.progress))  # all that is left if this process is killed
            provenance = _provenance(registry, records, tier, run.claims, epoch.name)
            executor = make_executor(
                records.address, provenance, stop, in_process=in_process, cpus=cpus, autoscaling=autoscaling
            )
            deadline = None if max_minutes is None else started + 60 * max_minutes
            complete = _measure(run, executor, stop, deadline)
    finally:
        if progress:
            progress.close()
    for line in in_words(costs(run.progress)):
        click.echo(line, err=True)
    if stop.received:
        code = 128 + stop.received
        records.put_summary(summary(arguments, run.progress, exit_code=code, signal=stop.received))
        click.echo(
            f"Stopped by signal {stop.received}; what was measured is stored, the same command continues.", err=True
        )
        return code

    results, document = judged_and_reported(judge, selected)
    write_reports(document, registry, claims, **reports)
    code = exit_code(judge, results, complete=complete and not left_out(registry, claims), strict=strict)
    verdicts = {result.claim: result.outcome.word for result in results}
    records.put_summary(summary(arguments, run.progress, exit_code=code, complete=complete, verdicts=verdicts))
    print_verdicts(document, verbose=verbose)  # last: whatever a terminal does to it, the files are there
    if not complete:
        click.echo(f"The budget of {max_minutes:g} minutes ended before every claim was decided.", err=True)
    return code


def _measure(run: Any, executor: Executor, stop: StopSignals, deadline: float | None) -> bool:
    """Run the blocks; whether all of them ran."""
    complete = False
    try:
        complete = run.execute(executor, deadline=deadline, stopped=lambda: stop.received is not None)
    finally:
        executor.close(cancel=not complete)
        stop.on_stop = None
    return complete


def _provenance(registry: Any, records: Any, tier: str, claims: Sequence[str], epoch: str) -> dict[str, Any]:
    """What every record of this run says of it; the lock in force goes into the store, and which claims are run."""
    from runners.records.looked import note
    from runners.records.seals import Sealing, lock_hash, lock_in_force
    from runners.reporting.commit import Untold, commit

    try:
        code = commit()
    except Untold as reason:
        click.echo(f"warning: {printable(reason)}", err=True)
        code = None
    lock = lock_in_force(registry.files)
    records.put_lock(lock_hash(lock), lock)
    note(records, Sealing(registry), lock, claims, epoch, time=time.time())
    return {"tier": tier, "commit": code, "lock": lock_hash(lock)}


def refuse_surroundings(records: Store, *, in_process: bool) -> None:
    """Exit where a run could not go well, before anything is measured."""
    from runners.measuring.surroundings import wrong

    if problems := wrong(records, in_process=in_process):
        for problem in problems:
            click.echo(printable(problem), err=True)
        sys.exit(INCOMPLETE)


def make_executor(
    store: str, provenance: dict[str, Any], stop: StopSignals, *, in_process: bool, cpus: int | None, autoscaling: bool
) -> Executor:
    """Where the blocks will run; from here on a signal is noted, for the run to end in order."""
    from runners.measuring.executors import InProcess

    if in_process:
        here = InProcess(store, provenance)
        stop.on_stop = here.interrupt
        return here
    stop.on_stop = lambda: None
    try:
        from runners.measuring.ray_tasks import RayTasks

        return RayTasks(store, provenance, cpus=cpus, autoscaling=autoscaling)
    except ImportError:
        click.echo("Ray is not installed; install ray[default], or run with --in-process.", err=True)
        sys.exit(USAGE)
    except ConnectionError as error:
        click.echo(f"There is no cluster at RAY_ADDRESS={os.environ.get('RAY_ADDRESS')}: {error}", err=True)
        sys.exit(INCOMPLETE)
    except SystemExit as left:  # Ray's own handler of SIGTERM, while it starts
        sys.exit(128 + signal.SIGTERM if left.code == signal.SIGTERM else left.code)
    finally:
        stop.take()


def shared_address(store: str) -> str:
    """A local folder's absolute path: a worker's own folder is another one."""
    return store if "://" in store else str(Path(store).resolve())


def _warn_of_missing_seals(registry: LoadedRegistry, selected: Sequence[str], tier: str, epoch: Epoch) -> None:
    """What is measured for a claim that is not sealed as it stands, or was not in time, can only be a postdiction."""
    from runners.records.seals import broken, lock_in_force

    unsealed = broken(registry, lock_in_force(registry.files), selected, tiers=[tier])
    for name, what in unsealed.items():
        click.echo(f"warning: {name} {what}: its verdict will be a postdiction; run `tollens lock` first", err=True)
    tell_of_late_seals(registry, [name for name in selected if name not in unsealed], epoch, tier=tier)


def _describe(run, blocks, tier: str) -> None:
    from runners.reporting.published import seconds_a_trial

    for block in blocks:
        click.echo(block.label)
    published = seconds_a_trial(tier)
    recorded = run.expected_seconds(blocks)
    told = [
        published[block.experiment] * len(block.repeats)
        for block, seconds in zip(blocks, recorded)
        if seconds is None and block.experiment in published
    ]
    here = [seconds for seconds in recorded if seconds is not None]
    unknown = len(blocks) - len(here) - len(told)
    if not blocks:
        cost = "nothing to measure"
    elif not here and not told:
        cost = "no duration of such blocks is recorded yet"
    else:
        source = f" (of {counted(len(told), 'block')} by the published report, on its machine)" if told else ""
        more = f", besides {counted(unknown, 'block')} of which no duration is recorded" if unknown else ""
        cost = f"{duration(sum(here) + sum(told))} of compute{source}{more}"
    stored = run.progress.blocks_stored
    click.echo(f"{counted(len(blocks), 'block')} would run, {stored} {'is' if stored == 1 else 'are'} stored; {cost}.")
    if run.drawing:
        click.echo(f"Besides, settings would be drawn from the domains of {', '.join(run.drawing)}, until they decide.")


def duration(seconds: float) -> str:
    """Expected seconds, in words."""
    if seconds < 1:
        return "less than a second"
    return f"about {seconds / 60:.1f} minutes" if seconds >= 60 else f"about {seconds:.2g} seconds"
