"""Measured beside predicted, trial by trial: the numbers that are held against the region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from runners.isolation import Intrusion, isolated


class TheoryError(Exception):
    """A theory function returned something that cannot be compared."""


def predict(theory: float | Callable, setting: Mapping[str, Any], given: Mapping[str, Any], *, name: str) -> np.ndarray:
    """The prediction for one trial as a float64 array (0-dimensional for a number), checked to be finite."""
    if not callable(theory):
        return np.asarray(theory, dtype=float)
    try:
        with isolated():
            value = theory(MappingProxyType(dict(setting)), MappingProxyType(dict(given)))
    except Intrusion as error:
        raise TheoryError(f"{name} {error}") from error
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError) as error:
        raise TheoryError(f"{name} returned {type(value).__name__}, not a number or an array") from error
    if not np.all(np.isfinite(array)):
        raise TheoryError(f"{name} returned a value that is not finite; a theory must predict a number")
    return array


def agreement(by: str, measured: np.ndarray, predicted: np.ndarray, *, name: str) -> float:
    """Ratio, difference or relative L2 distance of one trial; infinite where the measurement is not finite."""
    if measured.shape != predicted.shape:
        raise TheoryError(f"{name} predicts shape {predicted.shape}, but the observable has shape {measured.shape}")
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
