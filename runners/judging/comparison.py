"""Measured beside predicted, trial by trial: the numbers that are held against the region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from runners.judging.isolation import Intrusion, isolated
from runners.registry.mistakes import suggestion
from runners.whereabouts import definition, place


class TheoryError(Exception):
    """A theory function returned something that cannot be compared."""


class NotGiven(TheoryError, KeyError):
    """A theory asks for something that it does not get."""

    def __str__(self) -> str:
        return str(self.args[0])


class _Known(dict):
    """What a theory gets; asked for more, it says what there is."""

    def __init__(self, name: str, content: Mapping[str, Any], advice: str):
        super().__init__(content)
        self._name, self._advice = name, advice

    def __missing__(self, key: str) -> Any:
        hint = suggestion(key, self) or "it is empty"
        raise NotGiven(f"asks {self._name} for {key!r}, which is not there; {hint}{self._advice}")


def predict(theory: float | Callable, setting: Mapping[str, Any], given: Mapping[str, Any], *, name: str) -> np.ndarray:
    """The prediction for one trial as a float64 array (0-dimensional for a number), checked to be finite."""
    if not callable(theory):
        return np.asarray(theory, dtype=float)
    condition = _Known("setting", setting, "")
    known = _Known("given", given, "; what is measured is never given")
    try:
        with isolated():
            value = theory(MappingProxyType(condition), MappingProxyType(known))
    except NotGiven as error:
        raise NotGiven(f"{name} ({place(error)}) {error}") from error
    except Intrusion as error:
        raise TheoryError(f"{name} ({place(error)}) {error}") from error
    name = described(theory, name)
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise TheoryError(f"{name} returned {type(value).__name__}, not a number or an array") from error
    if not np.all(np.isfinite(array)):
        raise TheoryError(f"{name} predicts a value that is not finite; a theory must predict a number")
    return array


def described(theory: float | Callable, name: str) -> str:
    """A theory's name, with the place of its function."""
    where = definition(theory) if callable(theory) else ""
    return f"{name} ({where})" if where else name


def agreement(by: str, measured: np.ndarray, predicted: np.ndarray, *, name: str) -> float:
    """Ratio, difference or relative L2 distance of one trial; infinite where the measurement is not finite."""
    if measured.shape != predicted.shape:
        problem = f"{name} predicts shape {predicted.shape}, but the observable has shape {measured.shape} in a trial"
        raise TheoryError(f"{problem}; return {'a number' if not measured.shape else 'an array of that shape'}")
    if by == "distance":
        norm = float(np.linalg.norm(predicted))
        if norm == 0:
            raise TheoryError(f"{name} predicts zeros: a relative distance to them is undefined; compare by difference")
        return float(np.linalg.norm(measured - predicted)) / norm if np.all(np.isfinite(measured)) else np.inf
    number, reference = float(measured), float(predicted)
    if np.isnan(number):
        return np.inf
    if by == "difference":
        return number - reference
    if reference == 0:
        raise TheoryError(f"{name} predicts 0: a ratio to it is undefined; compare by difference")
    return number / reference


def against(values: np.ndarray, within: tuple[float, float]) -> np.ndarray:
    """Agreement values of which what is not finite lies outside the region: an open side must not take it in."""
    low, high = within
    inside = np.isinf(values) & (values >= low) & (values <= high)
    return np.where(inside, -np.inf if high == np.inf else np.inf, values)


def region_in_units(by: str, within: tuple[float, float], predicted: float) -> tuple[float, float]:
    """The region T in the observable's own units, at this prediction."""
    if by == "difference":
        return predicted + within[0], predicted + within[1]
    low, high = sorted((within[0] * predicted, within[1] * predicted))
    return low, high
