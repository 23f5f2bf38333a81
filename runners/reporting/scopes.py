"""For what a verdict speaks: sizes, data and run lengths of the records that carried it, never what is hoped for."""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, NamedTuple

from runners.judging.judge import Judge
from runners.judging.results import ClaimResult
from runners.judging.rivalry import JUDGED
from runners.records.samples import Sample
from runners.registry.names import importable, load_function
from runners.registry.schema import Claim

MOST_LISTED = 4
"""Numbers of one axis that are listed; of more, the ends are told."""
PARAMETERS = "parameters"
"""A given, or an observable, of this name says how many parameters a network has; else the experiment's `size`."""


class Scope(NamedTuple):
    """For what a verdict speaks."""

    words: str
    """`learning rate 0.08, 0.16; width 64; steps 8000; parameters 9,154`; empty before anything was judged."""
    parameters: tuple[int, int] | None
    """The fewest and the most parameters of its networks; None where nobody says so."""


def scope_of(judge: Judge, result: ClaimResult) -> Scope:
    """The settings in which trials were judged, and the sizes of their networks.

    Axes and constants in the order of the settings; those of a fold count with all its points.
    """
    carrying = list(_carrying(judge, result))
    samples = [sample for _, sample in carrying]
    names = dict.fromkeys(name for sample in samples for name in sample.setting)
    told = [(name, [it.setting[name] for it in samples if name in it.setting]) for name in names]
    sizes = {name: judge.registry.experiments[name].size for name, _ in carrying}
    with importable(judge.registry.search_path):
        counts = [it for name, sample in carrying if (it := _parameters(sample, sizes[name])) is not None]
    told.append((PARAMETERS, counts))
    words = "; ".join(f"{name.replace('_', ' ')} {_values(values)}" for name, values in told if values)
    return Scope(words, (min(counts), max(counts)) if counts else None)


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


def _carrying(judge: Judge, result: ClaimResult) -> Iterable[tuple[str, Sample]]:
    """The trials of the conditions that were judged, each with its experiment."""
    for cell in result.cells:
        if cell.verdict.status not in JUDGED or not cell.verdict.trials:
            continue
        constants = judge.registry.experiments[cell.cell.experiment].tiers[judge.tier].constants  # type: ignore[index]
        for point in cell.cell.points:
            if sample := judge.samples.sample(cell.cell.experiment, point, constants):
                yield cell.cell.experiment, sample


def _parameters(sample: Sample, size: str | None) -> int | None:
    """What a trial says, or else the experiment's function of the setting; a function that fails costs no report."""
    given = sample.given(0)
    if PARAMETERS in given:
        return int(given[PARAMETERS])
    if PARAMETERS in sample.records[0].observables:
        return int(sample.observable(PARAMETERS)[0])
    try:
        return int(load_function(size)(MappingProxyType(dict(sample.setting)))) if size else None
    except Exception:  # `check --deep` says which, and why
        return None


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
