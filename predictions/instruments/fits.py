"""Laws read off numbers."""

from __future__ import annotations

import numpy as np


def log_slope(x, y) -> float:
    """Exponent p of y ~ x^p: least-squares slope of ln y in ln x, x > 0 of two values or more.

    NaN where a y has no finite logarithm: a loss that diverged, or vanished.
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if not np.all(x > 0) or np.ptp(x) == 0:
        raise ValueError(f"x is {x.tolist()}, but a slope needs two different values, all above 0")
    if not np.all((y > 0) & np.isfinite(y)):
        return float("nan")
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])
