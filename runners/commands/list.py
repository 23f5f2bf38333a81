"""tollens list"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from runners.commands.options import load_registry, registry_option, select_claims


@click.command("list")
@click.argument("claims", nargs=-1, metavar="[CLAIM|THEORY|STRAND|GLOB]...")
@registry_option
@click.option("--experiments", is_flag=True, help="List the experiments instead: name, axes, observables.")
def command(claims: tuple[str, ...], extra: tuple[Path, ...], experiments: bool) -> None:
    """List the claims, one a line: name, strand, expected verdict, statement. Or the experiments that they look at.

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
    lines: list[tuple[str, ...]] = []
    for name in selected:
        claim = registry.claims[name]
        kind = claim.kind if claim.kind != "law" else getattr(claim, "expect", "")
        lines.append((name, claim.strand, kind, claim.statement))
    _table([("claim", "strand", "expected", "statement"), *lines])


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    """Columns, the first row their heads."""
    widths = [max(map(len, column)) for column in list(zip(*rows))[:-1]]
    for *cells, last in rows:
        click.echo("  ".join([*(f"{cell:{width}}" for cell, width in zip(cells, widths)), last]))
