"""tollens list"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.commands.options import (
    epoch_option,
    load_registry,
    registry_option,
    sealed_claims,
    select_claims,
    store_option,
    tier_option,
)

if TYPE_CHECKING:
    from runners.registry.loaded import LoadedRegistry


@click.command("list")
@click.argument("claims", nargs=-1, metavar="[CLAIM|THEORY|STRAND|GLOB]...", shell_complete=sealed_claims)
@tier_option("standard")
@store_option
@epoch_option
@registry_option
@click.option("--experiments", is_flag=True, help="List the experiments instead: name, axes, observables.")
@click.option("--reach", is_flag=True, help="List the claims with a domain: how far each reaches, by the stored draws.")
def command(
    claims: tuple[str, ...],
    tier: str,
    store: str,
    epoch_name: str | None,
    extra: tuple[Path, ...],
    experiments: bool,
    reach: bool,
) -> None:
    """List the claims, one a line: name, strand, holder, expected verdict, statement. Or the experiments they look at.

    Held by `reading` is what this project reads in its authors, where nobody has looked up yet what they say.

    What every command takes to select claims: names, globs ('eos-*'), theories and strands (theory:NAME and
    strand:NAME where they are to be told apart), failed (in the last run an error, vacuous or otherwise than expected),
    and flipped (decided in the last run, otherwise than in the published report of the same tier).
    """
    registry = load_registry(extra, checked=False)
    selected = select_claims(registry, claims)
    if experiments:
        from runners.registry import grid

        entries = (registry.only(selected) if claims else registry).experiments
        rows = [(name, ", ".join(grid.axes(it)), ", ".join(it.observables)) for name, it in entries.items()]
        _table([("experiment", "axes", "observables"), *rows])
        return
    if reach:
        _table(
            [
                ("claim", "reach", "held", "limits", "headline", "where"),
                *_reaches(registry, selected, tier, store, epoch_name),
            ]
        )
        return
    marks = _marks(registry, selected, tier, epoch_name)
    lines: list[tuple[str, ...]] = []
    theorems: list[tuple[str, ...]] = []
    for name in selected:
        claim = registry.claims[name]
        kind = claim.kind if claim.kind != "law" else claim.expect
        holder = "reading" if claim.source.is_reading(claim.held_by) else claim.held_by
        statement = f"{claim.statement} [{marks[name]}]" if name in marks else claim.statement
        (theorems if kind == "theorem" else lines).append((name, claim.strand, holder, kind, statement))
    _table([("claim", "strand", "held by", "expected", "statement"), *lines])
    if theorems:
        click.echo("\nTheorems check code and instruments, and are not counted:")
        _table(theorems)


def _marks(registry: LoadedRegistry, claims: Sequence[str], tier: str, epoch_name: str | None) -> dict[str, str]:
    """What is told of claims that were changed after their record seeds had been seen."""
    from runners.commands.options import epoch_of
    from runners.records.seals import Sealing
    from runners.records.standing import changed_after_a_look, told

    sealing, epoch = Sealing(registry), epoch_of(registry, epoch_name)
    found = {name: changed_after_a_look(sealing, name, tier, epoch) for name in claims}
    return {name: told(what) for name, what in found.items() if what}


def _reaches(
    registry: LoadedRegistry, claims: Sequence[str], tier: str, store: str, epoch_name: str | None
) -> list[tuple[str, ...]]:
    """A row for each claim with a domain."""
    from runners.commands.judge import stored_judge
    from runners.reporting.reach_report import headline_of
    from runners.reporting.report import report
    from runners.reporting.report_model import ClaimReport

    drawn = [name for name in claims if name in registry.falsifiable and registry.domain(name)]
    judge = stored_judge(registry, tier, store, epoch_name)
    rows: list[tuple[str, ...]] = []
    for claim in report(judge, [judge.judge(name) for name in drawn]).claims:
        if not isinstance(claim, ClaimReport):
            continue
        if (found := claim.reach) is None:
            rows.append((claim.id, "no draws", "", "", "", ""))
            continue
        low, high = found.limits
        applicable = found.held + found.failed + found.split + found.broken
        span = f"{low:.0%} to {high:.0%}"
        rows.append(
            (claim.id, found.word, f"{found.held} of {applicable}", span, headline_of(claim), found.fails_where)
        )
    return rows


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    """Columns, the first row their heads."""
    widths = [max(map(len, column)) for column in list(zip(*rows))[:-1]]
    for *cells, last in rows:
        click.echo("  ".join([*(f"{cell:{width}}" for cell, width in zip(cells, widths)), last]))
