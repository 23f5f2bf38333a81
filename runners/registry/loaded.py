"""A registry after loading: what its files say, and where they say it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from runners.registry.coverage import Code
from runners.registry.document import Position, closest
from runners.registry.mistakes import KeyPath, Mistake, dotted
from runners.registry.names import search_path
from runners.registry.schema import Claim, Domain, Experiment, Unfalsifiable


@dataclass(frozen=True)
class Room:
    """A phenomenon: a package with a file of claims."""

    package: str
    sentence: str
    file: Path
    contents: Path
    """The table of contents that lists it."""

    @property
    def name(self) -> str:
        """`edge-of-stability` for `predictions.edge_of_stability`."""
        return self.package.rpartition(".")[2].replace("_", "-")


@dataclass(frozen=True)
class LoadedRegistry:
    """Experiments and claims of one or several files."""

    domains: Mapping[str, Domain]
    experiments: Mapping[str, Experiment]
    claims: Mapping[str, Claim | Unfalsifiable]
    files: tuple[Path, ...]
    """The files that were named: tables of contents, or registries of one file. A lock lies beside each."""
    positions: Mapping[KeyPath, Position] = field(repr=False)
    """Where each value was written, by its path: `("claims", name, "agreement", "within")`."""
    invalid: frozenset[KeyPath] = frozenset()
    """Entries that are written but not valid; only while mistakes are collected."""
    aside: Mapping[KeyPath, tuple[Mistake, ...]] = field(default_factory=dict)
    """Entries that are left out, `("claims", name)`, with what is wrong with each."""
    rooms: tuple[Room, ...] = ()
    """The phenomena of the tables of contents, in reading order."""

    @cached_property
    def search_path(self) -> list[str]:
        """Folders in which dotted names are looked up: those of the files, then the project's own."""
        return search_path(self.files)

    @cached_property
    def code(self) -> Code:
        """The modules in which its functions lie, as they were when they were first looked at."""
        return Code(self.search_path)

    @property
    def sources(self) -> tuple[Path, ...]:
        """Every file that was read, in reading order."""
        inside = {file: [room.file for room in self.rooms if room.contents == file] for file in self.files}
        return tuple(source for file in self.files for source in (file, *inside[file]))

    def room(self, claim: str) -> Room | None:
        """The phenomenon to which a claim belongs; None in a registry of one file."""
        place = self.located("claims", claim).file
        return next((room for room in self.rooms if str(room.file) == place), None)

    def home(self, claim: str) -> Path:
        """The named file through which a claim was read: its lock seals the claim."""
        room = self.room(claim)
        return room.contents if room else Path(self.located("claims", claim).file)

    def domain(self, claim: str) -> tuple[str, Domain] | None:
        """What a claim's test is drawn from, with the name from which its draws derive; None without a domain."""
        written = self.falsifiable[claim].domain
        if written is None:
            return None
        return (written, self.domains[written]) if isinstance(written, str) else (claim, written)

    @cached_property
    def falsifiable(self) -> dict[str, Claim]:
        """The claims that can be run and judged."""
        return {name: claim for name, claim in self.claims.items() if isinstance(claim, Claim)}

    @cached_property
    def superseded(self) -> dict[str, str]:
        """The claims that another one replaces, each with the first that does."""
        return {claim.supersedes: name for name, claim in reversed(self.falsifiable.items()) if claim.supersedes}

    def only(self, claims: Collection[str]) -> LoadedRegistry:
        """These claims, with the experiments that they and their controls look at."""
        kept = {name: claim for name, claim in self.claims.items() if name in claims}
        looked_at = {
            experiment
            for claim in kept.values()
            if isinstance(claim, Claim)
            for experiment in (claim.experiment, *(control.experiment for control in claim.controls))
        }
        experiments = {name: entry for name, entry in self.experiments.items() if name in looked_at}
        chosen = replace(self, claims=kept, experiments=experiments)
        chosen.__dict__["code"] = self.code  # the same code, read once
        return chosen

    def located(self, *path: str | int) -> Position:
        """File, line and column of a value, or of the closest enclosing one: `located("claims", name)`."""
        return closest(self.positions, path, Position(str(self.files[0]), 1, 1))

    def mistake(self, path: KeyPath, problem: str, remedy: str = "", *, sets_aside: bool = False) -> Mistake:
        at = self.located(*path)
        return Mistake(at.file, at.line, at.column, dotted(path), problem, remedy, sets_aside)
