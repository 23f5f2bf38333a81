"""What a registry's claims can see at each of its tiers, and which settings are honest but unlikely to decide."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from runners.registry import grid
from runners.registry.evidence import source_of
from runners.registry.loaded import LoadedRegistry
from runners.registry.mistakes import Mistake
from runners.registry.schema import Claim, Experiment, Folded
from runners.rule.looks import ALPHA, ENOUGH_CLUSTERS
from runners.rule.percentiles import Resamples
from runners.rule.power import Power, power

LIKELY = 0.8


class ClaimPower(NamedTuple):
    """What one claim can see at one tier."""

    claim: str
    tier: str
    power: Power


def powers(registry: LoadedRegistry) -> Iterator[ClaimPower]:
    """Power of every claim at every tier that runs and judges it."""
    for name, claim in registry.falsifiable.items():
        experiment = registry.experiments[claim.experiment]
        source = source_of(claim.agreement, experiment)
        for tier, settings in experiment.tiers.items():
            if settings.judged and (conditions := _conditions(claim, experiment, tier)):
                yield ClaimPower(name, tier, power(source, tuple(settings.trials), conditions))


def warnings(registry: LoadedRegistry) -> list[Mistake]:
    """Settings that are honest but unlikely to decide anything, or known to be rough."""
    found = []
    for name, tier, it in powers(registry):
        path = ("experiments", registry.falsifiable[name].experiment, "tiers", tier, "trials")
        if it.supported is not None and it.supported < LIKELY:
            among = f" in all {it.conditions} conditions" if it.conditions > 1 else ""
            problem = f"{name} would be supported with chance {it.supported:.2g} only, even if {it.supposed}{among}"
            found.append(registry.mistake(path, problem, "add trials to the last look"))
    for name, experiment in registry.experiments.items():
        if experiment.clusters is not None and experiment.clusters < ENOUGH_CLUSTERS:
            needed = Resamples((0.0, 0.0), experiment.clusters).needed(ALPHA, 0.0)
            problem = f"{experiment.clusters} clusters show little: an edge must lie {needed:.1f} standard errors away"
            remedy = f"from {ENOUGH_CLUSTERS} clusters on three suffice; nothing is wrong with it"
            found.append(registry.mistake(("experiments", name, "clusters"), problem, remedy))
    return list(dict.fromkeys(found))


def _conditions(claim: Claim, experiment: Experiment, tier: str) -> int:
    selected = grid.conditions(experiment, tier, claim.where)
    if isinstance(claim.measured, Folded):
        return len(grid.folded_groups(selected, next(iter(claim.measured.along))))
    return len(selected)
