"""What distances to nearest neighbours, and covariances, say of the dimension of a manifold."""

from __future__ import annotations

import numpy as np


def manifold_dimension(setting, given):
    """d: r_2/r_1 is Pareto with exponent d where the density hardly changes over r_2. Facco et al. 2017, equation 5."""
    return setting["dimension"]


def participation_dimension(setting, given):
    """(sum lambda)^2 / sum lambda^2 over the covariance spectrum: how many directions the points fill."""
    spectrum = given["spectrum"]
    return float(np.sum(spectrum) ** 2 / np.sum(spectrum**2))
