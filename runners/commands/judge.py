"""tollens judge"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from runners.commands.options import left_out, load_registry, registry_option, select_claims, store_option, tier_option
from runners.commands.reporting import report_options, write_reports


@click.command("judge")
@click.argument("claims", nargs=-1, metavar="[CLAIM|THEORY|STRAND|GLOB]...")
@tier_option("smoke")
@store_option
@registry_option
@click.option("--strict", is_flag=True, help="Exit with 3 if a claim is inconclusive or unavailable.")
@report_options
def command(
    claims: tuple[str, ...], tier: str, store: str, extra: tuple[Path, ...], strict: bool, **reports: Any
) -> None:
    """Judge the stored records again: verdicts are a function of records and registry."""
    registry = load_registry(extra)
    selected = select_claims(registry, claims)

    from runners.reporting.report import exit_code, report
    from runners.reporting.terminal import print_verdicts

    judge = stored_judge(registry, tier, store)
    results = [judge.judge(name) for name in selected]
    document = report(judge, results)
    print_verdicts(document)
    write_reports(document, registry, claims, **reports)
    sys.exit(exit_code(judge, results, complete=not left_out(registry, claims), strict=strict))


def stored_judge(registry, tier: str, store: str):
    """A judge over what a store holds."""
    from runners.judging.judge import Judge
    from runners.measuring.planning import Planner
    from runners.records.samples import Samples
    from runners.records.store import Store

    return Judge(registry, tier, Samples(Store(store), Planner(registry, tier).lineages(registry.experiments)))
