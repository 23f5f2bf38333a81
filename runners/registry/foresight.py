"""What follows before anything is measured: a control that cannot fail, a rival that predicts the same, an empty test.

Numbers are compared always. With `deep`, modules are imported and theory functions called with a `given` that nobody
has yet: one that reads it is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from runners.judging.isolation import Intrusion, isolated
from runners.judging.predicting import not_finite
from runners.registry import grid
from runners.registry.loaded import LoadedRegistry
from runners.registry.lookup import Lookup, Prediction, Quantity, folded_axis, observable, predictions
from runners.registry.mistakes import KeyPath, Mistake
from runners.registry.names import UnresolvedName, importable, load_function
from runners.registry.schema import Claim, Folded, FoldedPrediction, Where
from runners.rule.comparison import Incomparable, agreement, region_in_units, widths_away
from runners.rule.folds import FOLDS


class NotMeasuredYet(Exception):
    """A theory asked for something that only a trial gives."""


class Nothing(Mapping):
    """A `given` before the trial: whoever looks into it learns that it is too early."""

    def __getitem__(self, name: str) -> Any:
        raise NotMeasuredYet(name)

    def __iter__(self) -> Iterator[str]:
        raise NotMeasuredYet

    def __len__(self) -> int:
        raise NotMeasuredYet

    def __contains__(self, name: object) -> bool:
        raise NotMeasuredYet(name)


class Point(NamedTuple):
    """One condition as a theory sees it; under a fold, also those along the axis."""

    label: str
    setting: Mapping[str, Any]
    along: tuple[tuple[Any, Mapping[str, Any]], ...] = ()


def foresee(lookup: Lookup, *, deep: bool) -> Iterator[Mistake]:
    """Mistakes that predictions show before measuring; with `deep` also those of importing and calling code."""
    if not deep:
        yield from _foresee(lookup, Oracle(lookup, deep=False))
        return
    with importable(lookup.registry.search_path):
        oracle = Oracle(lookup, deep=True)
        for name, experiment in lookup.registry.experiments.items():
            for function in ("prepare", "measure"):
                oracle.load(f"{experiment.module}:{function}", ("experiments", name, "module"))
        for claim, it in lookup.registry.falsifiable.items():
            if isinstance(it.measured, Folded):
                for axis, fold in it.measured.along.items():
                    oracle.load(fold, ("claims", claim, "measured", "along", axis))
            for prediction in predictions(claim, it):
                if prediction.function:
                    oracle.load(prediction.function, prediction.function_path)
        yield from _foresee(lookup, oracle)
        yield from _foresee_sizes(lookup, oracle)
        yield from oracle.mistakes


class Oracle:
    """Evaluates what is predicted, as far as that is possible without a trial."""

    def __init__(self, lookup: Lookup, *, deep: bool):
        self.lookup, self.deep = lookup, deep
        self.mistakes: list[Mistake] = []
        self._functions: dict[str, Callable | None] = dict(FOLDS)
        self._failing: set[str] = set()
        """Theories that were told of: one mistake fails at many conditions, for many claims."""

    def load(self, dotted: str, path: KeyPath) -> Callable | None:
        """The function, imported once; None if it is not there, which is noted."""
        if dotted not in self._functions:
            self._functions[dotted] = None
            try:
                self.lookup.resolve(dotted)
                self._functions[dotted] = load_function(dotted)
            except UnresolvedName:
                pass  # the shallow checks have said so
            except (Exception, SystemExit) as error:
                problem = f"{dotted.partition(':')[0]} cannot be imported ({_in_words(error)})"
                self._note(path, problem, "mend the module, or install what it needs")
        return self._functions[dotted]

    def value(self, prediction: Prediction, point: Point, fold: str | None) -> np.ndarray | None:
        """What is predicted at a point, or None if only a trial can tell."""
        quantity, function = prediction.quantity, prediction.function
        if function is None:
            return np.asarray(quantity, dtype=float)
        theory = self.load(function, prediction.function_path) if self.deep else None
        if theory is None:
            return None
        try:
            with isolated():
                value = _evaluated(theory, quantity, point, partial(self._fold, fold))
        except NotMeasuredYet:
            return None
        except Intrusion as error:
            problem, remedy = str(error), ""
        except Exception as error:
            problem = f"fails at {point.label} ({_in_words(error)})"
            remedy = "a theory must know what to predict at every condition of its claim"
        else:
            if np.all(np.isfinite(value)):
                return value
            why = not_finite(lambda: _evaluated(theory, quantity, point, partial(self._fold, fold)))
            problem = f"predicts {value} at {point.label}{f' ({why})' if why else ''}"
            remedy = "a theory must predict a number"
        if function not in self._failing:
            self._failing.add(function)
            self._note(prediction.function_path, f"{function} {problem}", remedy)
        return None

    def _fold(self, fold: str | None, axis_values: np.ndarray, along: np.ndarray) -> np.ndarray:
        function = self._functions.get(fold or "")
        if function is None:
            raise NotMeasuredYet(fold)
        return function(axis_values, along)

    def _note(self, path: KeyPath, problem: str, remedy: str) -> None:
        self.mistakes.append(self.lookup.registry.mistake(path, problem, remedy))


def _evaluated(theory: Callable, quantity: Quantity, point: Point, fold: Callable) -> np.ndarray:
    if not isinstance(quantity, FoldedPrediction):
        return np.asarray(theory(point.setting, Nothing()), dtype=float)
    along = [[float(theory(setting, Nothing()))] for _, setting in point.along]
    return np.asarray(fold(np.asarray([value for value, _ in point.along]), np.asarray(along))[0], dtype=float)


def _foresee(lookup: Lookup, oracle: Oracle) -> Iterator[Mistake]:
    for name, claim in lookup.registry.falsifiable.items():
        experiment = lookup.experiment(claim.experiment)
        if experiment is None or observable(claim) not in experiment.observables:
            continue
        points = [
            point for tier in experiment.tiers for point in _points(lookup, claim, claim.experiment, tier, claim.where)
        ]
        yield from _foresee_region(lookup, oracle, name, claim, points)
        yield from _foresee_rivals(lookup, oracle, name, claim, points)
        yield from _foresee_controls(lookup, oracle, name, claim)


def _foresee_sizes(lookup: Lookup, oracle: Oracle) -> Iterator[Mistake]:
    """Sizes that are no number of parameters; one mistake an experiment."""
    for name, experiment in lookup.registry.experiments.items():
        path: KeyPath = ("experiments", name, "size")
        count = oracle.load(experiment.size, path) if experiment.size else None
        if count is None:
            continue
        for tier, size in experiment.tiers.items():
            conditions = lookup.conditions(name, tier)
            wrong = (problem for it in conditions if (problem := _miscounts(count, {**size.constants, **it})))
            if problem := next(wrong, None):
                remedy = "it should return how many parameters the network of any setting has"
                yield lookup.registry.mistake(path, f"{experiment.size} {problem} in {tier}", remedy)
                break


def _miscounts(count: Callable, setting: Mapping[str, Any]) -> str | None:
    try:
        found = count(MappingProxyType(setting))
    except Exception as error:
        return f"fails at {grid.described(setting)} ({_in_words(error)})"
    whole = isinstance(found, int) and not isinstance(found, bool)
    return None if whole and found > 0 else f"says {found!r} at {grid.described(setting)}"


def _foresee_region(lookup: Lookup, oracle: Oracle, name: str, claim: Claim, points: list[Point]) -> Iterator[Mistake]:
    """A region that covers all that anybody expects, or none of it."""
    measured = claim.measured
    if not isinstance(measured, Folded):
        declared = lookup.registry.experiments[claim.experiment].observables[measured]
    between = measured.between if isinstance(measured, Folded) else declared.between
    if claim.agreement.by == "distance":
        return
    path: KeyPath = ("claims", name, "agreement", "within")
    for point in points:
        value = oracle.value(_main(name, claim), point, _fold_of(claim))
        if value is None or value.ndim:
            continue
        if claim.agreement.by == "ratio" and value == 0:
            problem = f"the prediction at {point.label} is 0, and a ratio to it is undefined"
            yield lookup.registry.mistake((*path[:-1], "by"), problem, "set by: difference")
            return
        if between is None:
            continue
        low, high = region_in_units(claim.agreement.by, claim.agreement.within, float(value))
        allows = f"allows {observable(claim)} in [{low:.4g}, {high:.4g}] at {point.label}"
        if low <= between[0] and high >= between[1]:
            problem = f"{allows}, all of its range [{between[0]:g}, {between[1]:g}]: nothing could contradict it"
            yield lookup.registry.mistake(path, problem, "narrow the region")
            return
        if low > between[1] or high < between[0]:
            problem = f"{allows}, outside of its range [{between[0]:g}, {between[1]:g}]"
            yield lookup.registry.mistake(path, problem, "correct the prediction, or the observable's between")
            return


def _foresee_rivals(lookup: Lookup, oracle: Oracle, name: str, claim: Claim, points: list[Point]) -> Iterator[Mistake]:
    """A rival that predicts inside the claim's region wherever both are known, or that cannot be compared."""
    for rival, it in claim.rivals.items():
        path: KeyPath = ("claims", name, "rivals", rival, "predicted")
        if claim.agreement.by == "ratio" and it.predicted == 0:
            problem = f"{rival} predicts 0, and a ratio to it is undefined: it could never be judged"
            yield lookup.registry.mistake(path, problem, "leave it out, or compare by: difference")
            continue
        known = [_inside(oracle, claim, name, Prediction(path, it.predicted), point) for point in points]
        if known and all(known):
            problem = f"{rival} predicts inside the claim's region at every condition: nothing could tell them apart"
            yield lookup.registry.mistake(path, problem, "narrow the region, or add conditions where they differ")


