"""How a similarity changes along the width of the networks."""

from __future__ import annotations

import numpy as np


def rise(axis_values: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Fold: value at the largest axis value less that at the smallest, (trials,)."""
    return measured[np.argmax(axis_values)] - measured[np.argmin(axis_values)]
