"""tollens merge"""

from __future__ import annotations

import sys

import click

from runners.commands.options import INCOMPLETE, USAGE


@click.command("merge")
@click.argument("sources", nargs=-1, required=True, metavar="FROM...")
@click.argument("target", metavar="INTO")
def command(sources: tuple[str, ...], target: str) -> None:
    """Copy the records, locks and errors that store INTO lacks from other stores: folders or fsspec addresses.

    Nothing that INTO holds is changed, so the same command can be given again. What is damaged is not copied: exit
    code 3 then.
    """
    from runners.printable import printable
    from runners.records.store import Store
    from runners.upkeep.merging import files, merge

    into, failed = Store(target), False
    for address in sources:
        source = Store(address)
        if not any(files(source)):
            click.echo(f"{address} holds no store: it has no records, errors or locks.", err=True)
            sys.exit(USAGE)
        done = merge(source, into)
        click.echo(f"{address}: {done.copied} records copied, {done.present} were there.")
        for damage in done.damaged:
            click.echo(f"not copied: {printable(damage)}", err=True)
        failed |= bool(done.damaged)
        if done.differing:
            some = ", ".join(done.differing[:5]) + (" ..." if len(done.differing) > 5 else "")
            click.echo(
                f"{len(done.differing)} records differ, as other processors compute other last bits; "
                f"{target} keeps its own: {some}",
                err=True,
            )
    if failed:
        sys.exit(INCOMPLETE)
