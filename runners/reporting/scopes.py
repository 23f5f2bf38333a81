"""For what a verdict speaks: sizes, data and run lengths of the records that carried it, never what is hoped for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runners.judging.judge import Judge
from runners.judging.results import ClaimResult
from runners.judging.rivalry import JUDGED
from runners.records.samples import Sample
from runners.registry.schema import Claim

MOST_LISTED = 4
"""Numbers of one axis that are listed; of more, the ends are told."""
PARAMETERS = "parameters"
"""A given, or an observable, of this name says how many parameters a network has."""


def scope_of(judge: Judge, result: ClaimResult) -> str:
    """`learning rate 0.08, 0.16; width 64; steps 8000`: the settings in which trials were judged; empty without any.

    Axes and constants in the order of the settings; those of a fold count with all its points.
    """
    samples = list(_carrying(judge, result))
    names = dict.fromkeys(name for sample in samples for name in sample.setting)
    told = [(name, [it.setting[name] for it in samples if name in it.setting]) for name in names]
    told.append((PARAMETERS, [count for it in samples if (count := _parameters(it)) is not None]))
    return "; ".join(f"{name.replace('_', ' ')} {_values(values)}" for name, values in told if values)


def tiers_without_records(judge: Judge, claim: Claim) -> tuple[str, ...]:
    """Tiers of the claim's experiment at which none of its conditions is on record."""
    experiment = judge.registry.experiments[claim.experiment]
    return tuple(
        tier
        for tier, size in experiment.tiers.items()
        if not any(
            judge.samples.sample(claim.experiment, condition, size.constants)
            for condition in judge.lookup.conditions(claim.experiment, tier, claim.where)
        )
    )


def _carrying(judge: Judge, result: ClaimResult) -> Iterable[Sample]:
    """The trials of the conditions that were judged."""
    for cell in result.cells:
        if cell.verdict.status not in JUDGED or not cell.verdict.trials:
            continue
        constants = judge.registry.experiments[cell.cell.experiment].tiers[judge.tier].constants  # type: ignore[index]
        for point in cell.cell.points:
            if sample := judge.samples.sample(cell.cell.experiment, point, constants):
                yield sample


def _parameters(sample: Sample) -> int | None:
    given = sample.given(0)
    if PARAMETERS in given:
        return int(given[PARAMETERS])
    known = PARAMETERS in sample.records[0].observables
    return int(sample.observable(PARAMETERS)[0]) if known else None


def _values(values: list[Any]) -> str:
    """Each value once; many numbers by their ends."""
    numbers = all(isinstance(it, int | float) and not isinstance(it, bool) for it in values)
    each = sorted(set(values)) if numbers else list(dict.fromkeys(values))
    if numbers and len(each) > MOST_LISTED:
        return f"{_word(each[0])} to {_word(each[-1])} ({len(each)} values)"
    return ", ".join(map(_word, each))


def _word(value: Any) -> str:
    return (
        f"{value:,}"
        if isinstance(value, int) and not isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
