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
    """Each data set: whether it is here, where, what it is, and how to get it."""
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
        data_set, state = status.data_set, status.state
        place = f" ({status.path}, {status.size:,} bytes)" if status.path else ""
        click.echo(f"{data_set.name:18} {state.value}{place}")
        if verbose:
            click.echo(f"{'':18} {data_set.about}")
            click.echo(f"{'':18} {data_set.url} ({data_set.size:,} bytes)")
        by_itself = "the first run that needs it fetches it, or " if data_set.automatic else ""
        if state is downloads.State.CORRUPT:
            click.echo(f"{'':18} `tollens data fetch {data_set.name}` replaces it")
        elif state is downloads.State.ABSENT and verbose:
            click.echo(f"{'':18} {by_itself}`tollens data fetch {data_set.name}`")
    return [status.state.name for status in found]
