"""Checks of one claim: what it names exists and fits together, and it could fail."""

from __future__ import annotations

import math
from collections.abc import Iterator

from runners.registry import grid
from runners.registry.domain_checks import check_domain
from runners.registry.experiment_checks import FRAMEWORKS, check_function, check_where
from runners.registry.lookup import Lookup, observable, predictions
from runners.registry.mistakes import KeyPath, Mistake, suggestion
from runners.registry.names import UnresolvedName
from runners.registry.schema import Claim, Experiment, Folded, FoldedPrediction, Where
from runners.registry.sealable import check_sealable
from runners.registry.tier_checks import check_control, check_trials
from runners.rule.folds import FOLDS

PERFECT = {"ratio": 1.0, "difference": 0.0, "distance": 0.0}
"""The agreement value of a prediction that is exactly right."""
LOGARITHMIC = {"slope", "minimiser"}
"""Folds that work in the axis' logarithm."""


def check_claim(lookup: Lookup, name: str, claim: Claim) -> Iterator[Mistake]:
    """Everything that is wrong with a claim."""
    registry, path = lookup.registry, ("claims", name)
    yield from _check_predictions(lookup, path, name, claim)
    yield from _check_region(lookup, path, claim)
    yield from _check_kind(lookup, path, claim)
    if claim.corollary_of is not None:
        yield from _check_corollary(lookup, path, name, claim)
    if claim.supersedes is not None:
        yield from _check_supersedes(lookup, path, name, claim.supersedes)
    experiment = lookup.experiment(claim.experiment)
    if experiment is None:
        if ("experiments", claim.experiment) not in registry.invalid:
            known = [entry for section, entry in registry.invalid if section == "experiments"]
            remedy = suggestion(claim.experiment, [*registry.experiments, *known])
            yield registry.mistake((*path, "experiment"), f"there is no experiment {claim.experiment}", remedy)
        return
    yield from _check_measured(lookup, path, claim, experiment)
    yield from _check_requirements(lookup, path, claim, experiment)
    wrong = [
        *_check_fold(lookup, path, claim, experiment),
        *check_where(lookup, (*path, "where"), claim.experiment, claim.where),
        *_check_shown(lookup, path, claim),
    ]
    yield from wrong
    if not wrong:
        yield from check_trials(lookup, path, claim, experiment)
        yield from check_domain(lookup, name, claim, experiment)
    for number in range(len(claim.controls)):
        yield from check_control(lookup, path, claim, number, judged=not wrong)


# --- what is named ----------------------------------------------------------------------------------------------------


def _check_measured(lookup: Lookup, path: KeyPath, claim: Claim, experiment: Experiment) -> Iterator[Mistake]:
    registry, folded = lookup.registry, isinstance(claim.measured, Folded)
    here = (*path, "measured", "of") if folded else (*path, "measured")
    found = experiment.observables.get(observable(claim))
    if found is None:
        problem = f"{claim.experiment} declares no observable {observable(claim)}"
        yield registry.mistake(here, problem, suggestion(observable(claim), experiment.observables))
        return
    by, is_array = claim.agreement.by, found.shape is not None
    if folded and is_array:
        yield registry.mistake(here, f"{observable(claim)} is an array, and a fold takes scalars", "fold a scalar")
    elif by == "distance" and not is_array:
        problem = f"by is distance, but {observable(claim)} is a scalar"
        yield registry.mistake((*path, "agreement", "by"), problem, "compare by ratio or difference")
    elif by != "distance" and is_array:
        problem = f"by is {by}, but {observable(claim)} is an array"
        yield registry.mistake((*path, "agreement", "by"), problem, "compare by distance")
    range_of = claim.measured if isinstance(claim.measured, Folded) else found
    slope = isinstance(claim.measured, Folded) and "slope" in claim.measured.along.values()
    typed = by == "ratio" or slope or found.quantity is not None
    if claim.kind == "law" and not is_array and not typed and range_of.between is None:
        where = (*path, "measured") if folded else ("experiments", claim.experiment, "observables", observable(claim))
        problem = f"has no range, but {path[1]} is a law about it"
        yield registry.mistake(where, problem, "add between: [low, high], the range that a know-nothing would give it")


