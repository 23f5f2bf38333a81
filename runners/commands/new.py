"""tollens new"""

from __future__ import annotations

import importlib.util
import keyword
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runners.commands import options
from runners.commands.options import load_registry, registry_option

if TYPE_CHECKING:
    from runners.authoring.skeletons import Given
    from runners.registry.loaded import LoadedRegistry
    from runners.registry.schema import Experiment


@click.command("new")
@click.argument("claim")
@click.option("--experiment", metavar="NAME", help="An existing experiment, whose measurements the claim is about.")
@click.option("--phenomenon", metavar="NAME", help="A new folder, with a small experiment that runs as it is.")
@click.option("--measured", metavar="NAME", help="Observable that the claim is about; default: the first scalar.")
@registry_option
def command(
    claim: str, experiment: str | None, phenomenon: str | None, measured: str | None, extra: tuple[Path, ...]
) -> None:
    """Begin a claim: its entry in the registry, its theory and a test, with all that is still to be filled in marked.

    Without --registry the claim goes into the folder of its phenomenon (in a checkout of the project); with it, into
    that file and the folder where it lies. `tollens check` names what is missing, `tollens try CLAIM` tries it out;
    what is unfinished cannot be locked.
    """
    if (experiment is None) == (phenomenon is None):
        raise click.UsageError("Name either --experiment EXISTING or --phenomenon NAME.")
    _check_name("CLAIM", claim)
    if phenomenon:
        _check_name("--phenomenon", phenomenon)
    place = _Place(extra[-1] if extra else None)
    registry = load_registry(tuple(file for file in extra if file.exists()), drafts=True)
    if ("claims", claim) in registry.positions:
        raise click.UsageError(f"{claim} exists already, at {registry.located('claims', claim)}.")
    if phenomenon:
        experiment = _new_phenomenon(place, registry, phenomenon)
        registry = load_registry(tuple(file for file in extra if file.exists()), drafts=True)
    assert experiment is not None
    from runners.authoring.drafts import first_scalar
    from runners.registry.mistakes import suggestion

    if experiment not in registry.experiments:
        raise click.UsageError(f"No experiment {experiment}: {suggestion(experiment, registry.experiments)}")
    observables = registry.experiments[experiment].observables
    measured = measured or first_scalar(registry.experiments[experiment])
    if measured not in observables:
        raise click.UsageError(f"{experiment} declares no observable {measured}: {suggestion(measured, observables)}")
    _new_claim(place, registry, claim, experiment, measured, folder=phenomenon)
    click.echo(
        f"\nNext: fill in what says ???, `tollens check{place.option}` names it line by line; then\n"
        f"`tollens try {claim}{place.option}` runs a few trials, and `tollens lock{place.option}` seals the claim."
    )


class _Place:
    """Where new files go: into the project's folders, or beside a registry of one's own."""

    def __init__(self, registry: Path | None):
        from runners.registry.names import ROOT

        self.own = registry is None
        if registry is None:
            self.registry = options.own_registry()
            here = Path.cwd().resolve()
            if self.registry.resolve().parent != ROOT or not here.is_relative_to(ROOT):
                raise click.UsageError(
                    "This folder is no checkout of the project; name a registry of your own: --registry claims.yaml"
                )
        else:
            self.registry = registry
        self.folder = self.registry.parent
        self.room: str | None = None
        """The package of the phenomenon that gets the entries, if the registry lists phenomena."""
        self.option = "" if self.own else f" --registry {self.registry}"

    @property
    def claims(self) -> Path:
        """The file that gets the entries."""
        from runners.registry.contents import CLAIMS

        return self.folder.joinpath(*self.room.split("."), CLAIMS) if self.room else self.registry

    def theory(self, name: str, phenomenon: str | None) -> str:
        """Dotted name of the module that gets a theory: that of the phenomenon, or a new one beside the registry."""
        package = self.room or (self.package(phenomenon) if phenomenon else "")
        return f"{package}.theory" if package else f"{name}_theory"

    def package(self, phenomenon: str) -> str:
        name = phenomenon.replace("-", "_")
        return f"predictions.{name}" if self.own else name

    def module(self, dotted: str) -> Path:
        return self.folder.joinpath(*dotted.split(".")).with_suffix(".py")

    def test(self, dotted: str, name: str) -> Path:
        if not self.own:
            return self.folder / f"test_{name}.py"
        return self.folder / "tests" / Path(*dotted.split(".")[:-1]) / f"test_{name}.py"

    def write(self, file: Path, text: str) -> None:
        if file.exists():
            raise click.UsageError(f"{file} exists already; rename it, or choose another name.")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        click.echo(f"{file}: written")

    def add(self, file: Path, name: str, function: str) -> None:
        """Write a theory function at the end of its module, which is begun if it is not there."""
        from runners.authoring.skeletons import THEORY
        from runners.registry.syntax import source

        if not file.exists():
            self.write(file, f"{THEORY}\n\n{function}")
        elif name in source(file).definitions():
            raise click.UsageError(f"{file} defines {name} already; choose another name for the claim.")
        else:
            file.write_text(f"{file.read_text(encoding='utf-8').rstrip()}\n\n\n{function}", encoding="utf-8")
            click.echo(f"{file}: {name} added")

    def insert(self, section: str, entry: str, file: Path | None = None) -> None:
        """Add an entry to a section of a file, by default of that of the claims."""
        from runners.authoring.drafts import SCHEMA, insert

        file = file or self.claims
        file.parent.mkdir(parents=True, exist_ok=True)
        begun, schema = not file.exists(), self.folder / SCHEMA
        line = insert(file, section, entry, schema=schema)
        click.echo(f"{file}:{line}: {'phenomenon' if section == 'phenomena' else section[:-1]} added")
        if begun and not schema.exists():
            import json

            from runners.registry.schema import json_schema

            self.write(schema, json.dumps(json_schema(), indent=2) + "\n")


