"""Checks of what each tier runs: conditions for a claim and its controls, and trials that can decide them.

A tier may leave a claim out as a whole, if another tier runs it; it may not leave it without its controls, unless it
does not judge it.
"""

from __future__ import annotations

from collections.abc import Iterator

from runners.registry import grid
from runners.registry.evidence import source_of
from runners.registry.experiment_checks import check_where
from runners.registry.lookup import Lookup, folded_axis, observable
from runners.registry.mistakes import KeyPath, Mistake, suggestion
from runners.registry.schema import Claim, Experiment, Where
from runners.rule.looks import (
    ALPHA,
    FEWEST_DRAWS,
    MOST_RESAMPLED_CONDITIONS,
    fewest_trials,
)
from runners.rule.means import Mean


def check_control(lookup: Lookup, path: KeyPath, claim: Claim, number: int, *, judged: bool) -> Iterator[Mistake]:
    """A control's experiment, conditions and trials; `judged`: whether the claim's own conditions are sound."""
    registry, control = lookup.registry, claim.controls[number]
    here: KeyPath = (*path, "controls", number)
    name = control.experiment or claim.experiment
    experiment = lookup.experiment(name)
    if experiment is None:
        if ("experiments", name) not in registry.invalid:
            problem = f"there is no experiment {name}"
            yield registry.mistake((*here, "experiment"), problem, suggestion(name, registry.experiments))
        return
    own, found = registry.experiments[claim.experiment], experiment.observables.get(observable(claim))
    if name != claim.experiment:
        declared = own.observables.get(observable(claim))
        if found is None and declared is not None:
            problem = f"{name} declares no observable {observable(claim)}, which the claim measures"
            remedy = suggestion(observable(claim), experiment.observables)
            yield registry.mistake((*here, "experiment"), problem, remedy)
        elif found is not None and declared is not None and (declared.shape is None) != (found.shape is None):
            problem = f"{observable(claim)} is a scalar in one of {claim.experiment} and {name}, an array in the other"
            yield registry.mistake((*here, "experiment"), problem, "measure the same in both")
    wrong = list(check_where(lookup, (*here, "where"), name, control.where))
    yield from wrong
    if wrong or not judged:
        return
    if name == claim.experiment:
        main = set(map(grid.key_of, lookup.conditions(name, None, claim.where)))
        both = [c for c in lookup.conditions(name, None, control.where) if grid.key_of(c) in main]
        if both:
            problem = f"{grid.described(both[0])} is judged by the claim, too"
            yield registry.mistake((*here, "where"), problem, "take the control's conditions out of the claim's where")
    for tier, settings in own.tiers.items():
        if settings.judged and _points(lookup, claim, claim.experiment, tier, claim.where)[0]:
            yield from _check_control_tier(lookup, path, here, claim, name, control.where, tier)


def _check_control_tier(
    lookup: Lookup, path: KeyPath, here: KeyPath, claim: Claim, name: str, where: Where, tier: str
) -> Iterator[Mistake]:
    registry, experiment = lookup.registry, lookup.registry.experiments[name]
    if tier not in experiment.tiers:
        problem = f"{name} has no tier {tier}, which the claim is judged at"
        yield registry.mistake((*here, "experiment"), problem, f"add tiers.{tier} to {name}")
        return
    if not experiment.tiers[tier].judged:
        problem = f"{name} is not judged in the tier {tier}, in which the claim is: nothing could decide the control"
        yield registry.mistake((*here, "where"), problem, f"let experiments.{name}.tiers.{tier} be judged")
        return
    if not lookup.conditions(name, None, where):
        return
    count, left_over = _points(lookup, claim, name, tier, where)
    if not count or left_over:
        problem = f"the tier {tier} leaves the control without conditions"
        if left_over:
            problem = _unfolded(tier, left_over, claim)
        remedy = f"widen experiments.{name}.tiers.{tier}.where"
        yield registry.mistake((*here, "where"), problem, remedy)
    elif name != claim.experiment:  # in the claim's own, what suffices for the claim suffices for the control
        yield from _check_looks(lookup, claim, f"a control of {path[1]}", name, tier, 1)


