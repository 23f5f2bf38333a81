"""Laws read off numbers."""

from __future__ import annotations

import numpy as np


def log_slope(x, y) -> float:
    """Exponent p of y ~ x^p: least-squares slope of ln y in ln x."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])
