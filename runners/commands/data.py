"""tollens data"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from runners.commands.options import INCOMPLETE, load_registry

if TYPE_CHECKING:
    from predictions.data.fetching import Status


@click.group("data", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Data sets that are not shipped: a line each, with size, licence, claims that need them, and what they hold.

    Files lie in the folder that TOLLENS_DATA names, or else in the user's cache.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_data)


@command.command("list")
def list_data() -> None:
    """A line a data set: whether it is here, its size and licence, how many claims need it, what it holds."""
    from predictions.data import fetching

    found, needed = fetching.status(), _claims_by_data_set()
    name, licence = (max(len(getattr(each.data_set, field)) for each in found) for field in ("name", "licence"))
    for each in found:
        data_set, size = each.data_set, f"{each.data_set.bytes / 1e6:.2f} MB"
        state, claims = each.state.name.lower(), _count(needed.get(data_set.name, []), "claim")
        facts = f"{data_set.name:{name}}  {state:7}  {size:>9}  {data_set.licence:{licence}}  {claims:>9}"
        click.echo(f"{facts}  {data_set.about}")
    if any(each.state is not fetching.State.PRESENT for each in found):
        click.echo("`tollens data fetch NAME` brings one, `tollens data show NAME` says where it is from")


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """All of one data set: paper, licence, address, SHA-256, claims that need it, where it lies or how to get it."""
    from predictions.data import fetching

    for each in fetching.status():
        if each.data_set.name == name:
            data_set = each.data_set
            click.echo(f"{name}: {data_set.about}")
            click.echo(f"paper    {data_set.paper}")
            click.echo(f"licence  {data_set.licence}")
            click.echo(f"from     {data_set.address} ({_count(data_set.downloads, 'file')}, {data_set.bytes:,} bytes)")
            click.echo(f"SHA-256  {data_set.sha256}")
            click.echo(f"for      {', '.join(_claims_by_data_set().get(name, ['no claim yet']))}")
            click.echo(f"here     {_finding(each)}")
            return
    raise click.UsageError(f"no data set is called {name!r}; there are {', '.join(fetching.catalogue())}")


@command.command("verify")
def verify() -> None:
    """Check the SHA-256 of every file that is here; exit code 3 if one is corrupt."""
    from predictions.data import fetching

    found = fetching.status()
    for each in found:
        click.echo(f"{each.data_set.name}: {_finding(each)}")
    if any(each.state is fetching.State.CORRUPT for each in found):
        sys.exit(INCOMPLETE)


@command.command("fetch")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def fetch(names: tuple[str, ...]) -> None:
    """Download data sets (all, without a name); what is here and intact stays. Exit code 3 if one cannot be had."""
    from predictions.data import fetching
    from predictions.data.unavailable import Unavailable

    failed = False
    for name in names or fetching.catalogue():
        try:
            click.echo(f"{name}: {fetching.fetch(name)}")
        except KeyError as error:
            raise click.UsageError(str(error.args[0])) from None
        except Unavailable as error:
            click.echo(str(error), err=True)
            failed = True
    if failed:
        sys.exit(INCOMPLETE)


def _finding(status: Status) -> str:
    """Whether a data set is here, where, and what there is to do."""
    from predictions.data.fetching import State

    data_set, state = status.data_set, status.state
    place = f" ({status.path}, {status.size:,} bytes)" if status.path else ""
    ways = {
        State.PRESENT: "",
        State.CORRUPT: f"; `tollens data fetch {data_set.name}` replaces it",
        State.ABSENT: "; "
        + ("the first run that needs it fetches it, or " if data_set.by_run else "")
        + f"`tollens data fetch {data_set.name}`",
    }
    return f"{state.value}{place}{ways[state]}"


def _claims_by_data_set() -> dict[str, list[str]]:
    """The project's claims that are measured on a data set, or controlled on it."""
    registry = load_registry((), checked=False)
    found: dict[str, list[str]] = {}
    for name, claim in registry.falsifiable.items():
        experiments = {claim.experiment, *(control.experiment or claim.experiment for control in claim.controls)}
        for data_set in sorted({read for experiment in experiments for read in registry.experiments[experiment].reads}):
            found.setdefault(data_set, []).append(name)
    return found


def _count(items: list[str], noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"
