"""tollens check"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.commands.options import USAGE, load_registry, moved_on_records, registry_option, select_claims
from runners.measuring.profiles import THREADS

if TYPE_CHECKING:
    from runners.registry.loaded import LoadedRegistry
    from runners.registry.mistakes import Mistake


@click.command("check")
@click.argument("wanted", nargs=-1, metavar="[FILE|CLAIM|THEORY|STRAND|GLOB]...")
@registry_option
@click.option(
    "--deep",
    is_flag=True,
    help="Also import the modules and compute what can be predicted before measuring; of a FILE or of named claims, "
    "measure a few trials: whether each is what its own seed makes of it.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say for each claim what deviation its trials could detect.")
def command(wanted: tuple[str, ...], extra: tuple[Path, ...], deep: bool, verbose: bool) -> None:
    """Check the registry: every mistake with its place and what to do. Exit code 2 if there are any.

    Warns of trials that are unlikely to decide, and of claims that are not sealed as they stand. A FILE is a registry
    beside the project's own, as with --registry; then the warnings are about its claims. Claims that are named are told
    of alone: what deviation their trials could detect, and the warnings. Mistakes are named wherever they are.

    --deep imports and computes those of a FILE or of named claims alone, and measures a few of their trials. Of the
    whole project it measures none: that takes minutes, and a test does so.
    """
    if deep:
        os.environ.update(dict.fromkeys(THREADS, "1"))  # before numpy is loaded
    files = [*extra, *(Path(name) for name in wanted if _is_file(name))]
    names = tuple(name for name in wanted if not _is_file(name))
    registry = load_registry(tuple(files), whole=True)  # the shallow checks are part of loading
    told = registry.only(_told_of(registry, names, files))
    if deep:
        from runners.registry.checks import check
        from runners.registry.mistakes import once

        chosen = bool(names or files)
        mistakes = once(check(registry, deep=True, claims=told.claims if chosen else None))
        mistakes = mistakes or (_breaches(told) if chosen else _misreadings(registry))
        for mistake in mistakes:
            click.echo(str(mistake), err=True)
        if mistakes:
            sys.exit(USAGE)
    if verbose or names:
        _describe_power(told)
        _describe_controls(told, deep=deep)
    _warn(told, deep=deep)
    more = f" Told of here: {len(told.claims)}." if names else ""
    click.echo(f"{len(registry.claims)} claims on {len(registry.experiments)} experiments: no mistakes.{more}")


def _breaches(registry: LoadedRegistry) -> list[Mistake]:
    """Where experiments, theories and domains break their contract; says which could not be looked into.

    Warns of what rounding alone tells apart.
    """
    from runners.authoring.contracts import Absent, Rounded, breaches, misreadings, unprepared_ends

    mistakes: list[Mistake] = []
    for it in (*breaches(registry), *misreadings(registry), *unprepared_ends(registry)):
        if isinstance(it, Absent):
            click.echo(f"{it.experiment} is not measured: {it.reason}", err=True)
        elif isinstance(it, Rounded):
            place = registry.located("experiments", it.experiment)
            click.echo(f"warning: {place}: {it.experiment}: {it.where}", err=True)
        else:
            mistakes.append(it)
    return mistakes


def _misreadings(registry: LoadedRegistry) -> list[Mistake]:
    from runners.authoring.contracts import misreadings

    return list(misreadings(registry))


def _is_file(name: str) -> bool:
    """Whether an argument means a registry's file, and not claims."""
    return Path(name).suffix in (".yaml", ".yml") or Path(name).is_file()


def _told_of(registry: LoadedRegistry, names: tuple[str, ...], files: Sequence[Path]) -> list[str]:
    """The claims that are named; else those of the files that are named, and the project's if none is."""
    if names:
        return select_claims(registry, names)
    named = {file.resolve() for file in files} or {registry.files[0].resolve()}
    return [
        name
        for name in registry.claims
        if not named.isdisjoint({registry.home(name).resolve(), Path(registry.located("claims", name).file).resolve()})
    ]


def _describe_power(registry: LoadedRegistry) -> None:
    """A line for each claim, with the tiers that see the same."""
    from runners.judging.power import powers

    lines: dict[tuple[str, str], list[str]] = {}
    for name, tier, power in powers(registry):
        lines.setdefault((name, power.sentence), []).append(tier)
    width = max((len(claim) for claim, _ in lines), default=0)
    for (claim, sentence), tiers in lines.items():
        click.echo(f"{claim:{width}}  {', '.join(tiers)}: {sentence}")


def _describe_controls(registry: LoadedRegistry, *, deep: bool) -> None:
    """A line for each claim whose nearest control that must fail is known before measuring."""
    from runners.registry.foresight import nearest_controls
    from runners.registry.lookup import Lookup

    for name, widths in nearest_controls(Lookup(registry), deep=deep).items():
        why = registry.falsifiable[name].none_nearer
        told = f"; none nearer: {why}" if why else ""
        click.echo(f"{name}  nearest control that must fail: {widths:.1f} widths of T away{told}")


def _warn(registry: LoadedRegistry, *, deep: bool) -> None:
    """Of what is honest, but unlikely to decide; and of claims that are not sealed as they stand."""
    from runners.judging.power import warnings
    from runners.records.seals import broken, lock_in_force, marks_taken_off, other_expectations
    from runners.registry.experiment_checks import restated_constants
    from runners.registry.foresight import far_controls

    found = [
        *warnings(registry),
        *restated_constants(registry),
        *far_controls(registry, deep=deep),
    ]
    for warning in found:
        click.echo(f"warning: {warning}", err=True)
    for name, what in moved_on_records(registry).items():
        click.echo(f"warning: {registry.located('claims', name)}: {name}: {what}", err=True)
    lock = lock_in_force(registry.files)
    for name, what in marks_taken_off(registry, lock).items():
        click.echo(f"warning: {registry.located('claims', name)}: {name} {what}", err=True)
    changed = broken(registry, lock)
    old = [name for name in changed if name in lock["claims"] and lock["claims"][name]["seal"] is None]
    told = [(name, what, "") for name, what in [*changed.items(), *other_expectations(registry, lock).items()]]
    if len(old) > 1:  # all in one line
        more = f" (and {len(old) - 1} more like it)"
        told = [(old[0], changed[old[0]], more), *(line for line in told if line[0] not in old)]
    for name, what, more in told:
        place = registry.located("claims", name)
        click.echo(
            f"warning: {place}: {name} {what}{more}; seal it with `tollens lock` before it is measured", err=True
        )
