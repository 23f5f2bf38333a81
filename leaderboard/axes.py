"""Axes of figures: from a number to a fraction of the axis' length, and round numbers to mark on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """A linear or logarithmic axis from low to high (both finite; positive where logarithmic)."""

    low: float
    high: float
    logarithmic: bool = False

    @classmethod
    def around(cls, values: Sequence[float], *, logarithmic: bool = False, margin: float = 0.06) -> Axis:
        """The axis that shows all these finite values with a margin at both ends (a fraction of the spread)."""
        if logarithmic:
            inner = cls.around([math.log(value) for value in values if value > 0], margin=margin)
            return cls(math.exp(inner.low), math.exp(inner.high), True)
        low, high = min(values), max(values)
        pad = margin * (high - low) if high > low else 0.1 * abs(low) or 1.0
        return cls(low - pad, high + pad)

    def fraction(self, value: float) -> float:
        """0 at the low end, 1 at the high end; beyond them for values that the axis does not reach, nan for nan."""
        if not self.logarithmic:
            return (value - self.low) / (self.high - self.low)
        if value <= 0:
            return -math.inf
        return math.log(value / self.low) / math.log(self.high / self.low) if math.isfinite(value) else value

    def ticks(self, count: int = 5) -> list[float]:
        """About `count` round numbers inside the axis."""
        if self.logarithmic:
            decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            for step, mantissas in ((1, (1, 2, 5)), (1, (1, 3)), (1, (1,)), (2, (1,)), (3, (1,)), (6, (1,))):
                marks = [m * 10.0**d for d in decades if d % step == 0 for m in mantissas]
                marks = [mark for mark in marks if self.low <= mark <= self.high]
                if len(marks) <= count + 1:
                    break
            if len(marks) >= 3:
                return marks
        # Linear, or a logarithmic axis too short for round numbers of its own.
        rough = (self.high - self.low) / count
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * m for m in (1, 2, 5, 10) if power * m >= rough * 0.999)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [i * step for i in range(first, last + 1)]


def spans_decades(values: Sequence[float], *, factor: float = 10.0) -> bool:
    """Whether a logarithmic axis shows these values better: all positive and apart by more than the factor."""
    return bool(values) and min(values) > 0 and max(values) / min(values) > factor