def _check_fold(lookup: Lookup, path: KeyPath, claim: Claim, experiment: Experiment) -> Iterator[Mistake]:
    if not isinstance(claim.measured, Folded):
        return
    registry, axes = lookup.registry, grid.axes(experiment)
    ((axis, fold),) = claim.measured.along.items()
    here = (*path, "measured", "along", axis)
    if ":" in fold:
        yield from check_function(lookup, here, fold, "(axis_values, measured)")
    elif fold not in FOLDS:
        problem = f"{fold} is no fold"
        yield registry.mistake(here, problem, suggestion(fold, FOLDS) + ", or a function module:function")
    if axis not in axes:
        yield registry.mistake(here, f"{claim.experiment} has no axis {axis}", suggestion(axis, axes))
        return
    if axis in claim.where and len(grid.listed(claim.where[axis])) < 2:
        problem = f"{axis} is pinned to one value in where: there is nothing to fold over"
        yield registry.mistake((*path, "where", axis), problem, "select at least two values, or leave the axis out")
    values = [value for value in axes[axis] if grid.matches({axis: value}, _only(claim.where, axis))]
    if fold in LOGARITHMIC and not all(grid.identity(value)[0] == "number" and float(value) > 0 for value in values):
        yield registry.mistake(here, f"{fold} needs positive numbers along {axis}", "use another fold or other values")


def _check_requirements(lookup: Lookup, path: KeyPath, claim: Claim, experiment: Experiment) -> Iterator[Mistake]:
    registry = lookup.registry
    for number, requirement in enumerate(claim.requires):
        here = (*path, "requires", number, "measured")
        found = experiment.observables.get(requirement.measured)
        if found is None:
            problem = f"{claim.experiment} declares no observable {requirement.measured}"
            yield registry.mistake(here, problem, suggestion(requirement.measured, experiment.observables))
        elif requirement.measured == observable(claim):
            problem = f"{requirement.measured} is what the claim measures: it would select trials by their outcome"
            yield registry.mistake(here, problem, "require a property of the run instead")
        elif found.shape is not None:
            problem = f"{requirement.measured} is an array, and a requirement takes a scalar"
            yield registry.mistake(here, problem, "declare a scalar observable for it")


def _check_shown(lookup: Lookup, path: KeyPath, claim: Claim) -> Iterator[Mistake]:
    if claim.shown is None:
        return
    here = (*path, "shown")
    wrong = list(check_where(lookup, (*here, "where"), claim.experiment, claim.shown.where))
    yield from wrong
    judged = set(map(grid.key_of, lookup.conditions(claim.experiment, None, claim.where)))
    both = [c for c in lookup.conditions(claim.experiment, None, claim.shown.where) if grid.key_of(c) in judged]
    if both and not wrong:
        problem = f"{grid.described(both[0])} is shown and judged, too"
        yield lookup.registry.mistake(here, problem, "leave what is only shown out of where")


def _check_predictions(lookup: Lookup, path: KeyPath, name: str, claim: Claim) -> Iterator[Mistake]:
    registry, experiment = lookup.registry, lookup.experiment(claim.experiment)
    found = experiment.observables.get(claim.measured) if experiment and isinstance(claim.measured, str) else None
    for prediction in predictions(name, claim):
        if prediction.function is not None:
            yield from check_theory_function(lookup, prediction.function_path, prediction.function)
        elif found is not None and found.shape is not None and prediction.path[-1] == "predicted":
            problem = f"is a number, but {observable(claim)} is an array"
            yield registry.mistake(prediction.path, problem, "name a function that returns an array of its shape")
        if isinstance(prediction.quantity, FoldedPrediction):
            along = prediction.quantity.along
            if not isinstance(claim.measured, Folded):
                remedy = "fold measured along the same axis, or predict by a plain function"
                yield registry.mistake(prediction.path, "is folded, but measured is not", remedy)
            elif along != claim.measured.along:
                problem = f"is folded along {_pair(along)}, but measured along {_pair(claim.measured.along)}"
                yield registry.mistake((*prediction.path, "along"), problem, f"write {_pair(claim.measured.along)}")


def check_theory_function(lookup: Lookup, path: KeyPath, dotted: str) -> Iterator[Mistake]:
    """Whether a theory function is there, written, and keeps to what theories may use."""
    yield from check_function(lookup, path, dotted, "(setting, given)", instead="a number or module:function")
    yield from _check_theory(lookup, path, dotted)


def _check_theory(lookup: Lookup, path: KeyPath, dotted: str) -> Iterator[Mistake]:
    """A theory computes with numpy and scipy, knows no experiment, and hides nothing from the seal."""
    module = dotted.partition(":")[0]
    try:
        files = lookup.closure(module)
        yield from check_sealable(lookup, path, module, theory=True)
        frameworks = sorted(lookup.third_party(module) & FRAMEWORKS)
    except UnresolvedName as error:
        yield lookup.registry.mistake(path, error.problem, error.remedy, sets_aside=error.broken)
        return
    if frameworks:
        problem = f"{module} imports {' and '.join(frameworks)}, itself or through what it imports"
        yield lookup.registry.mistake(path, problem, "a theory uses numpy and scipy only")
    for name, experiment in lookup.registry.experiments.items():
        if experiment.module in files and experiment.module != module:
            problem = f"{module} imports {experiment.module}, which measures {name}"
            yield lookup.registry.mistake(path, problem, "a theory knows no experiment")