def _foresee_controls(lookup: Lookup, oracle: Oracle, name: str, claim: Claim) -> Iterator[Mistake]:
    for number, control in enumerate(claim.controls):
        path: KeyPath = ("claims", name, "controls", number, "truth")
        where = control.experiment or claim.experiment
        experiment = lookup.experiment(where)
        for tier in experiment.tiers if experiment else ():
            for point in _points(lookup, claim, where, tier, control.where):
                inside = _inside(oracle, claim, name, Prediction(path, control.truth), point)
                if inside is None or inside == (control.must == "hold"):
                    continue
                expected = "lies in the claim's region" if inside else "lies outside the claim's region"
                problem = f"the truth at {point.label} {expected}: this control cannot {control.must}"
                remedy = "choose conditions where the relation " + ("breaks" if control.must == "fail" else "holds")
                yield lookup.registry.mistake(path, problem, remedy)
                break


FAR = 10.0
"""Widths of T from which on a control that must fail shows little: a nearer failure may be thought of."""


def nearest_controls(lookup: Lookup, *, deep: bool) -> dict[str, float]:
    """By claim: how many widths of T its nearest control that must fail lies away; as far as that is known by now."""
    oracle = Oracle(lookup, deep=deep)
    with importable(lookup.registry.search_path):
        found = {name: _widths(lookup, oracle, name, claim) for name, claim in lookup.registry.falsifiable.items()}
    return {name: min(widths) for name, widths in found.items() if widths}


