"""Checks of domains: their axes exist, everything else has one value, and what draws need can be had."""

from __future__ import annotations

import math
from collections.abc import Iterator

from runners.registry import grid
from runners.registry.domains import held, most_draws
from runners.registry.lookup import Lookup, folded_axis
from runners.registry.mistakes import KeyPath, Mistake, suggestion
from runners.registry.names import UnresolvedName
from runners.registry.schema import Claim, Domain, Experiment, Range


def check_domain(lookup: Lookup, name: str, claim: Claim, experiment: Experiment) -> Iterator[Mistake]:
    """Everything that is wrong with what a claim's test is drawn from."""
    registry, path = lookup.registry, ("claims", name)
    if claim.domain is None:
        if claim.expect_reach is not None:
            yield registry.mistake((*path, "expect_reach"), "has no domain to be expected of", "add domain:")
        if (number := next((n for n, it in enumerate(claim.requires) if it.finished), None)) is not None:
            problem = "finished says what becomes of a draw, and the claim has no domain"
            yield registry.mistake((*path, "requires", number, "finished"), problem, "remove it, or add domain:")
        return
    shared = isinstance(claim.domain, str)
    if shared and claim.domain not in registry.domains:
        if ("domains", claim.domain) not in registry.invalid:
            problem = f"there is no domain {claim.domain}"
            yield registry.mistake((*path, "domain"), problem, suggestion(claim.domain, registry.domains))
        return
    if claim.kind == "theorem":
        problem = "is proved for what is run: there is nothing to draw"
        yield registry.mistake((*path, "domain"), problem, "make its extension a law, and draw that")
    if experiment.replication == "resamples":
        problem = f"{claim.experiment} resamples fixed data: a setting that is drawn has no other data"
        yield registry.mistake((*path, "domain"), problem, "remove the domain")
    found = registry.domain(name)
    assert found is not None
    domain = found[1]
    here: KeyPath = ("domains", found[0]) if shared else (*path, "domain")
    wrong = list(_check_axes(lookup, here, claim, experiment, domain))
    yield from wrong
    if not wrong:
        yield from _check_held(lookup, here, name, claim, experiment, domain)
    yield from _check_within(lookup, here, domain)
    yield from _check_extension(lookup, path, here, claim, experiment, domain)
    if shared:
        yield from _check_shared(lookup, path, claim)


def _check_axes(
    lookup: Lookup, path: KeyPath, claim: Claim, experiment: Experiment, domain: Domain
) -> Iterator[Mistake]:
    registry, axes = lookup.registry, grid.axes(experiment)
    drawing = [tier for label, tier in experiment.tiers.items() if most_draws(label, tier)]
    constants = [set(tier.constants) for tier in drawing]
    known = [*axes, *(set.intersection(*constants) if constants else ())]
    for axis, written in domain.axes.items():
        here = (*path, "axes", axis)
        if axis not in known:
            problem = f"{claim.experiment} has no axis or constant {axis} at every tier that draws"
            yield registry.mistake(here, problem, suggestion(axis, known, most=30))
            continue
        if axis == folded_axis(claim):
            yield registry.mistake(here, "is the axis that the claim folds: a draw is all of it", "draw another axis")
        declared = axes.get(axis) or [tier.constants[axis] for tier in drawing]
        numeric = all(grid.identity(value)[0] == "number" for value in declared)
        if isinstance(written, Range):
            if not numeric:
                yield registry.mistake(here, f"is a range, but {axis} is a word", "list the words")
            elif not written.whole and all(isinstance(value, int) for value in declared):
                problem = f"{axis} is a whole number in {claim.experiment}, and the range holds others"
                yield registry.mistake(here, problem, "add whole: true, or write the declared values with a point")
            yield from _check_range(lookup, (*here, "between"), written)
            continue
        unique = {grid.identity(value) for value in written}
        if len(unique) < 2 or len(unique) < len(written):
            problem = "lists a value twice" if len(unique) > 1 else "has fewer than two values"
            yield registry.mistake(here, problem, "list different ones; hold an axis at one value in where")
        if any((grid.identity(value)[0] == "number") != numeric for value in written):
            yield registry.mistake(here, f"mixes numbers and words, and {axis} has only one kind", "list one kind")
    for axis in domain.where:
        if axis not in axes:
            problem = f"{claim.experiment} has no axis {axis}"
            yield registry.mistake((*path, "where", axis), problem, suggestion(axis, axes))
        elif axis in domain.axes or axis == folded_axis(claim):
            yield registry.mistake((*path, "where", axis), "is drawn or folded, too", "remove it here")


