"""Draws: settings and seeds out of a domain, hashed from a salt that nobody knew when the claim was sealed.

Draw i of a claim is a pure function of (salt, name, i, domain). Each axis has its own hash, so that a setting depends
neither on the order of axes nor on other claims, and an axis added later moves no other. The name is the claim's, not
its seal's: saying the same thing in other words draws the same settings. A domain that several claims share is named
itself, and they share its draws.

A setting that the domain's `accept` refuses is drawn anew as a whole, with the number of the attempt in the hash: what
is accepted is uniform over the accepted part of the domain.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import exp, floor, log
from typing import Any, Literal

import numpy as np

from runners.rule.draw_outcomes import TRIALS

MOST_ATTEMPTS = 1_000
DIGITS = 6
"""Significant digits of a drawn number: what is printed is what is run."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, uniform on a scale; whole ones if both are and `whole` says so."""

    low: float
    high: float
    scale: Literal["linear", "log"] = "linear"
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"between [{self.low}, {self.high}]: the first number must be below the second")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"between [{self.low}, {self.high}]: a logarithmic scale needs numbers above 0")
        if self.whole and not (self.low == int(self.low) and self.high == int(self.high)):
            raise ValueError(f"between [{self.low}, {self.high}]: whole numbers have whole ends")

    def at(self, quantile: float) -> float | int:
        """The number at this quantile, in [0, 1).

        On a logarithmic scale a whole number k gets the share of [k - 1/2, k + 1/2].
        """
        if self.whole and self.scale == "linear":
            return int(self.low) + floor(quantile * (self.high - self.low + 1))
        margin = 0.5 if self.whole else 0.0
        low, high = self.low - margin, self.high + margin
        value = exp(log(low) + quantile * log(high / low)) if self.scale == "log" else low + quantile * (high - low)
        if self.whole:
            return min(max(round(value), int(self.low)), int(self.high))
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)


Axis = Range | Sequence[Any]
"""A range, or a list of levels, each as likely as another."""
Setting = dict[str, Any]


class EmptyDomain(ValueError):
    """Hardly any setting of the domain is accepted."""


def draw_setting(
    salt: str,
    name: str,
    number: int,
    domain: Mapping[str, Axis],
    accept: Callable[[Mapping[str, Any]], bool] = lambda setting: True,
) -> Setting:
    """The setting of a draw, counted from 1: a value for each axis of the domain."""
    for setting in attempts(salt, name, number, domain):
        if accept(setting):
            return setting
    raise EmptyDomain(
        f"{name}, draw {number}: {MOST_ATTEMPTS} settings in a row were refused; narrow the ranges of the domain to "
        "where it is accepted"
    )


def attempts(salt: str, name: str, number: int, domain: Mapping[str, Axis]) -> Iterator[Setting]:
    """The settings that a draw may be, in their order: the first one that is accepted is it."""
    for attempt in range(MOST_ATTEMPTS):
        yield {axis: _value(range_, _uniform(salt, name, number, attempt, axis)) for axis, range_ in domain.items()}


def draw_seeds(salt: str, name: str, number: int, trials: int = TRIALS) -> np.ndarray:
    """Seeds of the draw's block of trials: (trials,), uint64 below 2^63.

    No two draws share them, unlike the conditions of a grid: the bets need draws that are independent.
    """
    seeds = [_hash(salt, name, number, "seed", repeat) >> 1 for repeat in range(trials)]
    return np.array(seeds, dtype=np.uint64)


def _value(axis: Axis, quantile: float) -> Any:
    return axis.at(quantile) if isinstance(axis, Range) else axis[floor(quantile * len(axis))]


def _uniform(*names: str | int) -> float:
    """A number in [0, 1), of 53 bits."""
    return (_hash(*names) >> 11) / 2**53


def _hash(*names: str | int) -> int:
    """64 bits; as JSON, two lists of names never look the same."""
    return int.from_bytes(sha256(json.dumps(names).encode()).digest()[:8], "big")
