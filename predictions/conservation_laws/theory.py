"""Charges that symmetries conserve, the loss that steps dissipate, and the finite-step terms of both.

Conventions: loss L = 1/2 mean_i (f(x_i) - y_i)^2, step eta, time t = eta x steps. A unit a relu(w . x) is unchanged by
(a, w) -> (a / c, c w), so that a dL/da = w . dL/dw, and its charge D = a^2 - |w|^2 changes in a step by

    D_{n+1} - D_n = eta^2 q_n,    q = (dL/da)^2 - |dL/dw|^2,

exactly: the terms of first order cancel. Gradient flow conserves D (Du, Hu and Lee 2018, arXiv 1806.00900, theorem
2.1); over a fixed time, descent moves it in proportion to eta (Kunin et al. 2021, arXiv 2012.04728).
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

UNIT_ROUNDOFF = 2.0**-53


def relative_drift(setting, given) -> float:
    """`_drift` over |D(0)|, norms over units."""
    return np.linalg.norm(_drift(setting, given)) / np.linalg.norm(given["initial_charges"])


def drift_under_decay(setting, given) -> float:
    """The same with a weight decay so small that the path is the same: less the share of each charge that it takes."""
    lost = decayed_share(setting, given) * given["initial_charges"]
    return np.linalg.norm(_drift(setting, given) - lost) / np.linalg.norm(given["initial_charges"])


def _drift(setting, given) -> np.ndarray:
    """D(T) - D(0) of each unit that steps of size eta cause in a fixed time T: (units,).

    The sum of eta^2 q_n over steps is, up to O(eta^3), eta int_0^T q dt + (eta^2 / 2) (q(0) - q(T)) along the path
    that descent really takes: the modified flow dv/dt = -g(v + (eta / 2) g(v)), g = dL/dv, which agrees with
    -g - (eta / 2) H g up to O(eta^2). The last two terms are the finite-step ones.
    """
    eta, time = setting["learning_rate"], setting["time"]
    start = np.concatenate([given["initial_inner"].ravel(), given["initial_outer"]])
    units, size = len(given["initial_outer"]), len(start)

    def flow(_, extended):
        weights = extended[:size]
        gradient = loss_gradient(weights, given["inputs"], given["targets"])
        motion = -loss_gradient(weights + eta / 2 * gradient, given["inputs"], given["targets"])
        return np.concatenate([motion, imbalance(gradient, units)])

    # the rectifier's kinks keep a high order from paying; this tolerance costs 0.1% of the drift
    path = solve_ivp(flow, (0, time), np.concatenate([start, np.zeros(units)]), rtol=1e-4, atol=1e-6, t_eval=[time])
    end, integral = path.y[:size, -1], path.y[size:, -1]
    first, last = (imbalance(loss_gradient(v, given["inputs"], given["targets"]), units) for v in (start, end))
    return eta * integral + eta**2 / 2 * (first - last)


def nothing_unexplained(setting, given) -> float:
    """Share of a charge's drift that the squared steps leave open: 0, the identity above being exact at any eta."""
    return 0.0


def drift_order(setting, given) -> float:
    """d ln |D(T) - D(0)| / d ln eta = 1: the T / eta steps of a fixed time add eta^2 q each. Kunin et al. 2021.

    `relative_drift` has the terms beyond the leading one.
    """
    return 1.0


def conserved_to_rounding(setting, given) -> float:
    """The same if descent conserved the charges like the flow: one unit roundoff a step. Du, Hu and Lee 2018."""
    return setting["time"] / setting["learning_rate"] * UNIT_ROUNDOFF


def decayed_share(setting, given) -> float:
    """1 - e^{-2 lambda T}: the share of its charges that a network loses to weight decay. Kunin et al. 2021.

    A step with the gradient g + lambda v leaves (1 - eta lambda)^2 D_n + eta^2 q_n of a charge, the cross terms
    cancelling as above; what the steps' own q adds is left out.
    """
    return -np.expm1(-2 * setting["weight_decay"] * setting["time"])


def loss_gradient(weights: np.ndarray, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Gradient of L for f(x) = sum_j a_j relu(w_j . x), flat like the weights: all w_j, then all a_j."""
    samples, features = inputs.shape
    units = len(weights) // (features + 1)
    inner, outer = weights[: units * features].reshape(units, features), weights[units * features :]
    before = inputs @ inner.T  # (samples, units)
    hidden = np.maximum(before, 0)
    residual = (hidden @ outer - targets) / samples
    inner_gradient = ((before > 0) * outer * residual[:, None]).T @ inputs
    return np.concatenate([inner_gradient.ravel(), hidden.T @ residual])


def imbalance(gradient: np.ndarray, units: int) -> np.ndarray:
    """q = (dL/da)^2 - |dL/dw|^2 of each unit: (units,)."""
    inner, outer = gradient[:-units].reshape(units, -1), gradient[-units:]
    return outer**2 - np.sum(inner**2, axis=1)


def second_order_decrease(setting, given) -> float:
    """-(L(w - eta g) - L(w)) / (eta |g|^2) = 1 - eta lambda_g / 2, with lambda_g = g . H g / |g|^2.

    Taylor's theorem; for a smoothness constant in lambda_g's place it is the descent lemma, and the ratio itself is the
    relative progress of Ahn, Zhang and Sra 2022 (arXiv 2204.01050). The next term is (eta lambda_g)^2 kappa / 6 with
    kappa = D^3 L[g, g, g] / (lambda_g |g|)^2. The condition names eta lambda_g.
    """
    return 1 - setting["curvature_step"] / 2


def decrease_on_another_batch(setting, given) -> float:
    """The same for a loss M whose gradient h the step does not follow: g . h / |g|^2 - eta g . H_M g / (2 |g|^2)."""
    other = given["curvature_of_other"] / given["curvature"]
    return given["alignment_with_other"] - setting["curvature_step"] / 2 * other
