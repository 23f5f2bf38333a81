"""Piecewise linear interpolation of a random function on a grid of d-dimensional cells.

Model      the piecewise linear interpolant: the cube is cut into `cells_per_side`^d cells, d = `dimension`, and twice
           and four times as many a side, and each cell into the d! simplices on which the coordinates within the cell
           have one order; between the values at the corners f is linear. N is the number of cells.
Data       a random function on the cube [-1, 1]^d (`target`: smooth, or creased, of Hoelder exponent 1).
Observed   exponent of the mean squared error in N, at `test_samples` points.
Trial      one function and its test points.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.instruments.fits import log_slope
from predictions.scaling_laws.random_fields import Field, draw_field, field_values

REFINEMENTS = (1, 2, 4)  # times the condition's cells per side


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], list]:
    """Nothing is given: theories need the dimension only."""
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        field = draw_field(setting["target"], setting["dimension"], rng)
        trials.append((field, rng.uniform(-1, 1, (setting["test_samples"], setting["dimension"]))))
    return {}, trials


def measure(setting: Mapping, state: list) -> dict[str, np.ndarray]:
    """Exponent alpha of the error N^-alpha: (trials,)."""
    sides = np.array([factor * setting["cells_per_side"] for factor in REFINEMENTS])
    exponents = []
    for field, points in state:
        truth = field_values(field, points)
        errors = [np.mean((interpolate(field, points, side) - truth) ** 2) for side in sides]
        exponents.append(-log_slope(sides ** setting["dimension"], errors))
    return {"size_exponent": np.array(exponents)}


def interpolate(field: Field, points: np.ndarray, side: int) -> np.ndarray:
    """Values (rows,) of the piecewise linear interpolant with `side` cells a side, at points (rows, d) of the cube."""
    position = (points + 1) * side / 2
    corner = np.minimum(np.floor(position), side - 1)
    within = position - corner
    order = np.argsort(-within, axis=1)  # largest first: from the lowest corner, a step along each coordinate in turn
    heights = np.take_along_axis(within, order, axis=1)
    weights = -np.diff(heights, axis=1, prepend=1, append=0)  # (rows, d + 1), of sum 1
    values = np.zeros(len(points))
    for step in range(points.shape[1] + 1):
        if step:
            np.put_along_axis(
                corner, order[:, [step - 1]], np.take_along_axis(corner, order[:, [step - 1]], axis=1) + 1, axis=1
            )
        values += weights[:, step] * field_values(field, 2 * corner / side - 1)
    return values
