"""A fold: what a quantity tends to as the step size goes to zero."""

from __future__ import annotations

import numpy as np


def at_zero(axis_values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Value at step size 0 of the polynomial through all points, (trials,): Richardson's extrapolation.

    With a step sizes, the terms up to the power a - 1 of the step size are gone.
    """
    steps = np.asarray(axis_values, dtype=float)
    powers = np.vander(steps / steps.max(), increasing=True)
    return np.linalg.solve(powers, measured)[0]
