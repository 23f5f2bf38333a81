"""tollens judge"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runners.commands.options import (
    epoch_of,
    epoch_option,
    left_out,
    load_registry,
    open_store,
    registry_option,
    sealed_claims,
    select_claims,
    store_option,
    tell_of_absent,
    tier_option,
)
from runners.commands.reporting import report_options, write_reports

if TYPE_CHECKING:
    from runners.judging.judge import Judge
    from runners.records.store import Store
    from runners.registry.loaded import LoadedRegistry


@click.command("judge")
@click.argument("claims", nargs=-1, metavar="[CLAIM|THEORY|STRAND|GLOB]...", shell_complete=sealed_claims)
@tier_option("smoke")
@store_option
@epoch_option
@registry_option
@click.option("--strict", is_flag=True, help="Exit with 3 if a claim is inconclusive or unavailable.")
@click.option("-v", "--verbose", is_flag=True, help="Print a row and a line of every claim, however many there are.")
@report_options
def command(
    claims: tuple[str, ...],
    tier: str,
    store: str,
    epoch_name: str | None,
    extra: tuple[Path, ...],
    strict: bool,
    verbose: bool,
    **reports: Any,
) -> None:
    """Judge the stored records again: verdicts are a function of records and registry."""
    registry = load_registry(extra, wanted=claims)
    selected = select_claims(registry, claims)

    from runners.reporting.report import exit_code, judged_and_reported
    from runners.reporting.terminal import print_verdicts

    judge = stored_judge(registry, tier, store, epoch_name)
    results, document = judged_and_reported(judge, selected, bare=not reports["json_file"])
    write_reports(document, registry, claims, **reports)
    print_verdicts(document, verbose=verbose)
    sys.exit(exit_code(judge, results, complete=not left_out(registry, claims), strict=strict))


def stored_judge(registry: LoadedRegistry, tier: str, store: str | Store, epoch_name: str | None = None) -> Judge:
    """A judge over what a store holds of an epoch, by default of the last one opened."""
    from runners.judging.alone import Alone
    from runners.judging.judge import Judge
    from runners.measuring.planning import Planner
    from runners.records.samples import Samples

    epoch = epoch_of(registry, epoch_name)
    lineages = Planner(registry, tier, epoch).lineages(registry.experiments)
    if isinstance(store, str):
        tell_of_absent(store, published=True)
    records = open_store(store, published=True) if isinstance(store, str) else store
    return Judge(registry, tier, Samples(records, lineages, epoch=epoch), alone=Alone())
