"""Options and steps that several commands share."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.printable import counted
from runners.registry.tiers import TIERS

if TYPE_CHECKING:
    from runners.records.epochs import Epoch
    from runners.records.store import Store
    from runners.registry.loader import LoadedRegistry

DEFAULT_STORE = ".tollens/store"
USAGE, INCOMPLETE, CONTRADICTED = 2, 3, 1


def registry_option(command: Callable) -> Callable:
    return click.option(
        "--registry",
        "extra",
        multiple=True,
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Claims and experiments from outside the tree, beside the project's own; repeatable. It runs code.",
    )(command)


def default_store() -> str:
    return os.environ.get("TOLLENS_STORE", DEFAULT_STORE)


def store_option(command: Callable) -> Callable:
    return click.option(
        "--store",
        default=default_store,
        show_default=DEFAULT_STORE,
        metavar="ADDRESS",
        help="Folder or fsspec address of the records.",
    )(command)


def sealed_claims(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """For a shell that completes a claim: those of the project's lock, which is read in no time."""
    import json

    from runners.registry.names import ROOT

    try:
        names = json.loads(Path(ROOT, "registry.lock").read_text(encoding="utf-8"))["claims"]
    except (OSError, ValueError, KeyError):
        return []
    return [name for name in names if name.startswith(begun)]


def open_store(address: str, *, published: bool = False) -> Store:
    """The store at an address, with what is published beside it; what an earlier version left there is told."""
    if Path(address).is_file():
        raise click.UsageError(
            f"--store {address} is a file; a store is a folder, or an address like s3://bucket/folder"
        )
    from runners.records.published import PUBLISHED, WithPublished
    from runners.records.store import Store

    store = WithPublished(address) if published and PUBLISHED.exists() else Store(address)
    if told := store.told_of_earlier():
        click.echo(told, err=True)
    return store


def tell_of_absent(address: str, *, published: bool = False) -> None:
    """Say that there is no such folder here: another current directory has another default store."""
    from runners.records.published import PUBLISHED

    if "://" not in address and not Path(address).exists():
        instead = "the published records are read" if published and PUBLISHED.exists() else "name it with --store"
        click.echo(f"There is no store {address} here, in {Path.cwd()}; {instead}.", err=True)


def moved_on_records(registry: LoadedRegistry) -> dict[str, str]:
    """Claims whose sealed region was moved though their experiment is on record in the default store, and how."""
    from runners.records.seals import lock_in_force, moved_regions
    from runners.records.store import Store
    from runners.registry.schema import Claim

    address, found = default_store(), {}
    if "://" in address or not Path(address).is_dir():
        return {}
    for name, what in moved_regions(registry, lock_in_force(registry.files)).items():
        claim = registry.claims[name]
        assert isinstance(claim, Claim)
        if records := len(Store(address).recorded(claim.experiment)):
            seen = f"{counted(records, 'record')} of {claim.experiment} in {address} can have told where to"
            found[name] = f"{what}: its sealed region moved, and {seen}"
    return found


def tier_option(default: str) -> Callable[[Callable], Callable]:
    return click.option(
        "--tier",
        type=click.Choice(TIERS),
        default=default,
        show_default=True,
        help="Size: seconds a claim, a laptop's, hours of one, or a cluster's.",
    )


def epoch_option(command: Callable) -> Callable:
    return click.option(
        "--epoch",
        "epoch_name",
        metavar="NAME",
        help="Epoch whose seeds are used: one of epochs.yaml, or a week as in 2026-W48; default: the last one opened.",
    )(command)


def epoch_of(registry: LoadedRegistry, name: str | None) -> Epoch:
    """The epoch that is meant; exits where there is none of that name."""
    from runners.records.epochs import epoch
    from runners.registry.mistakes import RegistryError

    try:
        return epoch(registry.files, name)
    except (ValueError, RegistryError) as error:
        click.echo(str(error), err=True)
        sys.exit(USAGE)