def check_trials(lookup: Lookup, path: KeyPath, claim: Claim, experiment: Experiment) -> Iterator[Mistake]:
    """Every tier can decide the claim, leaves it out as a whole or does not judge it; at least one judges it."""
    registry, run, judged = lookup.registry, False, False
    for tier, settings in experiment.tiers.items():
        count, left_over = _points(lookup, claim, claim.experiment, tier, claim.where)
        run = run or bool(count or left_over)
        judged = judged or (settings.judged and bool(count or left_over))
        if left_over:
            problem = _unfolded(tier, left_over, claim)
            remedy = f"select them otherwise, or widen experiments.{claim.experiment}.tiers.{tier}.where"
            yield registry.mistake((*path, "measured", "along"), problem, remedy)
        elif count:
            yield from _check_looks(lookup, claim, str(path[1]), claim.experiment, tier, count)
            if experiment.replication == "resamples" and count > MOST_RESAMPLED_CONDITIONS:
                problem = f"is judged on {count} conditions of resamples in the tier {tier}: an interval over resamples"
                problem += f" is too rough to refute one of more than {MOST_RESAMPLED_CONDITIONS}"
                yield registry.mistake((*path, "where"), problem, "make several claims of it")
    if not run and lookup.conditions(claim.experiment, None, claim.where):
        problem = f"no tier of {claim.experiment} runs any of the claim's conditions"
        yield registry.mistake((*path, "where"), problem, "widen a tier's where, or select other conditions")
    elif run and not judged:
        problem = f"every tier of {claim.experiment} that runs the claim's conditions says judged: false"
        yield registry.mistake((*path, "experiment"), problem, "remove it from one of them")


def _check_looks(lookup: Lookup, claim: Claim, who: str, name: str, tier: str, conditions: int) -> Iterator[Mistake]:
    experiment = lookup.registry.experiments[name]
    settings = experiment.tiers[tier]  # type: ignore[index]
    if not settings.judged:
        return
    trials, block = settings.trials, settings.block
    looks = 1 if experiment.replication == "resamples" else len(trials)
    source = source_of(claim.agreement, experiment)
    needed = fewest_trials(source, looks=looks, conditions=conditions)
    by_mean = isinstance(source, Mean)
    if by_mean:
        yield from _check_draws(lookup, claim, who, name, tier, FEWEST_DRAWS)
    if (trials[0] if by_mean else trials[-1]) >= needed:
        return
    enough = -(-needed // block) * block
    longer = [look for look in trials[:-1] if look < enough and looks > 1] + [enough]
    among = f" to refute one of {conditions} conditions" if conditions > 1 else ""
    problem = (
        f"trials is {trials}, but {who} needs at least {needed}{' at every look' if by_mean else ''}{among} "
        f"({source.words}, error {ALPHA:g} over {looks} look{'s' * (looks > 1)})"
    )
    remedy = f"set trials: {[enough, 2 * enough] if by_mean and len(trials) > 1 else longer}"
    yield lookup.registry.mistake(("experiments", name, "tiers", tier, "trials"), problem, remedy)


def _check_draws(lookup: Lookup, claim: Claim, who: str, name: str, tier: str, fewest: int) -> Iterator[Mistake]:
    """The t test of a mean is honest only if each trial averages enough draws, however skewed they are."""
    experiment, path = lookup.registry.experiments[name], ("experiments", name, "observables", observable(claim))
    found = experiment.observables.get(observable(claim))
    if found is None:
        return
    constants = experiment.tiers[tier].constants  # type: ignore[index]
    draws = constants.get(found.averages) if isinstance(found.averages, str) else found.averages
    if found.averages is None:
        problem = f"{who} is about a mean, but nothing says how many draws a trial's {observable(claim)} averages"
        remedy = f"add averages: {fewest} or more, or the constant's name"
        yield lookup.registry.mistake(path, f"{problem}; a mean of few skewed trials has no honest test", remedy)
    elif not isinstance(draws, int) or isinstance(draws, bool):
        problem = f"averages is {found.averages}, but the tier {tier} has no whole number of that name"
        remedy = suggestion(found.averages, constants)
        yield lookup.registry.mistake((*path, "averages"), problem, remedy)
    elif draws < fewest:
        problem = f"averages {draws} draws in the tier {tier}, too few for an honest test of {who} (Student's t)"
        yield lookup.registry.mistake((*path, "averages"), problem, f"average at least {fewest}")


def _unfolded(tier: str, count: int, claim: Claim) -> str:
    has = "1 condition has" if count == 1 else f"{count} conditions have"
    return f"in the tier {tier}, {has} no second {folded_axis(claim)} to fold over"


def _points(lookup: Lookup, claim: Claim, experiment: str, tier: str, where: Where) -> tuple[int, int]:
    """How many conditions (or groups along a fold) a claim looks at in a tier, and how many no group takes in."""
    selected = lookup.conditions(experiment, tier, where)
    axis = folded_axis(claim)
    if axis is None:
        return len(selected), 0
    groups = grid.folded_groups(selected, axis)
    return len(groups), len(selected) - sum(len(along) for _, along in groups)
