"""What a claim's page draws of its runs: points (3, n), the rows being x, y and the number of a series.

An experiment records three such arrays, which no verdict reads: `runs_given`, `runs_ahead`, and `forecast_line`, what a
law says in this resample; the line's band is its spread over the trials. The shape that the registry declares begins
with the names of coordinates and series, and the page says them. Of sets without a licence only means over several
runs, or minima of curves, are recorded, never a row.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

LINE = 13  # points of a forecast's line
NAMES = ("runs_given", "runs_ahead", "forecast_line")
NOTHING = np.empty((3, 0))


class Drawings:
    """The drawings of one trial after another."""

    def __init__(self) -> None:
        self.trials: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def add(self, given: np.ndarray, ahead: np.ndarray, line: np.ndarray) -> None:
        """Those of the next trial."""
        self.trials.append((given, ahead, line))

    def arrays(self) -> dict[str, np.ndarray]:
        """`runs_given`, `runs_ahead` and `forecast_line`, each (trials, 3, n)."""
        return {name: np.array(values) for name, values in zip(NAMES, zip(*self.trials, strict=True), strict=True)}


def places(x: np.ndarray, y: np.ndarray, series: np.ndarray | float = 0) -> np.ndarray:
    """Points (3, n) of one or several series."""
    return np.stack([it.ravel() for it in np.broadcast_arrays(x, y, series)]).astype(float)


def joined(parts: Iterable[np.ndarray]) -> np.ndarray:
    """Several series as one array (3, n)."""
    return np.concatenate(list(parts), axis=1)


def along(x: np.ndarray, *, logarithmic: bool = True) -> np.ndarray:
    """Abscissae (13,) of a line over the range of x."""
    return (np.geomspace if logarithmic else np.linspace)(np.min(x), np.max(x), LINE)


def equality(values: np.ndarray) -> np.ndarray:
    """The line on which what is measured is what was forecast, over the range of the values."""
    return places(along(values), along(values))


def power_through(x: np.ndarray, y: np.ndarray, exponent: float, over: np.ndarray, series: float = 0) -> np.ndarray:
    """A power of this exponent through the middle of points in logarithms, over the range of `over`."""
    line = along(over)
    with np.errstate(invalid="ignore"):
        level = np.mean(np.log(y)) - exponent * np.mean(np.log(x))
        return places(line, np.exp(level + exponent * np.log(line)), series)
