"""Ridge regression on random features of Gaussian rows: a two-layer linear network whose first layer stays random.

Model      k features g_j = sum_i W_ji sqrt(lambda_i) phi_i / sqrt(k), lambda_i = i^-a, i = 1 ... `modes`, a =
           `eigenvalue_exponent`, W_ji ~ N(0, i^-c), c = `weight_exponent`: 0 unless the weights are tilted towards the
           leading modes; `ridge` on the unnormalised Gram matrix. The smaller of n and k is `size`, k/n is
           `features_per_sample`.
Data       n rows phi ~ N(0, 1)^M; labels sum_i v_i phi_i plus noise of variance `noise_variance`, v_i^2 proportional to
           i^-b with sum 1, b = `target_exponent`.
Observed   test risk, that above the noise, training error and amplification of label noise.
Trial      the average over `draws` draws of rows, features, signs of v and noise; test errors are exact.
"""

from __future__ import annotations

import numpy as np

from predictions.feature_regression.gaussian_data import averages, draw_data, errors, ridge_coefficients
from predictions.feature_regression.setting import feature_eigenvalues, samples_and_features


def prepare(setting, seeds):
    """Nothing is given: theories need the condition only. Rows are drawn where they are used; all would not fit."""
    return {}, {"seeds": seeds}


def measure(setting, state):
    """Test and excess risk, training error and noise gain, averaged over draws."""
    return averages(one_draw, setting, state["seeds"])


def one_draw(setting, generator: np.random.Generator) -> dict[str, float]:
    """The errors of one training set and one set of features."""
    samples, features = samples_and_features(setting)
    of_data, of_weights = generator.spawn(2)
    draw = draw_data(setting, samples, of_data)
    weights = of_weights.standard_normal((features, setting["modes"]))
    readout = weights * np.sqrt(feature_eigenvalues(setting) / features)  # feature_j = sum_i readout_ji phi_i
    design = draw.rows @ readout.T
    coefficients = ridge_coefficients(design, draw.labels, setting["ridge"])
    return errors(
        draw,
        learned=readout.T @ coefficients,
        fitted=design @ coefficients,
        noise_variance=setting["noise_variance"],
        test_variances=np.ones(setting["modes"]),
    )