def _new_phenomenon(place: _Place, registry: LoadedRegistry, phenomenon: str) -> str:
    """Folder, experiment and its test; the experiment's name."""
    from runners.authoring import skeletons
    from runners.authoring.drafts import experiment_entry

    top = place.package(phenomenon).partition(".")[0]
    hidden = importlib.util.find_spec(top) if not place.own else None
    if hidden and not Path(hidden.origin or place.folder).resolve().is_relative_to(place.folder.resolve()):
        raise click.UsageError(
            f"A folder {top} would hide the module {top} of Python or of a library; name it otherwise."
        )
    if ("experiments", phenomenon) in registry.positions:
        raise click.UsageError(f"An experiment {phenomenon} exists already; use --experiment {phenomenon}.")
    package, name = place.package(phenomenon), phenomenon.replace("-", "_")
    module = f"{package}.experiment"
    place.write(
        place.module(f"{package}.__init__"), skeletons.CONTENTS.format(phenomenon.replace("-", " ").capitalize())
    )
    place.write(place.module(module), skeletons.EXPERIMENT)
    place.write(place.test(module, f"{name}_experiment"), skeletons.experiment_test(module, phenomenon))
    if place.own or any(room.contents == place.registry for room in registry.rooms):
        place.room = package
        words = phenomenon.replace("-", " ").capitalize()
        place.insert("phenomena", f"  {package}: {words}, in a sentence.", place.registry)
    place.insert("experiments", experiment_entry(phenomenon, module, skeletons.EXPERIMENT_ENTRY))
    return phenomenon


def _new_claim(
    place: _Place, registry: LoadedRegistry, claim: str, experiment: str, measured: str, *, folder: str | None
) -> None:
    from runners.authoring import skeletons
    from runners.authoring.drafts import claim_entry

    measures = registry.experiments[experiment]
    written = Path(registry.located("experiments", experiment).file)
    place.room = next(
        (room.package for room in registry.rooms if (room.file, room.contents) == (written, place.registry)), None
    )
    function = claim.replace("-", "_")
    module = place.theory(function, folder)
    setting, given = _example(registry, experiment)
    place.add(place.module(module), function, skeletons.theory(function, measured, measures, given))
    place.write(place.test(module, function), skeletons.theory_test(module, function, setting, given))
    strands = {it.strand for it in registry.falsifiable.values() if it.experiment == experiment}
    strand = strands.pop() if len(strands) == 1 else None
    predicted = f"{module}:{function}"
    place.insert("claims", claim_entry(claim, experiment, measures, measured, predicted=predicted, strand=strand))


def _example(registry: LoadedRegistry, experiment: str) -> tuple[dict[str, Any], Given | str]:
    """A setting of the experiment, and the shapes of what it gives there; or why it gives nothing here."""
    from runners.authoring.exploring import explored_given
    from runners.registry import grid

    measures: Experiment = registry.experiments[experiment]
    tier = next(iter(measures.tiers))
    condition = next(iter(grid.conditions(measures, tier)), grid.conditions(measures, None)[0])
    setting = {**condition, **measures.tiers[tier].constants}
    try:
        given = explored_given(registry, experiment, condition, tier)
    except Exception as error:  # data that are missing, a bug: the claim can be begun all the same
        return setting, f"not to be had here: {type(error).__name__}: {error}"
    return setting, {name: array.shape[1:] for name, array in given.items()}


def _check_name(what: str, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise click.UsageError(f"{what}: {name!r} is no name; use lower case letters, digits and hyphens.")
    if keyword.iskeyword(name):
        raise click.UsageError(f"{what}: {name!r} is a word of Python; a function cannot be called so.")
