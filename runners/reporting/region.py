"""The region T of a claim: where agreement may lie, and how far from it a measurement is."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """The closed region [low, high] of a ratio, a difference, a relative distance or a share of trials."""

    by: str
    low: float
    high: float

    @property
    def logarithmic(self) -> bool:
        """Ratios are compared on a log scale, unless the region itself reaches below zero."""
        return self.by == "ratio" and self.high > 0 and (self.low >= 0 or math.isinf(self.low))

    @property
    def open_below(self) -> bool:
        """No value can be too low: half-infinite, or a ratio or distance from zero up."""
        return math.isinf(self.low) or (self.low == 0 and (self.logarithmic or self.by == "distance"))

    @property
    def open_above(self) -> bool:
        """No value can be too high: half-infinite, or a share up to all of them."""
        return math.isinf(self.high) or self.by == "share"

    @property
    def compares_trials(self) -> bool:
        """Whether the region is one of numbers that each trial has by itself."""
        return self.by in ("ratio", "difference")

    @property
    def exact(self) -> float:
        """The agreement of a measurement that equals its prediction."""
        return 1.0 if self.by in ("ratio", "share") else 0.0

    def position(self, agreement: float) -> float:
        """Signed distance from the middle of T in half-widths of T: the edges are at -1 and +1, nan stays nan.

        A region with one edge keeps it at -1 or +1; its unit is then a factor of two (ratio) or the edge's size.
        """
        low, high, value = map(self._coordinate, (self.low, self.high, agreement))
        if math.isinf(low) and math.isinf(high):
            return 0.0
        if math.isinf(low) or math.isinf(high):
            edge, side = (high, 1.0) if math.isinf(low) else (low, -1.0)
            unit = math.log(2) if self.logarithmic else abs(edge) or 1.0
            return side + (value - edge) / unit
        return (value - (low + high) / 2) / ((high - low) / 2 or 1.0)

    def reach(self, interval: tuple[float, float]) -> float:
        """How far the interval reaches towards an edge that counts, in half-widths of T: above 1 it leaves T."""
        low, high = map(self.position, interval)
        if math.isnan(low) or math.isnan(high):
            return math.inf
        sides = ([] if self.open_below else [-low]) + ([] if self.open_above else [high])
        return max(sides, default=-math.inf)

    def measured(self, agreement: float, predicted: float) -> float:
        """The measurement that has this agreement with a predicted value (ratio and difference only)."""
        return agreement * predicted if self.by == "ratio" else agreement + predicted

    def agreement(self, measured: float, predicted: float) -> float:
        """The agreement of a measured with a predicted scalar (ratio and difference only)."""
        if self.by == "difference":
            return measured - predicted
        return measured / predicted if predicted else math.nan

    def _coordinate(self, value: float) -> float:
        if not self.logarithmic:
            return value
        return math.log(value) if value > 0 else (math.nan if math.isnan(value) else -math.inf)
