"""The angle at which most is forgotten."""

from __future__ import annotations

import numpy as np


def peak(angles: np.ndarray, forgetting: np.ndarray) -> np.ndarray:
    """Fold: where a parabola through the largest of (angles, trials) and its two neighbours has its top: (trials,).

    The largest itself if it is the first or the last; undefined where any value is not finite.
    """
    order = np.argsort(angles)
    angles, forgetting = np.asarray(angles, dtype=float)[order], np.asarray(forgetting, dtype=float)[order]
    found = []
    for values in forgetting.T:
        top = int(np.argmax(values))
        if not np.all(np.isfinite(values)):
            found.append(np.nan)
        elif top in (0, len(values) - 1):
            found.append(angles[top])
        else:
            square, slope, _ = np.polyfit(angles[top - 1 : top + 2], values[top - 1 : top + 2], 2)
            found.append(-slope / (2 * square))
    return np.array(found)
