"""Gadre et al.'s law of over-trained losses, and how an exponent in compute is read off losses.

L = E + (a M^eta + b M^-eta) C^-eta with M = D / N (Gadre et al. 2024, arXiv 2403.08540). It is the additive law with
exponents of size and tokens that are both 2 eta: N^-2eta = (6 M / C)^eta and D^-2eta = (6 / (C M))^eta. At any fixed M
the excess over E falls as C^-eta.
"""

from __future__ import annotations

import numpy as np

UNIT = 1e19  # FLOP, of a and b


def over_trained_log_loss(law, compute, ratio):
    """ln L (runs,) of ln E, ln a, ln b and eta, at compute and tokens a parameter (runs,)."""
    floor, rising, falling, eta = law
    terms = np.exp(rising + eta * np.log(ratio)) + np.exp(falling - eta * np.log(ratio))
    return np.log(np.exp(floor) + terms * (compute / UNIT) ** -eta)


def exponent_in_compute(runs, log_losses):
    """Minus the slope of ln L in ln C among runs of one multiplier, mean over corpora.

    `runs` (corpora, runs, 3) are compute, tokens a parameter and multiplier; ln L is (corpora, runs).
    """
    slopes = []
    for (compute, _, multiplier), values in zip(np.moveaxis(runs, -1, 1), log_losses):
        x, y = np.log(compute), np.array(values)
        for level in np.unique(multiplier):
            same = multiplier == level
            x[same] -= x[same].mean()
            y[same] -= y[same].mean()
        slopes.append(-(x @ y) / (x @ x))
    return np.mean(slopes)
