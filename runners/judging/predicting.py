"""What a theory predicts for one trial, from the setting and what the trial was given, and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from runners.judging.isolation import Intrusion, isolated
from runners.registry.mistakes import suggestion
from runners.rule.comparison import Incomparable
from runners.whereabouts import definition, place


class TheoryError(Incomparable):
    """A theory function returned something that is no prediction."""


class NotGiven(TheoryError, KeyError):
    """A theory asks for something that it does not get."""

    def __str__(self) -> str:
        return str(self.args[0])


class _Known(dict):
    """What a theory gets; asked for more, it says what there is."""

    name, advice = "setting", ""

    def __missing__(self, key: str) -> Any:
        hint = suggestion(key, self) or "it is empty"
        raise NotGiven(f"asks {self.name} for {key!r}, which is not there; {hint}{self.advice}")


class _Given(_Known):
    name, advice = "given", "; what is measured is never given"


def predict(theory: float | Callable, setting: Mapping[str, Any], given: Mapping[str, Any], *, name: str) -> np.ndarray:
    """The prediction for one trial as a float64 array (0-dimensional for a number), checked to be finite."""
    with isolated():
        return predicted(theory, setting, given, name=name)


def predicted(
    theory: float | Callable, setting: Mapping[str, Any], given: Mapping[str, Any], *, name: str
) -> np.ndarray:
    """The same, for whoever has isolated this thread already: many trials cost less that way."""
    if not callable(theory):
        return np.asarray(theory, dtype=float)
    condition, known = _Known(setting), _Given(given)
    try:
        value = theory(MappingProxyType(condition), MappingProxyType(known))
    except NotGiven as error:
        raise NotGiven(f"{name} ({place(error)}) {error}") from error
    except Intrusion as error:
        raise TheoryError(f"{name} ({place(error)}) {error}") from error
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        problem = f"returned {type(value).__name__}, not a number or an array"
        raise TheoryError(f"{described(theory, name)} {problem}") from error
    if not (np.isfinite(array).all() if array.ndim else math.isfinite(array)):
        problem = "predicts a value that is not finite; a theory must predict a number"
        wrong = [key for key, it in given.items() if np.asarray(it).dtype.kind == "f" and not np.isfinite(it).all()]
        why = f"given[{wrong[0]!r}] is not finite" if wrong else not_finite(lambda: theory(condition, known))
        raise TheoryError(f"{described(theory, name)} {problem}{f' ({why})' if why else ''}")
    return array


def not_finite(ask: Callable[[], Any]) -> str:
    """Where numpy first computes what is no number: `divide by zero encountered in log at theory.py:12`; or nothing."""
    try:
        with isolated(), np.errstate(divide="raise", invalid="raise", over="raise"):
            ask()
    except FloatingPointError as error:
        return f"{error} at {place(error)}"
    except Exception:  # it did not raise before: then this is of the check's own making
        return ""
    return ""


def described(theory: float | Callable, name: str) -> str:
    """A theory's name, with the place of its function."""
    where = definition(theory) if callable(theory) else ""
    return f"{name} ({where})" if where else name
