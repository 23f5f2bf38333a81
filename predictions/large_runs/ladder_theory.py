"""Tasks in two steps: bits a byte of right answers from size and tokens, accuracy from bits.

Bhagia et al. 2024 (arXiv 2412.04403), section 3: bits = E + A N^-alpha + B D^-beta, accuracy a sigmoid of bits. All
constants come from models of at most 3B parameters; `large` holds N, D and C of the model ahead.
"""

from __future__ import annotations

import numpy as np

from predictions.scaling_laws.theory import additive_law


def ladder_bits(setting, given):
    """Bits a byte of each drawn task (8,), by the additive law."""
    size, tokens, _ = given["large"]
    return np.array([additive_law(surface, size, tokens) for surface in given["surface"]])


def straight_bits(setting, given):
    """The same by a power of compute without a floor."""
    log_compute = np.log(given["large"][2])
    return np.exp(given["lines"][:, 1] + given["lines"][:, 0] * log_compute)


def nearest_bits(setting, given):
    """The bits of the small model of most compute."""
    return given["nearest"][:, 0]


def ladder_accuracy(setting, given):
    """Accuracies (8,): the sigmoid of the bits that the additive law predicts."""
    floor, height, middle, steepness = given["sigmoid"].T
    return floor + height / (1 + np.exp(steepness * (ladder_bits(setting, given) - middle)))


def straight_accuracy(setting, given):
    """The same by straight lines in the logarithm of compute, up to 1."""
    log_compute = np.log(given["large"][2])
    return np.minimum(given["lines"][:, 3] + given["lines"][:, 2] * log_compute, 1.0)


def nearest_accuracy(setting, given):
    """The accuracies of the small model of most compute."""
    return given["nearest"][:, 1]
