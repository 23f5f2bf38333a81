"""A registry after loading: what its files say, and where they say it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from runners.registry.document import Position, closest
from runners.registry.mistakes import KeyPath, Mistake, dotted
from runners.registry.names import search_path
from runners.registry.schema import Claim, Experiment, Unfalsifiable


@dataclass(frozen=True)
class LoadedRegistry:
    """Experiments and claims of one or several files."""

    experiments: Mapping[str, Experiment]
    claims: Mapping[str, Claim | Unfalsifiable]
    files: tuple[Path, ...]
    positions: Mapping[KeyPath, Position] = field(repr=False)
    """Where each value was written, by its path: `("claims", name, "agreement", "within")`."""
    invalid: frozenset[KeyPath] = frozenset()
    """Entries that are written but not valid; only while mistakes are collected."""
    aside: Mapping[KeyPath, tuple[Mistake, ...]] = field(default_factory=dict)
    """Entries that are left out, `("claims", name)`, with what is wrong with each."""

    @cached_property
    def search_path(self) -> list[str]:
        """Folders in which dotted names are looked up: those of the files, then the project's own."""
        return search_path(self.files)

    @property
    def falsifiable(self) -> dict[str, Claim]:
        """The claims that can be run and judged."""
        return {name: claim for name, claim in self.claims.items() if isinstance(claim, Claim)}

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
        return replace(self, claims=kept, experiments=experiments)

    def located(self, *path: str | int) -> Position:
        """File, line and column of a value, or of the closest enclosing one: `located("claims", name)`."""
        return closest(self.positions, path, Position(str(self.files[0]), 1, 1))

    def mistake(self, path: KeyPath, problem: str, remedy: str = "", *, sets_aside: bool = False) -> Mistake:
        at = self.located(*path)
        return Mistake(at.file, at.line, at.column, dotted(path), problem, remedy, sets_aside)
