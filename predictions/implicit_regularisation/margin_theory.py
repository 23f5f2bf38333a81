"""How fast the weights of a separable logistic regression grow: the maximal margin, in several norms.

Conventions: z_i = y_i x_i, margin gamma = max over unit w of min_i z_i . w. On separable examples the loss
L = mean_i ln(1 + e^{-z_i . w}) falls like the exponential of the smallest margin, ln(1/L) = |w| gamma + O(1), once w
points along the maximal margin. Time, and with it the step sizes, is eliminated: d|w| / d ln(1/L) is predicted.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog, nnls


def max_margin_rate(setting, given) -> float:
    """1/gamma: w tends to the direction of the maximal margin. Soudry et al. 2018 (arXiv 1710.10345), theorem 3.

    Nacson et al. 2019 (arXiv 1803.01905) have the same limit, reached sooner, for steps normalised by the loss. Over a
    run, |w| adds -|b|^2 / |w|^2 to the rate, relatively, b being the part of w across the limit.
    """
    return np.linalg.norm(least_weights(given["signed_examples"]))


def preconditioned_rate(setting, given) -> float:
    """The same for the steps -P grad L, which maximise the margin at fixed w . P^{-1} w, P diagonal.

    Steepest descent in a norm maximises the margin in that norm: Gunasekar et al. 2018 (arXiv 1802.08246).
    """
    root = np.sqrt(given["preconditioner"])
    return np.linalg.norm(root * least_weights(given["signed_examples"] * root))


def max_norm_rate(setting, given) -> float:
    """The same for the largest margin at fixed max |w_k|: Adam's (Zhang, Zou and Cao 2024, arXiv 2406.10650)."""
    size = np.max(np.abs(given["signed_examples"]))
    examples = given["signed_examples"] / size  # the solver's tolerances are absolute
    count, features = examples.shape
    margin_last = np.append(np.zeros(features), -1.0)
    limits = [(-1, 1)] * features + [(None, None)]
    slack = np.hstack([-examples, np.ones((count, 1))])
    best = linprog(margin_last, A_ub=slack, b_ub=np.zeros(count), bounds=limits).x
    return np.linalg.norm(best[:-1]) / best[-1] / size


def mean_margin_rate(setting, given) -> float:
    """The same if the average example, not the one closest to the boundary, set the loss."""
    examples = given["signed_examples"]
    weights = least_weights(examples)
    return np.linalg.norm(weights) / np.mean(examples @ weights)


def least_weights(examples: np.ndarray) -> np.ndarray:
    """The w of least norm with z_i . w >= 1 for all i: (features,), of norm 1/gamma.

    Least-distance programming by non-negative least squares: Lawson and Hanson 1974, chapter 23. The dual is
    min |(Z^T; 1^T) u - (0; 1)| over u >= 0, and w = -r / r_last of its residual r.
    """
    size = np.max(np.abs(examples))  # else rounding would outweigh the row of ones, or be it
    stacked = np.vstack([examples.T / size, np.ones(len(examples))])
    unit = np.append(np.zeros(examples.shape[1]), 1.0)
    multipliers, _ = nnls(stacked, unit)
    residual = stacked @ multipliers - unit
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = -residual[:-1] / residual[-1] / size
    if not np.all(examples @ weights > 1 - 1e-6):
        raise ValueError("signed_examples are not separable, or by less than rounding: no w has z_i . w > 0 for all i")
    return weights