def _widths(lookup: Lookup, oracle: Oracle, name: str, claim: Claim) -> list[float]:
    return [
        away
        for number, control in enumerate(claim.controls)
        if control.must == "fail" and (experiment := lookup.experiment(control.experiment or claim.experiment))
        for tier in experiment.tiers
        for point in _points(lookup, claim, control.experiment or claim.experiment, tier, control.where)
        if (away := _away(oracle, claim, name, number, point)) is not None
    ]


def far_controls(registry: LoadedRegistry, *, deep: bool) -> Iterator[Mistake]:
    """Claims whose nearest control that must fail could hardly have passed, and that do not say why."""
    for name, widths in nearest_controls(Lookup(registry), deep=deep).items():
        if widths > FAR and registry.falsifiable[name].none_nearer is None:
            problem = f"the nearest control that must fail lies {widths:.0f} widths of T away"
            remedy = "add a nearer failure, or say why there is none (none_nearer): a sure failure shows little"
            yield registry.mistake(("claims", name, "controls"), problem, remedy)


def _away(oracle: Oracle, claim: Claim, name: str, number: int, point: Point) -> float | None:
    truth = Prediction(("claims", name, "controls", number, "truth"), claim.controls[number].truth)
    value = _compared(oracle, claim, name, truth, point)
    return None if value is None else widths_away(claim.agreement.by, claim.agreement.within, value)


def _inside(oracle: Oracle, claim: Claim, name: str, other: Prediction, point: Point) -> bool | None:
    """Whether another value would count as agreeing with the claim's prediction; None if that is not known yet."""
    value = _compared(oracle, claim, name, other, point)
    low, high = claim.agreement.within
    return None if value is None else low <= value <= high


def _compared(oracle: Oracle, claim: Claim, name: str, other: Prediction, point: Point) -> float | None:
    """Another value beside the claim's prediction, as a measurement would be; None if that is not known yet."""
    predicted = oracle.value(_main(name, claim), point, _fold_of(claim))
    value = oracle.value(other, point, _fold_of(claim))
    if predicted is None or value is None:
        return None
    try:
        return agreement(claim.agreement.by, value, predicted, name=str(claim.predicted))
    except Incomparable:
        return None


def _points(lookup: Lookup, claim: Claim, experiment: str, tier: str, where: Where) -> list[Point]:
    """The conditions that a claim looks at in a tier, with the tier's constants: what its theory will see."""
    constants = lookup.registry.experiments[experiment].tiers[tier].constants  # type: ignore[index]
    selected, axis = lookup.conditions(experiment, tier, where), folded_axis(claim)
    if axis is None:
        return [Point(grid.described(it), MappingProxyType({**constants, **it})) for it in selected]
    return [
        Point(
            grid.described(rest),
            MappingProxyType({**constants, **rest, axis: tuple(value for value, _ in along)}),
            tuple((value, MappingProxyType({**constants, **condition})) for value, condition in along),
        )
        for rest, along in grid.folded_groups(selected, axis)
    ]


def _main(name: str, claim: Claim) -> Prediction:
    return Prediction(("claims", name, "predicted"), claim.predicted)


def _fold_of(claim: Claim) -> str | None:
    return next(iter(claim.measured.along.values())) if isinstance(claim.measured, Folded) else None


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
