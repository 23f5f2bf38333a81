"""How the compute-optimal size grows: N ~ C^a.

An additive law has a = beta / (alpha + beta) (Hoffmann et al. 2022, arXiv 2203.15556, eq. 4). Leaving
the last layer out of the count of parameters bends it (Porian et al. 2024, arXiv 2406.19146; Pearce and Song 2024,
arXiv 2406.12907).
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import PchipInterpolator

from predictions.scaling_laws.theory import additive_law

FINE = 4000  # sizes between the smallest and the largest model


def other_corpus_exponent(setting, given):
    """The exponent under the same protocol on RefinedWeb. Porian et al. 2024 (arXiv 2406.19146), figure 1."""
    return given["other_corpus"]


def recounted_exponent(setting, given):
    """Slope of ln N against ln C, both without the last layer, of the surface of runs whose count includes it.

    The least loss at each budget is found among sizes between the models, N with the layer being a smooth function of N
    without it; runs of D tokens cost 6 N D by either count.
    """
    without, with_layer = np.log(given["sizes"].T)
    log_size = np.linspace(without[0], without[-1], FINE)
    counted = np.exp(PchipInterpolator(without, with_layer)(log_size))
    budgets = given["budgets"]
    best = [log_size[additive_law(given["counted"], counted, c / (6 * np.exp(log_size))).argmin()] for c in budgets]
    return np.polyfit(np.log(budgets), best, 1)[0]


def counted_exponent(setting, given):
    """beta / (alpha + beta) of that surface: as if leaving the last layer out changed nothing."""
    _, _, alpha, _, beta = given["counted"]
    return beta / (alpha + beta)
