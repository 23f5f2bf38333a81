"""tollens compare"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.commands.options import CONTRADICTED, epoch_option, load_registry, registry_option, tier_option

if TYPE_CHECKING:
    from runners.reporting.changes import Change
    from runners.reporting.report_model import Report
    from runners.reporting.run_model import Run


@click.command("compare")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@tier_option("smoke")
@epoch_option
@registry_option
@click.option("--all", "everything", is_flag=True, help="Name the claims that held, too.")
def command(
    before: str, after: str, tier: str, epoch_name: str | None, extra: tuple[Path, ...], everything: bool
) -> None:
    """Compare two runs: verdicts that held, flipped or moved beyond noise, claims that are new or were dropped.

    A and B are stores, judged now at the tier, or files: reports (of `run --json`, or published) and runs of the
    history. A claim that B lacks was dropped if the registry lacks it, too, else it was not run. Exit code 1 if a
    decided verdict became another one or an error, or if a claim was dropped.
    """
    from runners.reporting.changes import changes, hardware, versions
    from runners.reporting.history import in_short

    one, other = (in_short(_report(source, tier, epoch_name, extra)) for source in (before, after))
    for line in [text for _, text in versions(one, other)] + hardware(one, other):
        click.echo(line)
    if one.tier != other.tier:
        click.echo(
            f"{one.tier} tier → {other.tier} tier: other sizes and constants, so that numbers may differ by them"
        )
    found = changes(one, other, registered=load_registry(extra).claims)
    for line in lines(found, everything=everything):
        click.echo(line)
    sys.exit(CONTRADICTED if any(change.kind.grave for change in found) else 0)


def lines(found: Sequence[Change], *, everything: bool) -> list[str]:
    """A line a claim, grave ones first, then how many there are of each kind."""
    from runners.reporting.changes import Kind

    told = [f"{change.claim}: {_told(change)}" for change in found if not change.kind.quiet or everything]
    counts = [(kind, sum(change.kind is kind for change in found)) for kind in Kind]
    return [*told, ", ".join(f"{count} {kind.word}" for kind, count in counts if count) or "No claim in either run."]


def _told(change: Change) -> str:
    from runners.reporting.changes import Kind, shift
    from runners.reporting.terminal import span

    if change.kind is Kind.NEW:
        return f"new, {change.now}"
    if change.kind is Kind.DROPPED:
        return f"dropped, it was {change.was}"
    if change.kind is Kind.NOT_RUN:
        return f"not run in the later one, it was {change.was}"
    if change.kind.quiet:
        return f"{change.kind.word}, {change.now}"
    if change.kind is Kind.MOVED and change.before and change.after and (moved := shift(change.before, change.after)):
        told = f"moved, {change.now}, {change.after.by} {span(moved[0])} → {span(moved[1])}"
    elif change.was == change.now:
        told = f"{change.kind.word}, {change.now}"
    else:
        told = f"{change.kind.word}, was {change.was}, is {change.now}"
    told += f", reach {change.reach}" if change.reach else ""
    return f"{told}; with it: {', '.join(change.with_it) or 'nothing that is recorded'}"


def _report(source: str, tier: str, epoch_name: str | None, extra: tuple[Path, ...]) -> Report | Run:
    """A file's report, or that of a store as the registry judges it now."""
    path = Path(source)
    if path.is_file():
        from runners.reporting.published import read

        return read(path)
    if "://" not in source and not (path / "records").is_dir():
        raise click.UsageError(f"{source} is neither a report nor a store (a folder with records)")
    from runners.commands.judge import stored_judge
    from runners.reporting.report import report

    registry = load_registry(extra)
    judge = stored_judge(registry, tier, source, epoch_name)
    return report(judge, [result for result in map(judge.judge, registry.claims) if result.outcome.word != "not run"])
