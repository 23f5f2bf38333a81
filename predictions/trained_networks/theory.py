"""What counting parameters, and flatness, are said to say of trained networks' errors."""

from __future__ import annotations

import numpy as np


def capacity_deviation(setting, given):
    """sqrt(W L ln W / n) for W trained weights in L trained layers, the VC bound on the gap up to a constant factor.

    Deviations are of order sqrt(VC dimension / n), and the VC dimension of ReLU networks is of order W L ln W:
    Bartlett, Harvey, Liaw & Mehrabian 2019, equation 2. A trained readout is a linear class with W weights and L = 1.
    """
    width, classes, features = setting["width"], given["classes"], given["features"]
    readout = (width + 1) * classes
    if setting["trained"] == "readout":
        weights, layers = readout, 1
    else:
        weights, layers = readout + (features + 1) * width, 2
    return float(np.sqrt(weights * layers * np.log(weights) / setting["rows"]))


def no_training_errors(setting, given):
    """Share of training rows that are judged wrongly: 0, whatever their labels. Zhang et al. 2017, section 1."""
    return 0.0


def ordered_by_flatness(setting, given):
    """Kendall's tau of sharpness and test error: 3/4, between three pairs of four in order (1/2) and all of them (1).

    After Keskar et al. 2017 (arXiv 1609.04836), abstract, as commonly told; the mark of three pairs is this registry's.
    """
    return 3 / 4
