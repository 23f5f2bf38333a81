"""Stationary fluctuations of stochastic gradient descent around a quadratic minimum.

With gradient noise of covariance C(w)/B, the covariance S of w - w* solves (Liu, Ziyin and Ueda 2021, arXiv 2012.03636)
    H S + S H - eta H S H = (eta/B) C,     C the noise covariance C(w) averaged over the stationary state itself.
For least squares with single-row gradients x (x . (w - w*) + r), r the residual at w*, and rows drawn with replacement,
    C = E[r^2 x x^T] + E[x x^T S x x^T] - H S H,     H = E[x x^T],     E the mean over the rows,
which is exact: the terms linear in w - w* average to zero. It makes the equation linear in the d^2 entries of S.
Conventions: L = 1/(2n) sum of squares, w <- w - eta g, so that H is the Hessian and <L> - L(w*) = tr(H S)/2.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_continuous_lyapunov


def covariance(setting, given) -> np.ndarray:
    """Exact S (d, d): the Kronecker form of the equation above."""
    x, residuals, hessian = _problem(given)
    rate, batch = setting["learning_rate"], setting["batch"]
    identity = np.eye(len(hessian))
    pairs = np.einsum("ni,nj->nij", x, x).reshape(len(x), -1)  # vec(x x^T)
    both = np.kron(hessian, hessian)  # vec(H S H) = (H (x) H) vec(S)
    fourth = pairs.T @ pairs / len(x)  # vec(E[x x^T S x x^T]) = E[vec(x x^T) vec(x x^T)^T] vec(S)
    linear = np.kron(hessian, identity) + np.kron(identity, hessian) - rate * both - rate / batch * (fourth - both)
    return np.linalg.solve(linear, rate / batch * _noise(x, residuals).ravel()).reshape(hessian.shape)


def excess_loss(setting, given) -> float:
    """tr(H S)/2, S exact."""
    return _excess(given, covariance(setting, given))


def langevin_covariance(setting, given) -> np.ndarray:
    """S of the Ornstein-Uhlenbeck process, H S + S H = (eta/B) C(w*): Mandt, Hoffman and Blei 2017, 1704.04289."""
    x, residuals, hessian = _problem(given)
    return solve_continuous_lyapunov(hessian, setting["learning_rate"] / setting["batch"] * _noise(x, residuals))


def langevin_excess_loss(setting, given) -> float:
    """tr(H S)/2 = eta tr C(w*)/(4 B), S of the Ornstein-Uhlenbeck process."""
    return _excess(given, langevin_covariance(setting, given))


def thermal_covariance(setting, given) -> np.ndarray:
    """S = T 1 of a Gibbs state, as if C = sigma^2 H: temperature T = eta sigma^2/(2 B), sigma^2 = E[r^2]."""
    _, residuals, hessian = _problem(given)
    return setting["learning_rate"] * np.mean(residuals**2) / (2 * setting["batch"]) * np.eye(len(hessian))


def thermal_excess_loss(setting, given) -> float:
    """eta sigma^2 tr H/(4 B): each direction holds half a temperature."""
    return _excess(given, thermal_covariance(setting, given))


def distinct_covariance(setting, given) -> np.ndarray:
    """S where no row comes twice in a batch: the mean of B of n rows varies as that of B (n - 1)/(n - B) fresh ones."""
    rows, batch = len(given["inputs"]), setting["batch"]
    return covariance({**setting, "batch": batch * (rows - 1) / (rows - batch)}, given)


def distinct_excess_loss(setting, given) -> float:
    """tr(H S)/2, S where no row comes twice in a batch."""
    return _excess(given, distinct_covariance(setting, given))


def _problem(given):
    x = np.asarray(given["inputs"], dtype=float)
    return x, np.asarray(given["residuals"], dtype=float), x.T @ x / len(x)


def _noise(x: np.ndarray, residuals: np.ndarray) -> np.ndarray:
    """C(w*) = E[r^2 x x^T]; the mean gradient vanishes there."""
    return (x * residuals[:, None] ** 2).T @ x / len(x)


def _excess(given, covariance: np.ndarray) -> float:
    return float(np.trace(_problem(given)[2] @ covariance)) / 2


def linear_rule(setting, given):
    """Loss with k B and k eta over that with B and eta, sample for sample: 1, below the noise scale.

    Over k batches the weights hardly move, so that k steps of eta on B rows are one of k eta on k B. Goyal et al. 2017
    (arXiv 1706.02677), section 2.1; its end at tr(Sigma) / |G|^2: McCandlish et al. 2018 (arXiv 1812.06162).
    """
    return 1.0


def step_limit(setting, given) -> float:
    """The factor k at which k eta reaches 2 / lambda_max, where a step of the mean gradient is stable no more.

    Below it the arms differ in the second order, k eta lambda; from it on the top mode's excess loss, which is as
    1 / (2 - k eta lambda), has no bound. lambda_max is the largest that the small batches' arm meets. That the linear
    rule fails at a large rate: Ziyin et al. 2022 (arXiv 2102.05375).
    """
    return 2 / (setting["learning_rate"] * float(given["sharpness"]))


def noise_limit(setting, given) -> float:
    """The k at which k B reaches the noise scale tr(Sigma) / |G|^2. McCandlish et al. 2018 (arXiv 1812.06162)."""
    return float(given["noise_scale"]) / setting["batch"]


def share_of_step_limit(setting, given) -> float:
    """k eta lambda_max / 2."""
    return setting["times"] / step_limit(setting, given)


def share_of_noise_scale(setting, given) -> float:
    """k B over the noise scale."""
    return setting["times"] / noise_limit(setting, given)


def dissipation(setting, given) -> float:
    """<w.g> / (eta/2 <|g|^2>) = 1 in a stationary state, g the gradient of a batch with that of the decay.

    w' = w - eta g has |w'|^2 = |w|^2 - 2 eta w.g + eta^2 |g|^2, whatever the loss; the mean of |w|^2 does not change.
    Summed over a run it is an identity with the change of |w|^2 as the rest, which a norm that is forgotten many times
    over leaves small. Yaida 2018 (arXiv 1810.00004), the first relation. With <|g|^2> = tr C / B + |G|^2, G the mean
    gradient, and |G|^2 smaller by a factor eta lambda/2, <w.g> is eta tr C / (2 B) to first order in eta: a law.
    """
    return 1.0


def decay_times(setting, given) -> float:
    """eta lambda T: how many times over a run of T steps forgets the norm it began with, by its decay alone."""
    return setting["learning_rate"] * setting["weight_decay"] * setting["steps"]


def heavy_ball_dissipation(setting, given) -> float:
    """The same ratio with momentum mu: 1 / (1 - mu), to first order in eta.

    v' = mu v - eta g, w' = w + v'. Stationary |w|^2 gives <w.v'> = -P/2, P = <|v|^2>; w = u + v, u the weights before,
    gives <w.v> = -P/2 + P; so eta <w.g> = mu P/2 + P/2. To first order P = eta^2 <|g|^2> / (1 - mu^2).
    """
    return 1 / (1 - setting["momentum"])


def square_root_rule(setting, given):
    """Loss with k B and k^{1/2} eta over that with B and eta: 1. It keeps the noise of a step, eta^2 Sigma / B.

    Krizhevsky 2014 (arXiv 1404.5997), section on batch size and learning rate.
    """
    return 1.0


def adam_square_root_rule(setting, given):
    """Adam's loss with k B, k^{1/2} eta, k (1 - beta) and k^{-1/2} epsilon over that with B, sample for sample: 1.

    In noise, <g^2> = Sigma / B: k steps of B move by k eta m / (Sigma / B)^{1/2}, one of k B by k^{1/2} eta m /
    (Sigma / (k B))^{1/2}, as far; averages over 1 / (1 - beta) steps hold as many samples, and noise adds up alike.
    Malladi et al. 2022 (arXiv 2205.10287), the square root scaling rule for Adam. To next order <g^2> has G^2, too.
    """
    return 1.0


def adam_linear_rule(setting, given):
    """The same with k eta for the rate, as for plain descent: 1."""
    return 1.0


def adam_root_of_rate_alone(setting, given):
    """The same with k^{1/2} eta and averages over as many steps as before, k times as many samples: 1."""
    return 1.0
