"""A loss at one number of tokens as a curve in the number of parameters, L = E + A (N / 10^8)^-a."""

from __future__ import annotations

import numpy as np

UNIT = 1e8  # parameters


def curve_log_loss(curve, size):
    """ln L (sizes,) of ln E, ln A and a."""
    floor, factor, exponent = curve
    return np.log(np.exp(floor) + np.exp(factor) * (size / UNIT) ** -exponent)
