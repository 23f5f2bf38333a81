"""Errors of models fitted to labels of their predecessors; mean squares without 1/2, label noise of variance one."""

from __future__ import annotations

import numpy as np


def refitted_risk(setting, given):
    """Excess risk of least squares after g generations of T Gaussian rows in d directions, noise of variance 1. Exact.

    With S_i = sum_{j <= i} X_j' X_j the normal equations give w_i = w_{i-1} + S_i^-1 X_i' e_i, so that the errors of
    all generations add up. Accumulated, that of number i is E tr S_i^-1 / i, as its rows are one i-th of all alike:

        replace     g d / (T - d - 1),        accumulate     sum_{i <= g} d / (i (i T - d - 1)).

    Gerstgrasser et al. 2024 (arXiv 2404.01413), theorem 1, bound the second by pi^2/6 of the first generation's.
    """
    count, rows = setting["dimension"], round(setting["rows_per_weight"] * setting["dimension"])
    generation = np.arange(1, setting["generations"] + 1)
    if setting["fit"] == "replace":
        return setting["generations"] * count / (rows - count - 1)
    return np.sum(count / (generation * (generation * rows - count - 1)))


def first_risk(setting, given):
    """Excess risk of the first generation, as if what models say of data did no harm: d / (T - d - 1)."""
    return refitted_risk({**setting, "generations": 1}, given)


def replaced_risk(setting, given):
    """Excess risk that grows with the number of generations, whatever they are fitted to."""
    return setting["generations"] * first_risk(setting, given)


def growth(setting, given):
    """Error of generation g over that of the first, for an unbiased linear fit to fixed rows: g, or sum_{i <= g} 1/i^2.

    w_i = w_{i-1} + (X' X)^-1 X' e_i / i if all labels given so far are kept for the same rows.
    """
    generation = np.arange(1, setting["generations"] + 1)
    return float(setting["generations"] if setting["fit"] == "replace" else np.sum(generation**-2.0))


def linear_growth(setting, given):
    """The number of generations, whatever they are fitted to."""
    return float(setting["generations"])


def no_growth(setting, given):
    """One: the last generation errs as the first."""
    return 1.0


def accumulated_bound(setting, given):
    """The sum of all 1/i^2, pi^2/6: what accumulated labels of any number of generations cost a linear fit."""
    return np.pi**2 / 6
