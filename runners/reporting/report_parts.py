"""What the models of a report are made of: frozen parts, and numbers and rows as JSON can hold them.

JSON has no infinities: they are the strings inf, -inf and nan there.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

NOT_FINITE = ("inf", "-inf", "nan")


def _five_digits(values: Any) -> Any:
    """An array as rows of numbers in five digits: what is drawn, and the trials of a condition."""
    if isinstance(values, np.ndarray) and values.ndim == 1:
        return tuple(float(f"{value:.5g}") for value in values)
    return tuple(values) if isinstance(values, list | np.ndarray) else values


Number = Annotated[
    float,
    BeforeValidator(lambda value: float(value) if isinstance(value, str) and value in NOT_FINITE else value),
    PlainSerializer(
        lambda value: str(value) if isinstance(value, float) and not math.isfinite(value) else value, when_used="json"
    ),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"enum": list(NOT_FINITE)}]}),
]
Limits = tuple[Number, Number]
Row = Annotated[tuple[Number, ...], BeforeValidator(_five_digits)]
Rows = Annotated[tuple[Row, ...], BeforeValidator(_five_digits)]
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
