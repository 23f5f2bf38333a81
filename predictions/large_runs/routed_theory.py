"""The loss of routed language models, log L = a log N + b log E + c log N log E + d.

Clark et al. 2022 (arXiv 2202.01169), section 4, eq. 7: N parameters that a token sees, E experts; coefficients come
from the models that were not held out.
"""

from __future__ import annotations

import numpy as np


def bilinear_log_loss(setting, given):
    """Mean ln L of the models ahead by the law with its interaction, c log N log E."""
    a, b, c, d = given["law"]
    size, experts = given["size"], given["experts"]
    return np.average(a * size + b * experts + c * size * experts + d, weights=given["counts"])


def separable_log_loss(setting, given):
    """The same without it: experts help models of all sizes alike."""
    a, b, d = given["separable"]
    return np.average(a * given["size"] + b * given["experts"] + d, weights=given["counts"])


def nearest_log_loss(setting, given):
    """The mean ln L of the nearest models that were not held out."""
    return given["nearest"]
