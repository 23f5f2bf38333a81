"""tollens data"""

from __future__ import annotations

import sys

import click

from runners.commands.options import INCOMPLETE


@click.group("data")
def command() -> None:
    """Data sets that are not shipped: what this machine has of them, and where they come from.

    Files are looked for in the folder that TOLLENS_DATA names, then in the cache.
    """


@command.command("list")
def list_data() -> None:
    """One line a data set: whether it is here, where, and what it is."""
    _print(verbose=True)


@command.command("verify")
def verify() -> None:
    """Check the SHA-256 of every file that is here; exit code 3 if one is corrupt."""
    states = _print(verbose=False)
    if "CORRUPT" in states:
        sys.exit(INCOMPLETE)


@command.command("fetch")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def fetch(names: tuple[str, ...]) -> None:
    """Download data sets (all, without a name); what is here and intact stays. Exit code 3 if one cannot be had."""
    from predictions.instruments import downloads
    from predictions.instruments.unavailable import Unavailable

    failed = False
    for name in names or downloads.CATALOGUE:
        try:
            click.echo(f"{name}: {downloads.fetch(name)}")
        except KeyError as error:
            raise click.UsageError(str(error.args[0])) from None
        except Unavailable as error:
            click.echo(f"{name}: {error}", err=True)
            failed = True
    if failed:
        sys.exit(INCOMPLETE)


def _print(*, verbose: bool) -> list[str]:
    from predictions.instruments import downloads

    found = downloads.status()
    for status in found:
        place = f" ({status.path}, {status.size:,} bytes)" if status.path else ""
        click.echo(f"{status.data_set.name:18} {status.state.value}{place}")
        if verbose:
            click.echo(f"{'':18} {status.data_set.about}")
            click.echo(f"{'':18} {status.data_set.url}")
    return [status.state.name for status in found]
