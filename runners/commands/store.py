"""tollens store"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.commands.options import (
    epoch_option,
    load_registry,
    open_store,
    registry_option,
    store_option,
    tell_of_absent,
    tier_option,
)

if TYPE_CHECKING:
    from runners.records.store import Store


@click.command("store")
@click.option("--prune", is_flag=True, help="Name what no claim uses, and remove it if --no-dry-run says so.")
@click.option("--dry-run/--no-dry-run", default=True, show_default=True, help="Remove nothing.")
@click.option("--unknown", is_flag=True, help="Prune also records of experiments that the registry does not have.")
@click.option(
    "--pack",
    "pack_into",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the records behind the verdicts at --tier into a zip archive, beside those that it has; from it they "
    "can be judged again.",
)
@click.option(
    "--pictures/--no-pictures",
    default=True,
    show_default=True,
    help="Pack also what no verdict rests on and pages draw. Of an epoch that replicates another, verdicts may do.",
)
@tier_option("standard")
@store_option
@epoch_option
@registry_option
def command(
    prune: bool,
    dry_run: bool,
    unknown: bool,
    pack_into: Path | None,
    pictures: bool,
    tier: str,
    store: str,
    epoch_name: str | None,
    extra: tuple[Path, ...],
) -> None:
    """Say what a store holds and how large it is; with --prune, what no claim of the registry uses.

    Name with --registry every registry whose records lie here: those of experiments that are not known are kept unless
    --unknown says otherwise.
    """
    tell_of_absent(store)
    records = open_store(store)
    if pack_into is not None:
        _pack(records, pack_into, tier, epoch_name, extra, pictures=pictures)
        return
    if not prune:
        _sizes(records)
        return
    registry = load_registry(extra, whole=True)

    from runners.upkeep.pruning import UNKNOWN, remove, unused

    found = unused(records, registry)
    kept = [file for file in found if file.reason == UNKNOWN and not unknown]
    going = [file for file in found if file not in kept]
    for file in going:
        click.echo(f"{file.path}  {file.bytes:,} bytes  {file.reason}")
    for reason, count in Counter(file.reason for file in found).items():
        freed = sum(file.bytes for file in found if file.reason == reason)
        stays = " (kept; --unknown prunes them, too)" if reason == UNKNOWN and not unknown else ""
        click.echo(f"{count} files, {freed:,} bytes, {reason}{stays}")
    if not going:
        click.echo("Nothing to prune.")
    elif dry_run:
        click.echo(f"{len(going)} files would be removed; --no-dry-run removes them.")
    else:
        remove(records, going)
        click.echo(f"{len(going)} files removed.")


def _pack(
    records: Store, file: Path, tier: str, epoch_name: str | None, extra: tuple[Path, ...], *, pictures: bool
) -> None:
    from runners.commands.judge import stored_judge
    from runners.records.published import WithPublished
    from runners.upkeep.packing import pack

    if file.exists():  # what goes on from its records is judged with them
        records = WithPublished(records.address, file)
    registry = load_registry(extra, whole=True)
    count = pack(stored_judge(registry, tier, records, epoch_name), registry.falsifiable, file, pictures=pictures)
    click.echo(f"{count} records, {file.stat().st_size:,} bytes: judge them with --store zip://::{file}")


def _sizes(records) -> None:
    from runners.upkeep.pruning import sizes

    found = sizes(records)
    width = max((len(size.what) for size in found), default=0)
    for size in found:
        click.echo(f"{size.what:{width}}  {size.files:6} files  {size.bytes:14,} bytes")
    total = sum(size.bytes for size in found)
    click.echo(f"{records}: {sum(size.files for size in found)} files, {total:,} bytes")
