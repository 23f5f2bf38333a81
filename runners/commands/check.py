"""tollens check"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from runners.commands.options import USAGE, load_registry, registry_option


@click.command("check")
@registry_option
@click.option(
    "--deep", is_flag=True, help="Also import the modules and compute what can be predicted before measuring."
)
def command(extra: tuple[Path, ...], deep: bool) -> None:
    """Check the registry: every mistake with its place and what to do. Exit code 2 if there are any."""
    registry = load_registry(extra)  # the shallow checks are part of loading
    if deep:
        from runners.registry.checks import check

        mistakes = check(registry, deep=True)
        for mistake in mistakes:
            click.echo(str(mistake), err=True)
        if mistakes:
            sys.exit(USAGE)
    click.echo(f"{len(registry.claims)} claims on {len(registry.experiments)} experiments: no mistakes.")