def _check_supersedes(lookup: Lookup, path: KeyPath, name: str, former: str) -> Iterator[Mistake]:
    """Claims that are gone may be named; one that is nearly the name of another claim is taken for a slip."""
    registry, here = lookup.registry, (*path, "supersedes")
    if former == name:
        yield registry.mistake(here, "a claim cannot supersede itself", "name the former claim, or remove the key")
    elif former not in registry.claims:
        remedy = suggestion(former, [other for other in registry.claims if other != name])
        if remedy.startswith("did you mean") and _differ_by_a_slip(former, remedy):
            yield registry.mistake(here, f"there is no claim {former}", remedy)


def _check_corollary(lookup: Lookup, path: KeyPath, name: str, claim: Claim) -> Iterator[Mistake]:
    """A corollary looks at the records of the claim under which it is nested, and that one stands by itself."""
    registry, here = lookup.registry, (*path, "corollary_of")
    known = {other: it for other, it in registry.falsifiable.items() if other != name}
    assert claim.corollary_of is not None
    if (above := known.get(claim.corollary_of)) is None:
        if ("claims", claim.corollary_of) not in registry.invalid:
            problem = f"there is no other claim {claim.corollary_of}"
            yield registry.mistake(here, problem, suggestion(claim.corollary_of, known))
    elif above.experiment != claim.experiment:
        problem = f"{claim.corollary_of} looks at {above.experiment}, this claim at {claim.experiment}"
        yield registry.mistake(here, problem, "nest it under a claim on the same experiment, or let it stand by itself")
    elif above.corollary_of is not None:
        problem = f"{claim.corollary_of} is a corollary itself, of {above.corollary_of}"
        yield registry.mistake(here, problem, f"write {above.corollary_of}")


def _differ_by_a_slip(former: str, remedy: str) -> bool:
    """Letters differ, not only digits: a numbered predecessor is no slip."""
    meant = remedy.removeprefix("did you mean ").removesuffix("?")
    return [c for c in former if c.isalpha()] != [c for c in meant if c.isalpha()] and abs(len(former) - len(meant)) < 3


# --- whether it could fail --------------------------------------------------------------------------------------------


def _check_region(lookup: Lookup, path: KeyPath, claim: Claim) -> Iterator[Mistake]:
    registry, agreement = lookup.registry, claim.agreement
    here, (low, high) = (*path, "agreement", "within"), agreement.within
    perfect = PERFECT[agreement.by]
    if not low <= perfect <= high:
        problem = f"[{low:g}, {high:g}] leaves out {perfect:g}: a prediction that is exactly right would fail"
        yield registry.mistake(here, problem, f"a {agreement.by} region contains {perfect:g}")
    if claim.kind != "bound" and math.isinf(high - low):
        problem = f"[{low:g}, {high:g}] has an open side, but kind is {claim.kind}"
        yield registry.mistake(here, problem, "give two finite bounds, or set kind: bound")
    if low == -math.inf and high == math.inf:
        yield registry.mistake(here, "allows everything", "close at least one side")
    experiment = lookup.experiment(claim.experiment)
    if experiment is None:
        return
    if experiment.replication == "none" and agreement.numerical_error is None:
        problem = f"numerical_error is missing, but {claim.experiment} is deterministic (replication: none)"
        yield registry.mistake((*path, "agreement"), problem, "add it, in the units of within")
    if experiment.replication != "none" and agreement.numerical_error is not None:
        problem = f"is given, but {claim.experiment} repeats {experiment.replication}"
        remedy = "remove it: the trials show the error"
        yield registry.mistake((*path, "agreement", "numerical_error"), problem, remedy)
    if experiment.replication != "seeds" and (agreement.share is not None or agreement.target == "mean"):
        key = "share" if agreement.share is not None else "target"
        problem = f"needs independent trials, but replication is {experiment.replication}"
        yield registry.mistake((*path, "agreement", key), problem, "remove it")


def _check_kind(lookup: Lookup, path: KeyPath, claim: Claim) -> Iterator[Mistake]:
    registry, must = lookup.registry, {control.must for control in claim.controls}
    if claim.kind == "law" and "fail" not in must:
        problem = "a law without a control that must fail: nobody would see a test that cannot fail"
        yield registry.mistake((*path, "controls"), problem, "add conditions where the relation fails")
    if claim.expect == "refuted" and "hold" not in must:
        problem = "is refuted, but no control must hold: nobody would see a test that refutes everything"
        yield registry.mistake((*path, "expect"), problem, "add conditions where the relation is known to hold")


def _only(where: Where, axis: str) -> Where:
    return {axis: where[axis]} if axis in where else {}


def _pair(along: dict[str, str]) -> str:
    return ", ".join(f"{axis}: {fold}" for axis, fold in along.items())
