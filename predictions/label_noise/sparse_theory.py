"""Noisy labels in a diagonal linear network b = u^2 - v^2: a penalty whose scale shrinks.

A step multiplies u_i by 1 - 2 eta g_i and v_i by 1 + 2 eta g_i, g = X^T (residual and noise) / n. Where the residual is
gone, asinh(b / 2 s) is in the row space of X, s = u v: b is the interpolating minimiser of the hyperbolic entropy at
the scale s (`predictions.diagonal_linear_networks.theory`). Without noise s stays; a step multiplies it by 1 - 4 eta^2
g_i^2, and with the stationary residuals of `predictions.label_noise.theory` on top of fresh noise of variance sigma^2,

    d ln s_i / dk = -4 eta^2 <g_i^2> = -(4 eta^2 sigma^2 / n) [X^T (1 - eta K / 2)^{-1} X]_ii / n,

K = (4/n) X diag(u^2 + v^2) X^T, u^2 + v^2 = (b^2 + 4 s^2)^{1/2}. For small steps each scale falls exponentially, and b
tends to the interpolator of least sum_i |x_i|^2 |b_i| / n, which is also that of least tr H. Li, Wang and Arora 2021
(arXiv 2110.06914), section on the sparse regression of Woodworth et al.; Pillaud-Vivien, Reygner and Flammarion 2022
(arXiv 2206.09841) in continuous time.
"""

from __future__ import annotations

import numpy as np

from predictions.diagonal_linear_networks.theory import least_absolute_norm, shifted_hypentropy_minimiser

SCALE_STEPS = 24


def shrinking_scale(setting, given):
    """b after the steps of the run, (dimension,)."""
    rows, labels, rate = given["inputs"], given["labels"], float(given["rate"])
    time = float(given["steps"]) / SCALE_STEPS
    logarithms = np.full(rows.shape[1], 2 * np.log(setting["alpha"]))

    def fall(logarithms):
        b = _minimiser(rows, labels, np.exp(logarithms))
        kernel = 4 / len(rows) * (rows * np.hypot(b, 2 * np.exp(logarithms))) @ rows.T
        amplified = np.linalg.solve(np.eye(len(rows)) - rate / 2 * kernel, rows)
        return -4 * (rate * setting["label_noise"] / len(rows)) ** 2 * np.sum(rows * amplified, axis=0)

    for _ in range(SCALE_STEPS):
        logarithms = logarithms + time * fall(logarithms + time / 2 * fall(logarithms))
    return _minimiser(rows, labels, np.exp(logarithms))


def shrinking_scale_of_small_steps(setting, given):
    """The same, were eta K small: s_i = alpha^2 exp(-4 slow_time |x_i|^2 / n)."""
    rows = given["inputs"]
    shrunk = np.exp(-4 * setting["slow_time"] * np.mean(rows**2, axis=0))
    return _minimiser(rows, given["labels"], setting["alpha"] ** 2 * shrunk)


def first_minimum(setting, given):
    """b before the noise: the scale is alpha^2."""
    rows = given["inputs"]
    return _minimiser(rows, given["labels"], np.full(rows.shape[1], setting["alpha"] ** 2))


def least_trace(setting, given):
    """The interpolator of least tr H, (dimension,): least weighted l1 norm, the weights |x_i|^2 / n."""
    weights = np.mean(given["inputs"] ** 2, axis=0)
    return least_absolute_norm(setting, {"rows": given["inputs"] / weights, "labels": given["labels"]}) / weights


def _minimiser(rows, labels, scale):
    """The interpolating b of least hyperbolic entropy at these scales, (dimension,)."""
    u = np.sqrt(scale)
    return shifted_hypentropy_minimiser({}, {"rows": rows, "labels": labels, "u": u, "v": u})
