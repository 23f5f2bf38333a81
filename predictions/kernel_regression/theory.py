"""The test error of kernel ridge regression, estimated from training sets alone.

With A = K/n + lambda 1, in the convention min_f (1/n) sum_i (f(x_i) - y_i)^2 + lambda |f|_K^2, each training set gives
`squared_dual` (1/n) y' A^-2 y, `resolvent_trace` (1/n) Tr A^-1 and `leave_one_out_error`; a trial has several training
sets, (splits,), and errors are averages over them. Errors are mean squares; labels have variance one.
"""

from __future__ import annotations

import numpy as np


def alignment_risk(setting, given):
    """The KARE: rho = (1/n) y' (K/n + lambda)^-2 y / [(1/n) Tr (K/n + lambda)^-1]^2. Jacot et al. 2020 (2006.09796).

    The same number as generalised cross-validation (Craven & Wahba 1978).
    """
    return np.mean(given["squared_dual"] / given["resolvent_trace"] ** 2)


def alignment_explained(setting, given):
    """Share of the test labels' variance that the KARE says is explained, 1 - rho."""
    return 1 - alignment_risk(setting, given)


def leave_one_out_risk(setting, given):
    """Mean square of the error at a training image by the fit to all others, n lambda fixed: no random matrices.

    (1/n) sum_i ((A^-1 y)_i / (A^-1)_ii)^2; the KARE puts the mean of (A^-1)_ii in place of each.
    """
    return np.mean(given["leave_one_out_error"])


def training_risk(setting, given):
    """Mean squared residual on the training images, lambda^2 (1/n) y' A^-2 y."""
    return np.mean(setting["ridge"] ** 2 * given["squared_dual"])


def training_explained(setting, given):
    """Share of variance that would be explained if test images were fitted as well as training images."""
    return 1 - training_risk(setting, given)
