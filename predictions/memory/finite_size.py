"""What infinitely large networks would do, from finite ones."""

from __future__ import annotations

import numpy as np


def infinite_network(neurons: np.ndarray, loads: np.ndarray) -> np.ndarray:
    """Fold: intercept of the straight line in N^(-2/3) through loads (sizes, trials): (trials,).

    Close to where a metastable state ends, at a distance e, the barrier around it is of the order N e^(3/2), so that
    networks of N spins reach the end within N^(-2/3). A load that is not finite leaves a trial undefined.
    """
    steps = np.asarray(neurons, dtype=float) ** (-2 / 3)
    if len(np.unique(steps)) < 2:
        raise ValueError(f"sizes are {np.asarray(neurons).tolist()}, but a line needs two different ones")
    weights = np.linalg.pinv(np.vander(steps, 2, increasing=True))[0]
    with np.errstate(invalid="ignore"):
        return np.where(np.isfinite(loads).all(axis=0), weights @ loads, np.nan)
