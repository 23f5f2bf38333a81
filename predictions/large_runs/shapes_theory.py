"""Shape hardly matters: at one number of tokens the loss is a curve in the number of parameters alone.

Kaplan et al. 2020 (arXiv 2001.08361), section 3.1: parameters without embeddings; L = E + A (N / 10^8)^-a.
"""

from __future__ import annotations

import numpy as np

from predictions.large_runs.shape_curve import curve_log_loss


def shapeless_losses(setting, given):
    """Losses (9,) of the drawn shapes by their parameters without embeddings."""
    return np.exp(curve_log_loss(given["curve"], given["ahead"][:, 0]))


def with_embeddings_losses(setting, given):
    """The same by all parameters."""
    return np.exp(curve_log_loss(given["curve_with_embeddings"], given["ahead"][:, 1]))


def width_losses(setting, given):
    """The same by width alone, ln L = k - c ln width."""
    return np.exp(np.polyval(given["by_width"], np.log(given["ahead"][:, 2])))


def usual_losses(setting, given):
    """The geometric mean of the usual shapes' losses, whatever the size."""
    return np.full(len(given["ahead"]), given["usual_loss"])