def _check_range(lookup: Lookup, path: KeyPath, written: Range) -> Iterator[Mistake]:
    low, high = written.between
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        yield lookup.registry.mistake(path, f"{[low, high]} is no range to draw from", "give two different numbers")
    elif written.scale == "log" and low <= 0:
        problem = f"starts at {low:g}, but scale is log"
        yield lookup.registry.mistake(path, problem, "start above 0, or set scale: linear")
    elif written.whole and (low != round(low) or high != round(high)):
        problem = f"{[low, high]} has an end that is no whole number, but whole is true"
        yield lookup.registry.mistake(path, problem, "write whole ends, or remove whole")


def _check_held(
    lookup: Lookup, path: KeyPath, name: str, claim: Claim, experiment: Experiment, domain: Domain
) -> Iterator[Mistake]:
    """Every axis of a condition of the claim is drawn, folded or held."""
    fixed = held(lookup.registry, name, domain)
    needed = {axis for condition in lookup.conditions(claim.experiment, None, claim.where) for axis in condition}
    for axis in sorted(needed - fixed.keys() - domain.axes.keys() - {folded_axis(claim)}):
        problem = f"{axis} has several values among the claim's conditions, and the domain says nothing of it"
        yield lookup.registry.mistake(path, problem, f"add {axis} to axes, or hold it at one value in where")


def _check_within(lookup: Lookup, path: KeyPath, domain: Domain) -> Iterator[Mistake]:
    for number, limit in enumerate(domain.within):
        here = (*path, "within", number, "value")
        try:
            resolved = lookup.resolve(limit.value)
        except UnresolvedName as error:
            yield lookup.registry.mistake(here, error.problem, error.remedy, sets_aside=error.broken)
            continue
        if resolved.function is None or not resolved.takes(2):
            problem = f"{limit.value} is no function of two arguments"
            yield lookup.registry.mistake(here, problem, "name a function module:function of (setting, given)")


def _check_extension(
    lookup: Lookup, path: KeyPath, here: KeyPath, claim: Claim, experiment: Experiment, domain: Domain
) -> Iterator[Mistake]:
    registry, unfinished = lookup.registry, any(it.finished for it in claim.requires)
    if domain.extend is None:
        if unfinished:
            problem = "a requirement says whether a run is finished, and the domain not how it is extended"
            yield registry.mistake(here, problem, "add extend: steps, or the constant that is the length of a run")
        return
    for label, tier in experiment.tiers.items():
        value = tier.constants.get(domain.extend)
        if most_draws(label, tier) and (isinstance(value, bool) or not isinstance(value, int | float)):
            problem = f"{domain.extend} is no number among the constants of the tier {label}"
            yield registry.mistake((*here, "extend"), problem, suggestion(domain.extend, tier.constants))
    if domain.extend in domain.axes:
        problem = f"{domain.extend} is drawn, too: a run that is longer is another draw"
        yield registry.mistake((*here, "extend"), problem, "draw another axis, or remove extend")
    if not unfinished:
        problem = "extends runs that are not finished, and no requirement says which are"
        yield registry.mistake((*path, "requires"), problem, "add finished: true to the one that does")


def _check_shared(lookup: Lookup, path: KeyPath, claim: Claim) -> Iterator[Mistake]:
    """Claims that share draws look at the same experiment, and along the same axis."""
    registry = lookup.registry
    sharing = {name: it for name, it in registry.falsifiable.items() if it.domain == claim.domain}
    first_name, first = next(iter(sharing.items()))
    if (claim.experiment, folded_axis(claim)) != (first.experiment, folded_axis(first)):
        problem = f"{first_name} draws from {claim.domain}, too, but from another experiment or along another axis"
        yield registry.mistake((*path, "domain"), problem, "share a domain among claims on the same runs only")
