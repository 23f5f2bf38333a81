"""Kernel ridge regression with a known spectrum, on Gaussian rows.

Model      the linear kernel of the features sqrt(lambda_i) phi_i, lambda_i = i^-a, i = 1 ... `modes`, a =
           `eigenvalue_exponent`; `ridge` on the unnormalised Gram matrix, 0 being the minimum-norm interpolator.
Data       `samples` rows phi ~ N(0, 1)^M; labels sum_i v_i phi_i plus noise of variance `noise_variance`, v_i^2
           proportional to i^-b with sum 1, b = `target_exponent`; test rows from the same distribution, or with
           features of spectrum i^-`test_exponent`.
Observed   test risk, that above the noise, training error and amplification of label noise.
Trial      the average over `draws` draws of rows, signs of v and noise; the test error of each fit is exact.
"""

from __future__ import annotations

import numpy as np

from predictions.feature_regression.gaussian_data import averages, draw_data, errors, ridge_coefficients
from predictions.feature_regression.setting import eigenvalues, test_variances


def prepare(setting, seeds):
    """Nothing is given: theories need the condition only. Rows are drawn where they are used; all would not fit."""
    return {}, {"seeds": seeds}


def measure(setting, state):
    """Test and excess risk, training error and noise gain, averaged over draws."""
    return averages(one_draw, setting, state["seeds"])


def one_draw(setting, generator: np.random.Generator) -> dict[str, float]:
    """The errors of one training set."""
    draw = draw_data(setting, setting["samples"], generator)
    scale = np.sqrt(eigenvalues(setting))
    design = draw.rows * scale
    weights = ridge_coefficients(design, draw.labels, setting["ridge"])
    return errors(
        draw,
        learned=scale[:, None] * weights,
        fitted=design @ weights,
        noise_variance=setting["noise_variance"],
        test_variances=test_variances(setting),
    )
