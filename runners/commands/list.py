"""tollens list"""

from __future__ import annotations

from pathlib import Path

import click

from runners.commands.options import load_registry, registry_option, select_claims


@click.command("list")
@click.argument("claims", nargs=-1, metavar="[CLAIM|THEORY|STRAND|GLOB]...")
@registry_option
def command(claims: tuple[str, ...], extra: tuple[Path, ...]) -> None:
    """List the claims, one a line: name, strand, expected verdict, statement.

    What every command takes to select claims: names, globs ('eos-*'), theories and strands (theory:NAME and
    strand:NAME where they are to be told apart), failed (in the last run an error, vacuous or otherwise than expected),
    and flipped (decided in the last run, otherwise than in the published report of the same tier).
    """
    registry = load_registry(extra, checked=False)
    selected = select_claims(registry, claims)
    width = max(map(len, selected), default=0)
    for name in selected:
        claim = registry.claims[name]
        kind = claim.kind if claim.kind != "law" else getattr(claim, "expect", "")
        click.echo(f"{name:{width}}  {claim.strand:18}  {kind:13}  {claim.statement}")
