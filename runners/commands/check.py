"""tollens check"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.commands import options
from runners.commands.options import USAGE, load_registry, registry_option

if TYPE_CHECKING:
    from runners.registry.loaded import LoadedRegistry


@click.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
@registry_option
@click.option(
    "--deep", is_flag=True, help="Also import the modules and compute what can be predicted before measuring."
)
def command(files: tuple[Path, ...], extra: tuple[Path, ...], deep: bool) -> None:
    """Check the registry: every mistake with its place and what to do. Exit code 2 if there are any.

    A FILE is a registry beside the project's own, as with --registry. Says for each claim (of the files, if any are
    named) what deviation its trials could detect, and warns where they are unlikely to decide, and of claims that are
    not sealed as they stand.
    """
    own = options.own_registry().resolve()
    extra = tuple(file for file in dict.fromkeys((*extra, *files)) if file.resolve() != own)
    registry = load_registry(extra, whole=True)  # the shallow checks are part of loading
    if deep:
        from runners.registry.checks import check

        mistakes = check(registry, deep=True)
        for mistake in mistakes:
            click.echo(str(mistake), err=True)
        if mistakes:
            sys.exit(USAGE)
    _describe_power(registry, own=not extra)
    _warn_of_broken_seals(registry)
    click.echo(f"{len(registry.claims)} claims on {len(registry.experiments)} experiments: no mistakes.")


def _describe_power(registry: LoadedRegistry, *, own: bool) -> None:
    """A line for each claim, with the tiers that see the same; then what is honest, but unlikely to decide.

    The claims of registries that are named besides speak for themselves: without `own`, the project's are left out.
    """
    from runners.judging.power import powers, warnings

    lines: dict[tuple[str, str], list[str]] = {}
    files = {str(file) for file in registry.files[0 if own else 1 :]}
    for power in powers(registry):
        if registry.located("claims", power.claim).file not in files:
            continue
        lines.setdefault((power.claim, power.sentence), []).append(power.tier)
    width = max((len(claim) for claim, _ in lines), default=0)
    for (claim, sentence), tiers in lines.items():
        click.echo(f"{claim:{width}}  {', '.join(tiers)}: {sentence}")
    for warning in warnings(registry):
        if warning.file in files:
            click.echo(f"warning: {warning}", err=True)


def _warn_of_broken_seals(registry: LoadedRegistry) -> None:
    from runners.records.seals import broken, lock_in_force

    for name, what in broken(registry, lock_in_force(registry.files)).items():
        place = registry.located("claims", name)
        click.echo(f"warning: {place}: {name} {what}; seal it with `tollens lock` before it is measured", err=True)
