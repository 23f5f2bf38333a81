"""What counting parameters says of the difference between test and training error."""

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
