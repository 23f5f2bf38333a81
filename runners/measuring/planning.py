"""What has to be measured: the blocks of each condition that some claim looks at, and what they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

from runners.records.blocks import Block, DrawName, canonical
from runners.records.epochs import UNSALTED, Epoch
from runners.records.samples import lineage
from runners.records.seeds import Purpose
from runners.registry.coverage import Code
from runners.registry.files import digests, named
from runners.registry.loader import LoadedRegistry


@dataclass(frozen=True)
class Point:
    """One condition of one experiment: what blocks are made for."""

    experiment: str
    condition: Mapping[str, Any]

    @property
    def key(self) -> str:
        return canonical([self.experiment, dict(self.condition)])


class Planner:
    """Makes the blocks of a registry at one tier and in one epoch, for the code and the libraries that are here."""

    def __init__(self, registry: LoadedRegistry, tier: str, epoch: Epoch = UNSALTED):
        self.registry = registry
        self.tier = tier
        self.epoch = epoch
        self._origins: dict[str, Origin] = {}

    def blocks(self, point: Point, look: int) -> list[Block]:
        """The blocks that a look (from 1) adds to those of earlier looks."""
        tier = self.registry.experiments[point.experiment].tiers[self.tier]  # type: ignore[index]
        return [
            self.block(point, range(first, first + tier.block))
            for first in range(tier.trials[look - 2] if look > 1 else 0, tier.trials[look - 1], tier.block)
        ]

    def block(
        self,
        point: Point,
        repeats: range,
        *,
        purpose: Purpose = "record",
        constants: Mapping[str, Any] | None = None,
        draw: DrawName | None = None,
    ) -> Block:
        """One block of a condition, at the tier's constants or at others, on the experiment's seeds or a draw's."""
        experiment = self.registry.experiments[point.experiment]
        tier = experiment.tiers[self.tier]  # type: ignore[index]
        origin = self.origin(point.experiment)
        epoch = UNSALTED if purpose == "explore" else self.epoch
        return Block(
            experiment=point.experiment,
            module=experiment.module,
            condition=dict(point.condition),
            constants=dict(tier.constants if constants is None else constants),
            repeats=repeats,
            purpose=purpose,
            epoch=epoch.name,
            salt=epoch.salt,
            draw=draw,
            precision=experiment.precision,
            threads=tier.threads,
            code=origin.code,
            libraries=origin.libraries,
            files=self.files(point.experiment),
            observables={
                name: None if observable.shape is None else tuple(observable.shape)
                for name, observable in experiment.observables.items()
            },
            search_path=tuple(self.registry.search_path),
            resources=tier.resources,
            time_limit=tier.time_limit,
        )

    def looks(self, experiment: str) -> int:
        """How many looks an experiment's tier allows."""
        return len(self.registry.experiments[experiment].tiers[self.tier].trials)  # type: ignore[index]

    def origin(self, experiment: str) -> Origin:
        """Code and library versions behind an experiment."""
        module = self.registry.experiments[experiment].module
        if module not in self._origins:
            self._origins[module] = Origin.of(module, self.registry.code)
        return self._origins[module]

    def files(self, experiment: str) -> dict[str, str]:
        """SHA-256 of what an experiment reads: what it declares, and what its code names by its own place."""
        declared = digests(self.registry.experiments[experiment].reads, self.registry.search_path)
        return declared | named(self.origin(experiment).beside, self.registry.search_path)

    def lineages(self, experiments: Iterable[str]) -> Mapping[str, str]:
        """The lineage that a run would produce now, by experiment; what nobody asks for is not made."""
        return _Lineages(self, [it for it in experiments if self.tier in self.registry.experiments[it].tiers])

    def lineage_of(self, experiment: str) -> str:
        """The lineage that a run of an experiment would produce now."""
        entry, origin = self.registry.experiments[experiment], self.origin(experiment)
        return lineage(
            {
                "code": origin.code,
                "libraries": origin.libraries,
                "files": self.files(experiment),
                "precision": entry.precision,
                "threads": entry.tiers[self.tier].threads,  # type: ignore[index]
            }
        )


class _Lineages(Mapping[str, str]):
    """Lineages by experiment, each made when it is first asked for: whoever judges one claim follows one module."""

    def __init__(self, planner: Planner, experiments: Iterable[str]):
        self._planner = planner
        self._known: dict[str, str | None] = dict.fromkeys(experiments)

    def __getitem__(self, experiment: str) -> str:
        if (found := self._known[experiment]) is None:
            found = self._known[experiment] = self._planner.lineage_of(experiment)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


@dataclass(frozen=True)
class Origin:
    """Digest of what an experiment's `prepare` and `measure` reach, and the versions of the libraries used there."""

    code: str
    imports: tuple[str, ...]
    beside: Mapping[Path, str]
    """Files that these definitions name by their own place, with their SHA-256; they are in `code`, too."""

    @classmethod
    def of(cls, module: str, code: Code) -> Origin:
        covered = code.coverage({part: f"{module}:{part}" for part in ("prepare", "measure")})
        return cls(covered.digest, tuple(sorted(covered.libraries)), covered.files)

    @cached_property
    def libraries(self) -> dict[str, str]:
        """Versions by distribution name; JAX's numbers come from jaxlib, so that counts, too."""
        names = {distribution for name in self.imports for distribution in _distributions().get(name, [])}
        if "jax" in names:
            names.add("jaxlib")
        return {name: found for name in sorted(names) if (found := _version(name))}


_DISTRIBUTIONS: dict[str, list[str]] = {}


def _distributions() -> Mapping[str, list[str]]:
    if not _DISTRIBUTIONS:
        _DISTRIBUTIONS.update(packages_distributions())  # reads every installed package: once
    return _DISTRIBUTIONS


@cache
def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
