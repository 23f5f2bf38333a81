"""tollens challenge"""

from __future__ import annotations

import math
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.commands.options import (
    INCOMPLETE,
    USAGE,
    epoch_of,
    epoch_option,
    load_registry,
    open_store,
    registry_option,
    sealed_claims,
    select_claims,
    store_option,
)
from runners.commands.run import make_executor, refuse_surroundings, shared_address
from runners.measuring.profiles import THREADS
from runners.measuring.stopping import StopSignals
from runners.registry.tiers import TIERS

if TYPE_CHECKING:
    from runners.measuring.challenging import Challenge


@click.command("challenge")
@click.argument("claim_name", metavar="CLAIM", shell_complete=sealed_claims)
@click.option(
    "--minutes", type=click.FloatRange(min=0, min_open=True), default=10, show_default=True, help="Stop then."
)
@click.option("--settings", type=click.IntRange(1), default=200, show_default=True, help="Settings to try in all.")
@click.option("--random", type=click.IntRange(1), default=60, show_default=True, help="How many of them at random.")
@click.option("--tier", type=click.Choice(TIERS), help="Size; default: the smallest that is judged.")
@store_option
@epoch_option
@registry_option
@click.option("--in-process", is_flag=True, help="Run the blocks in this process, without Ray.")
@click.option("--cpus", type=click.IntRange(1), help="Cores for the embedded cluster; default: all.")
def command(
    claim_name: str,
    minutes: float,
    settings: int,
    random: int,
    tier: str | None,
    store: str,
    epoch_name: str | None,
    extra: tuple[Path, ...],
    in_process: bool,
    cpus: int | None,
) -> None:
    """Search a claim's domain for a setting in which the law fails, and confirm what is found on fresh seeds.

    First settings at random, which bound the part of the domain in which it can fail; then a search (with optuna, by
    `pip install tollens[challenge]`; without it the rest is random, too). A challenge that was stopped goes on where it
    was. Exit code 0 whatever is found; a counterexample stands on the claim's page.
    """
    if in_process:
        os.environ.update(dict.fromkeys(THREADS, "1"))  # before numpy is loaded
    registry = load_registry(extra, wanted=(claim_name,))
    (name, *others) = select_claims(registry, (claim_name,))
    if others:
        raise click.UsageError(f"{claim_name} means {1 + len(others)} claims; name one of them.")

    from runners.judging.judge import Judge
    from runners.measuring.challenging import Challenger
    from runners.measuring.planning import Planner
    from runners.records.samples import Samples

    claim = registry.falsifiable.get(name)
    if claim is None or registry.domain(name) is None:
        click.echo(f"{name} has no domain: there is nothing to search.", err=True)
        sys.exit(USAGE)
    sizes = registry.experiments[claim.experiment].tiers
    judged = [size for size in TIERS if size in sizes and sizes[size].judged]
    tier = tier or judged[0]
    if tier not in judged:
        click.echo(f"{claim.experiment} is not judged at a tier {tier}; choose {' or '.join(judged)}.", err=True)
        sys.exit(USAGE)
    records = open_store(shared_address(store))
    planner = Planner(registry, tier, epoch_of(registry, epoch_name))
    judge = Judge(registry, tier, Samples(records, planner.lineages(registry.experiments), purpose="explore"))

    def told(state: Challenge) -> None:
        worst = f", the worst {state.worst.outside:.2f} of the way to the edge" if state.worst else ""
        click.echo(f"{len(state.tried)} of {settings} settings{worst}", err=True)

    challenger = Challenger(planner, judge, records, name, random=min(random, settings), report=told)
    refuse_surroundings(records, in_process=in_process)
    before, started = len(challenger.state.tried), time.monotonic()
    with StopSignals() as stop:
        provenance = {"tier": tier, "challenge": challenger.state.number}
        executor = make_executor(records.address, provenance, stop, in_process=in_process, cpus=cpus, autoscaling=False)
        ended = False
        try:
            batch = 1 if in_process else 2 * (cpus or os.cpu_count() or 1)
            running = lambda: stop.received is None and time.monotonic() < started + 60 * minutes  # noqa: E731
            challenger.search(executor, batch=batch, settings=settings, more=running)
            if stop.received is None and len(challenger.state.tried) >= challenger.state.random:
                challenger.confirm(executor)
            ended = challenger.state.finished
        finally:
            executor.close(cancel=not ended)
            stop.on_stop = None
    if not ended:
        spent = (time.monotonic() - started) / 60
        click.echo(f"{_stopped(challenger.state, before, spent)}; the same command goes on.", err=True)
        sys.exit(128 + stop.received if stop.received else INCOMPLETE)
    click.echo(f"{name}, challenge {challenger.state.number}: {challenger.state.sentence()}.")
    for found in challenger.state.counterexamples:
        click.echo(f"`tollens rerun {found.records[0]}` repeats it.")


def _stopped(state: Challenge, before: int, minutes: float) -> str:
    """That a challenge ended before it could confirm, and how long the rest of its random settings would take."""
    tried, missing = len(state.tried), state.random - len(state.tried)
    if missing <= 0:
        return "Stopped before it could confirm"
    told = f"Stopped after {tried} of {state.random} settings at random, before it could confirm"
    if tried == before:
        return told
    return f"{told}; the others need about {math.ceil(minutes / (tried - before) * missing)} minutes"
