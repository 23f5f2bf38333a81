"""tollens list"""

from __future__ import annotations

from pathlib import Path

import click

from runners.commands.options import load_registry, registry_option, select_claims


@click.command("list")
@click.argument("claims", nargs=-1, metavar="[CLAIM|THEORY|STRAND|GLOB]...")
@registry_option
def command(claims: tuple[str, ...], extra: tuple[Path, ...]) -> None:
    """List the claims, one a line: name, strand, expected verdict, statement."""
    registry = load_registry(extra, checked=False)
    selected = select_claims(registry, claims)
    width = max(map(len, selected), default=0)
    for name in selected:
        claim = registry.claims[name]
        kind = claim.kind if claim.kind != "law" else getattr(claim, "expect", "")
        click.echo(f"{name:{width}}  {claim.strand:18}  {kind:13}  {claim.statement}")
