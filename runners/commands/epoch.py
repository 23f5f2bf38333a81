"""tollens epoch"""

from __future__ import annotations

import secrets
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import click

from runners.commands.options import USAGE, own_registry

SECRETS = ".tollens/secrets"


@click.group("epoch")
def command() -> None:
    """List, announce and open epochs: the names with a salt from which seeds and draws derive.

    Announce an epoch when the claims are sealed; open it when its salt has become known. Everything that is measured
    afterwards uses seeds that nobody could have seen before.
    """


def registry_file_option(of: click.decorators.FC) -> click.decorators.FC:
    return click.option(
        "--registry",
        "registry",
        type=click.Path(path_type=Path, dir_okay=False, exists=True),
        help="The registry beside which epochs.yaml lies; default: the project's own.",
    )(of)


@command.command("list")
@registry_file_option
def list_epochs(registry: Path | None) -> None:
    """Every epoch: when it was announced, where its salt comes from, and whether it is open."""
    from runners.records.epochs import announced

    found = announced(registry or own_registry())
    for name, entry in found.items():
        where = f"{entry.beacon.name}, round {entry.beacon.round}" if entry.beacon else "a secret committed to"
        salt = f"salt {entry.salt[:12]}..." if entry.salt else "not open yet"
        click.echo(f"{name}  announced {entry.announced} on lock {entry.lock[:12]}  {where}: {salt}")
    if not found:
        click.echo("No epochs: seeds are public. `tollens epoch announce NAME` begins one.")


@command.command("announce")
@click.argument("name")
@click.option("--beacon", metavar="NAME", help="Public beacon whose later round gives the salt, as 'drand quicknet'.")
@click.option("--round", "number", type=click.IntRange(1), help="That round; it must lie in the future.")
@registry_file_option
def announce_epoch(name: str, beacon: str | None, number: int | None, registry: Path | None) -> None:
    """Fix the seals that an epoch will test, before its salt can be known.

    Without --beacon a secret is drawn: its SHA-256 is published in epochs.yaml, itself is kept beside the store.
    """
    from runners.records import epochs
    from runners.records.seals import lock_file, read_lock

    registry = registry or own_registry()
    if (beacon is None) != (number is None):
        raise click.UsageError("A beacon needs a round, and a round a beacon.")
    if name in epochs.announced(registry):
        raise click.UsageError(f"The epoch {name} is announced already.")
    if not epochs.is_name(name):
        raise click.UsageError(f"{name!r} is no name for an epoch; use lower case letters, digits, dots and hyphens.")
    lock = read_lock(lock_file(registry))
    if not lock["claims"]:
        raise click.UsageError(f"{lock_file(registry)} seals no claims; `tollens lock` does.")
    today, root = datetime.now(UTC).date().isoformat(), epochs.root(lock)
    if beacon is None or number is None:
        secret = secrets.token_hex(32)
        kept = Path(SECRETS, name)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secret)
        entry = epochs.Announced(announced=today, lock=root, commitment=sha256(secret.encode()).hexdigest())
        told = f"the secret lies in {kept}; keep it until the epoch opens"
    else:
        entry = epochs.Announced(announced=today, lock=root, beacon=epochs.Beacon(name=beacon, round=number))
        told = f"its salt will come from round {number} of {beacon}"
    copy = epochs.lock_copy(registry, name)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(lock_file(registry).read_bytes())
    epochs.announce(registry, name, entry)
    click.echo(f"{name} is announced on {len(lock['claims'])} seals, root {entry.lock[:12]}; {told}.")
    click.echo(f"Publish {registry.parent / epochs.FILE} and {copy} now, so that others can see what was fixed.")


@command.command("open")
@click.argument("name")
@click.option("--value", metavar="HEX", help="The beacon's value in that round.")
@registry_file_option
def open_epoch(name: str, value: str | None, registry: Path | None) -> None:
    """Let an epoch's salt be known: reveal its secret, or enter the beacon's value."""
    from runners.records import epochs

    registry = registry or own_registry()
    entry = epochs.announced(registry).get(name)
    if entry is None:
        raise click.UsageError(f"No epoch {name} is announced; `tollens epoch announce {name}` does.")
    if entry.salt is not None:
        raise click.UsageError(f"The epoch {name} is open already.")
    if entry.beacon:
        if value is None or not all(digit in "0123456789abcdef" for digit in value):
            source = f"round {entry.beacon.round} of {entry.beacon.name}"
            raise click.UsageError(f"Give the value of {source} in lower-case hexadecimal digits: --value HEX")
        opened = entry.model_copy(update={"beacon": entry.beacon.model_copy(update={"value": value})})
    else:
        kept = Path(SECRETS, name)
        if not kept.is_file():
            click.echo(f"There is no {kept}: the epoch can be opened only where its secret lies.", err=True)
            sys.exit(USAGE)
        opened = epochs.Announced(**entry.model_dump(exclude={"beacon"}, exclude_none=True), secret=kept.read_text())
    epochs.announce(registry, name, opened)
    click.echo(f"{name} is open, salt {(opened.salt or '')[:12]}...; runs use it from now on.")
