"""tollens lock"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from runners.commands.options import (
    INCOMPLETE,
    epoch_of,
    load_registry,
    moved_on_records,
    registry_option,
    tell_of_late_seals,
)
from runners.printable import counted


@click.command("lock")
@registry_option
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; exit with 3 if a claim is not sealed as it stands."
)
def command(extra: tuple[Path, ...], only_check: bool) -> None:
    """Seal every claim as it stands, before it is measured. Claims that have not changed keep their date.

    Sealed is what decides the verdict: the claim's fields, the conditions and observables that it selects, and the
    definitions that it reaches (`tollens show CLAIM --code` lists them); each tier has a digest of its own.

    Each registry has its own lock beside it (registry.yaml: registry.lock), also for the phenomena that it lists.
    """
    from runners.records.seals import (
        broken,
        lock_file,
        lock_in_force,
        marks_taken_off,
        other_expectations,
        read_lock,
        sealed,
        write_lock,
    )

    registry = load_registry(extra, whole=True)
    before = lock_in_force(registry.files)
    changed, expected = broken(registry, before), other_expectations(registry, before)
    unmarked = marks_taken_off(registry, before)
    for name, what in [*changed.items(), *expected.items(), *unmarked.items()]:
        click.echo(f"{registry.located('claims', name)}: {name} {what}", err=only_check)
    for name, what in moved_on_records(registry).items():
        click.echo(f"warning: {registry.located('claims', name)}: {name}: {what}", err=True)
    if only_check:
        sys.exit(INCOMPLETE if changed or expected or unmarked else 0)
    today = datetime.now(UTC).date()
    for file in registry.files:
        claims = [name for name in registry.claims if registry.home(name) == file]
        write_lock(lock_file(file), sealed(registry, claims, read_lock(lock_file(file)), today=today))
    click.echo(f"{counted(len(changed), 'claim')} sealed anew, {len(registry.claims) - len(changed)} unchanged.")
    if changed:
        tell_of_late_seals(registry, changed, epoch_of(registry, None))
