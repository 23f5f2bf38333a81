"""What a claim's page draws of its runs: places (3, points), the rows being x, y and the number of a series.

An experiment records three such arrays, which no verdict reads: `runs_given`, `runs_ahead`, and `forecast_line`, what
the law says in this resample; the line's band is its spread over the trials. Coordinates and series are named in the
observable's shape. Of sets without a licence only means over several runs are recorded, never a row.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

LINE = 13  # points of a forecast's line


def places(x: np.ndarray, y: np.ndarray, series: np.ndarray | float = 0) -> np.ndarray:
    """Points (3, points) of one or several series."""
    return np.stack(np.broadcast_arrays(x, y, series)).astype(float)


def joined(parts: Iterable[np.ndarray]) -> np.ndarray:
    """Several series as one array (3, points)."""
    return np.concatenate(list(parts), axis=1)


def along(x: np.ndarray, *, logarithmic: bool = True) -> np.ndarray:
    """Abscissae (13,) of a line over the range of x."""
    return (np.geomspace if logarithmic else np.linspace)(np.min(x), np.max(x), LINE)


def repeated(drawing: np.ndarray, trials: int) -> np.ndarray:
    """The same drawing for every trial (trials, 3, points)."""
    return np.repeat(drawing[None], trials, axis=0)
