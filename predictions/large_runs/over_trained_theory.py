"""Over-trained losses and their exponent in compute, by Gadre et al.'s law (`over_trained_law`) and by rivals.

All constants come from five small runs of each corpus: four at 20 tokens a parameter, the smallest also at 320.
"""

from __future__ import annotations

import numpy as np

from predictions.large_runs.over_trained_law import exponent_in_compute, over_trained_log_loss


def law_losses(setting, given):
    """Losses (3, runs) of the drawn runs, by the law of the five runs of each corpus."""
    return np.exp([over_trained_log_loss(law, *runs.T[:2]) for law, runs in zip(given["fit"], given["ahead"])])


def straight_losses(setting, given):
    """The same by ln L = k - p ln N - q ln D, least squares of the five."""
    compute, ratio, _ = np.moveaxis(given["ahead"], -1, 0)
    size, tokens = np.sqrt(compute / ratio / 6), np.sqrt(compute * ratio / 6)
    level, by_size, by_tokens = given["plane"].T[..., None]
    return np.exp(level + by_size * np.log(size) + by_tokens * np.log(tokens))


def nearest_losses(setting, given):
    """The nearest of the five."""
    return given["nearest"]


def law_exponent(setting, given):
    """Minus the slope of the law's ln L in ln C within multipliers, over the same runs."""
    return exponent_in_compute(given["ahead"], np.log(law_losses(setting, given)))


def straight_exponent(setting, given):
    """The same of straight lines."""
    return exponent_in_compute(given["ahead"], np.log(straight_losses(setting, given)))


def no_exponent(setting, given):
    """Nothing is gained by a larger model at the same number of tokens a parameter."""
    return 0.0
