"""The width at which networks test worst."""

from __future__ import annotations

import numpy as np

from predictions.forgetting.peaks import peak


def logarithmic_peak(widths: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """Fold: the top of (widths, trials) in logarithms of both, by a parabola through the largest and its neighbours."""
    return np.exp(peak(np.log(np.asarray(widths, dtype=float)), np.log(losses)))
