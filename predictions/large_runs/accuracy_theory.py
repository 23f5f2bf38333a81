"""Accuracy on the line: probits of accuracies on two test sets lie on one line for all models.

Miller et al. 2021 (arXiv 2107.04649): the probit is the inverse of the normal distribution function. The line comes
from the worse models.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri


def probit_accuracies(setting, given):
    """Mean accuracy on the other test set of each family ahead (families,), by the line in probits."""
    return _means(given, ndtr(np.polyval(given["probits"], ndtri(given["own"]))))


def straight_accuracies(setting, given):
    """The same by a line in the accuracies themselves."""
    return _means(given, np.clip(np.polyval(given["straight"], given["own"]), 0.0, 1.0))


def best_accuracies(setting, given):
    """What the best of the worse models has."""
    return np.full(len(given["own"]), given["best"])


def _means(given, accuracies):
    return np.average(accuracies, axis=1, weights=given["members"])