def tell_of_late_seals(
    registry: LoadedRegistry, names: Iterable[str], epoch: Epoch, *, tier: str | None = None
) -> None:
    """Say which claims can be no more than postdictions in an epoch, sealed after it was announced, and the way out."""
    from runners.records.epochs import week
    from runners.records.seals import Sealing
    from runners.records.standing import sealed_late

    late = sealed_late(Sealing(registry), names, epoch, tier) if epoch.seals is not None else []
    if late:
        more = f" and {len(late) - 3} more" if len(late) > 3 else ""
        here = week(datetime.now(UTC).date())
        click.echo(
            f"{', '.join(late[:3])}{more}: sealed after the epoch {epoch.name} was announced, and so no more than "
            f"{'a postdiction' if len(late) == 1 else 'postdictions'} in it. Run with `--epoch {here}` for this week's "
            "seeds, which no record of the claim has used, or begin an epoch with `tollens epoch announce NAME`.",
            err=True,
        )


def own_registry() -> Path:
    """The project's registry: at the top of a checkout, or inside an installed package."""
    package = Path(__file__).resolve().parents[1]
    beside = package.parent / "registry.yaml"
    found = beside if beside.exists() else package / "registry.yaml"
    here = Path.cwd()
    return found.relative_to(here) if found.is_relative_to(here) else found


def registry_files(extra: Iterable[Path]) -> list[Path]:
    """The project's registry and those named besides; one that a table of contents lists is read through that."""
    from runners.registry.contents import contents_of

    own = own_registry()
    others = [contents_of(file) for file in extra]
    return [own, *dict.fromkeys(file for file in others if file.resolve() != own.resolve())]


def load_registry(
    extra: tuple[Path, ...],
    *,
    whole: bool = False,
    drafts: bool = False,
    checked: bool = True,
    claim: str | None = None,
    wanted: Sequence[str] = (),
) -> LoadedRegistry:
    """The project's registry and those named besides; exits with every mistake in them.

    If it need not be `whole`, unfinished entries and those whose modules are broken are set aside, and named. If it is
    for one `claim`, only the phenomenon is read to which that belongs; the rest, too, if there is no such claim. Where
    claims are `wanted`, nothing is said of others that are set aside.
    """
    from runners.registry.loader import load
    from runners.registry.mistakes import RegistryError
    from runners.selection import set_aside

    files = registry_files(extra)
    try:
        registry = load(files, whole=whole, drafts=drafts, checked=checked, needed=claim and [claim])
        if claim and ("claims", claim) not in registry.positions:
            registry = load(files, whole=whole, drafts=drafts, checked=checked)
    except RegistryError as error:
        click.echo(str(error), err=True)
        sys.exit(USAGE)
    gc.freeze()  # it stays: what looks for garbage need not look there, at the end of the process neither
    for folder in reversed(registry.search_path):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    if not drafts:
        meant = {("claims", name) for name in set_aside(registry, wanted)} if wanted else registry.aside.keys()
        for entry, mistakes in ((entry, it) for entry, it in registry.aside.items() if entry in meant):
            more = f" (and {len(mistakes) - 1} more: `tollens check` names them)" if len(mistakes) > 1 else ""
            click.echo(f"{mistakes[0]}{more}: {'.'.join(map(str, entry))} is set aside", err=True)
    return registry


def select_claims(registry: LoadedRegistry, wanted: tuple[str, ...]) -> list[str]:
    """The claims that the selectors mean; exits where one of them selects nothing."""
    from runners.selection import NothingSelected, Verdicts, select

    stored = Verdicts(click.get_current_context().params.get("store") or default_store())
    try:
        return select(registry, wanted, stored)
    except NothingSelected as error:
        click.echo(str(error), err=True)
        sys.exit(USAGE)


def left_out(registry: LoadedRegistry, wanted: tuple[str, ...]) -> bool:
    """Whether the selectors mean a claim, too, that is set aside: then not all of them is judged."""
    from runners.selection import set_aside

    return bool(set_aside(registry, wanted))
