"""What is put to the test: the sources of evidence, with the looks and the numbers of conditions of a registry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from runners.calibration import worlds
from runners.calibration.worlds import REGION, Shape
from runners.registry import grid
from runners.registry.evidence import source_of
from runners.registry.loaded import LoadedRegistry
from runners.registry.schema import Folded
from runners.rule.intervals import Share, Source, TypicalTrial
from runners.rule.looks import FEWEST_CLUSTERS, FEWEST_DRAWS
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples

TYPICAL, MEAN, SHARE, RESAMPLES = "typical trial", "mean", "share", "resamples"
_NAMES: Mapping[type[Source], str] = {TypicalTrial: TYPICAL, Mean: MEAN, Share: SHARE, Resamples: RESAMPLES}
LOOKS: Mapping[str, tuple[tuple[int, ...], ...]] = {
    TYPICAL: ((8,), (8, 16), (8, 16, 32)),
    MEAN: ((16,), (16, 32)),
    SHARE: ((16,), (24, 48)),
    RESAMPLES: ((80,), (400,)),
}
"""Looks that are always tested, whatever the registry uses."""
HEAVY_LOOKS: tuple[tuple[int, ...], ...] = ((16,), (16, 32), (16, 32, 64))
CLUSTERS = (FEWEST_CLUSTERS, 9, 17, 30)
UNEQUAL_CLUSTERS = (9, 17)
MOST_TRIALS = 1000
STATED_SHARE = 0.8

Looks = tuple[int, ...]


@dataclass(frozen=True)
class Family:
    """One source of evidence on noise of one shape: how trials are drawn, and where the target lies."""

    name: str
    shape: Shape
    source: Source
    clusters: int = 0
    """Of resampled data."""
    unequal: bool = False
    """Whether clusters differ in size."""

    @property
    def noise(self) -> str:
        """In words."""
        return self.shape.name + (", clusters of unequal size" if self.unequal else "")

    @property
    def heavy(self) -> bool:
        """Whether it is one of those that make a mean hard."""
        return self.shape.name in worlds.HEAVY

    def draw(
        self, generator: np.random.Generator, *, count: int, conditions: int, trials: int, correlation: float
    ) -> np.ndarray:
        """Noise (worlds, conditions, trials) around the target."""
        if self.name == RESAMPLES:
            several = [
                worlds.resampled_means(
                    self.shape,
                    generator,
                    worlds=count,
                    clusters=self.clusters,
                    resamples=trials,
                    unequal=self.unequal,
                )
                for _ in range(conditions)
            ]
            return np.concatenate(several, axis=1)
        draws = FEWEST_DRAWS if self.name == MEAN else 1
        return worlds.trials(
            self.shape,
            generator,
            worlds=count,
            conditions=conditions,
            trials=trials,
            correlation=correlation,
            draws=draws,
        )

    @property
    def sides(self) -> tuple[int, ...]:
        """Edges on which the target is put: the upper one (1), and the lower one (-1) where that could differ."""
        return (1,) if self.name == SHARE else (1, -1)

    def edge(self, side: int) -> float:
        """Where the noise has to be centred for the target to lie on an edge of the region."""
        if self.name == SHARE:
            return REGION[1] - self.shape.quantile(STATED_SHARE)
        return REGION[1] if side > 0 else REGION[0]

    @property
    def nominal_scale(self) -> float:
        """Scale of the distance from the edge: of one trial, of an average, of a statistic of clusters."""
        return {MEAN: FEWEST_DRAWS**-0.5, RESAMPLES: max(1, self.clusters) ** -0.5}.get(self.name, 1.0)


def families(*, shapes: tuple[str, ...] | None = None) -> list[Family]:
    """Every source with every shape that it can meet."""
    found = []
    for shape in worlds.SHAPES.values():
        if shapes is None or shape.name in shapes:
            found += [Family(TYPICAL, shape, TypicalTrial(REGION)), Family(MEAN, shape, Mean(REGION))]
            if shape.continuous:  # a share on a lattice cannot be put on its edge
                found.append(Family(SHARE, shape, Share(REGION, STATED_SHARE)))
            if np.isfinite(shape.mean):  # a diverged cluster leaves no statistic
                for clusters in CLUSTERS:
                    found.append(Family(RESAMPLES, shape, Resamples(REGION, clusters), clusters))
                for clusters in UNEQUAL_CLUSTERS if shape.name in ("normal", "log-normal") else ():
                    found.append(Family(RESAMPLES, shape, Resamples(REGION, clusters), clusters, unequal=True))
    found += [
        Family(MEAN, shape, Mean(REGION)) for name, shape in worlds.HEAVY.items() if shapes is None or name in shapes
    ]
    order = (TYPICAL, MEAN, SHARE, RESAMPLES)
    return sorted(found, key=lambda family: order.index(family.name))


def used_looks(registry: LoadedRegistry) -> dict[str, list[Looks]]:
    """By source of evidence, the looks that the registry's tiers really use, and those always tested."""
    found = {name: set(looks) for name, looks in LOOKS.items()}
    for claim in registry.falsifiable.values():
        experiment = registry.experiments[claim.experiment]
        # a deterministic number has no chance of error but its declared one
        name = _NAMES.get(type(source_of(claim.agreement, experiment)))
        for tier in experiment.tiers.values():
            if tier.judged and name is not None and tier.trials[-1] <= MOST_TRIALS:
                found[name].add(tuple(tier.trials))
    ordered = {name: sorted(looks, key=lambda them: (them[-1], len(them))) for name, looks in found.items()}
    # More resamples show the same percentiles, only more sharply: the fewest and the most tell all.
    return ordered | {RESAMPLES: [ordered[RESAMPLES][0], ordered[RESAMPLES][-1]]}


def used_conditions(registry: LoadedRegistry) -> int:
    """The largest number of conditions on which a claim of the registry is judged."""
    most = 1
    for claim in registry.falsifiable.values():
        experiment = registry.experiments[claim.experiment]
        for tier in (name for name, it in experiment.tiers.items() if it.judged):
            selected = grid.conditions(experiment, tier, claim.where)
            if isinstance(claim.measured, Folded):
                most = max(most, len(grid.folded_groups(selected, next(iter(claim.measured.along)))))
            else:
                most = max(most, len(selected))
    return most
