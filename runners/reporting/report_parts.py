"""What the models of a report are made of: frozen parts, and numbers and rows as JSON can hold them.

JSON has no infinities: they are the strings inf, -inf and nan there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

NOT_FINITE = ("inf", "-inf", "nan")


def _in_digits(digits: int) -> Callable[[Any], Any]:
    """An array as rows of numbers in so many digits."""

    def rows(values: Any) -> Any:
        if isinstance(values, np.ndarray) and values.ndim == 1:
            return tuple(float(f"{value:.{digits}g}") for value in values)
        return tuple(values) if isinstance(values, list | np.ndarray) else values

    return rows


def _number(value: Any) -> Any:
    """A number in eight digits: more than any region is narrow, and half of what a float is written with."""
    if isinstance(value, float):
        return float(f"{value:.8g}")
    return float(value) if isinstance(value, str) and value in NOT_FINITE else value


def _written(value: float) -> float | int | str:
    """As JSON has it: a word where there is no number, and a whole number without its `.0`."""
    if not math.isfinite(value):
        return str(value)
    return int(value) if value == int(value) and abs(value) < LARGEST_WHOLE else value


LARGEST_WHOLE = 1e6
"""Whole numbers below are shorter without an exponent."""
Number = Annotated[
    float,
    BeforeValidator(_number),
    PlainSerializer(_written, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"enum": list(NOT_FINITE)}]}),
]
Limits = tuple[Number, Number]
Row = Annotated[tuple[Number, ...], BeforeValidator(_in_digits(5))]
"""The trials of a condition."""
DrawnRow = Annotated[tuple[Number, ...], BeforeValidator(_in_digits(4))]
"""Places in a picture."""
DrawnRows = Annotated[tuple[DrawnRow, ...], BeforeValidator(_in_digits(4))]
Function = Annotated[Number | str, Field(union_mode="left_to_right")]
"""A number, or the `module:function` that computes it."""
AxisValue = str | bool | int | float
Condition = dict[str, AxisValue]
Verdict = Literal[
    "supported",
    "refuted",
    "partly",
    "vacuous",
    "inconclusive",
    "unavailable",
    "error",
    "not run",
    "not judged",
    "unfalsifiable",
]
Status = Literal["agrees", "disagrees", "undecided", "not applicable", "unavailable", "error", "not run", "not judged"]


class Part(BaseModel):
    """A part of a report: unknown keys are mistakes, and nothing changes after reading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, from_attributes=True, use_attribute_docstrings=True, serialize_by_alias=True
    )

    def model_post_init(self, context: Any) -> None:
        """One set of names for all that were given the same ones: else a third of a report's memory is such sets."""
        given = self.model_fields_set
        object.__setattr__(self, "__pydantic_fields_set__", _GIVEN.setdefault(frozenset(given), given))


_GIVEN: dict[frozenset[str], set[str]] = {}
