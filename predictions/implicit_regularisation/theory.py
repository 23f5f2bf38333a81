"""What descent prefers: small gradients, matrices of low rank or small norm, large margins.

Penalty (backward error analysis): a method with step h follows, up to O(h^2) over a fixed time, the flow on
L + c h |grad L|^2.

Completion of the 2 x 2 matrix (x, 1; 1, z) with x unobserved: loss l = 1/2 of the summed squared errors of the three
observed entries; 0 <= z = `corner` <= 1; gradient flow on the factors of W = W_2 W_1, stopped where l = `loss_level`
< 1/2. Among exact completions the nuclear norm is least, namely 2, at x = z, and the rank is one at x = 1/z: the two
part for z < 1.

Margins: z_i = y_i x_i, margin gamma = max over unit w of min_i z_i . w. On separable examples the loss
L = mean_i ln(1 + e^{-z_i . w}) falls like the exponential of the smallest margin, ln(1/L) = |w| gamma + O(1), once w
points along the maximal margin. Time, and with it the step sizes, is eliminated: d|w| / d ln(1/L) is predicted.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp
from scipy.optimize import linprog, nnls


def order_of_what_is_left(setting, given) -> float:
    """d ln distance / d ln h = 2: descent and the flow on L + (h/4) |grad L|^2 part at the second order of h.

    Barrett and Dherin 2021 (arXiv 2009.11162), theorem 3.1: each step errs by h^3, T / h of them by h^2; without the
    penalty a step errs by h^2.
    """
    return 2.0


def descent_coefficient(setting, given) -> float:
    """c = 1/4, of gradient descent. Barrett and Dherin 2021 (arXiv 2009.11162), theorem 3.1.

    The flow dw/dt = F moves w by h F + (h^2/2) F'F in a time h, which is a step -h g if F = -g - (h/2) H g + O(h^2):
    the gradient of L + (h/4) |g|^2.
    """
    return 1 / 4


def polyak_coefficient(setting, given) -> float:
    """c = (1 + beta) / (4 (1 - beta)): 1/4 without momentum. Barrett and Dherin 2021 (arXiv 2009.11162), theorem 3.1.

    For v <- beta v - (1 - beta) h g, w <- w + v, let w follow dw/dt = F. Then w(t +- h) = w +- h F + (h^2/2) F'F in
    w(t + h) - w - beta (w - w(t - h)) = -(1 - beta) h g gives F + (h/2) (1 + beta)/(1 - beta) F'F = -g, F'F = H g.
    Ghosh, Lyu, Zhang and Wang 2023 (arXiv 2302.00849) have the same factor (1 + beta)/(1 - beta).
    """
    beta = setting["momentum"]
    return (1 + beta) / (4 * (1 - beta))


def nesterov_coefficient(setting, given) -> float:
    """c = (1 + beta) / (4 (1 - beta)) - beta / 2, if the gradient is taken at w + beta v.

    There it is g + beta h H F = g - beta h H g to first order, which takes beta h H g from the right-hand side above.
    """
    beta = setting["momentum"]
    return (1 + beta) / (4 * (1 - beta)) - beta / 2


OBSERVED = np.array([[0.0, 1.0], [1.0, 1.0]])
ODE_TOLERANCES = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-14}
STIFF = {**ODE_TOLERANCES, "method": "LSODA"}  # without an entry to hold it the flow creeps: explicit steps stay short
LONGEST = 1e6


def minimal_nuclear_norm(setting, given) -> float:
    """2 (1 - sqrt l): the least nuclear norm of all matrices whose loss is l.

    J = (0, 1; 1, 0) has the spectral norm 1, so the nuclear norm is at least <J, W> = w_12 + w_21 >= 2 - 2 sqrt l;
    (z, a; a, z) with a = 1 - sqrt l attains it if a >= z. If a < z, at z = 1 for one, the least norm is larger, by less
    than 2 sqrt l.
    """
    return 2 * (1 - np.sqrt(setting["loss_level"]))


def rank_one_nuclear_norm(setting, given) -> float:
    """Nuclear norm at loss l of the flow that starts at zero along the leading direction, and so keeps rank one.

    Greedy low-rank learning, Li, Luo and Lyu 2021 (arXiv 2012.09839): an infinitesimal start selects the top
    eigenvector of -grad l(0) = (0, 1; 1, z), and W = a a^T follows da/dt = -grad l(a a^T) a until no loss is left. As
    l -> 0 the norm tends to z + 1/z, and for z = 0 it grows like (2 l)^{-1/2}.
    """
    corner = setting["corner"]
    _, vectors = np.linalg.eigh(np.array([[0, 1], [1, corner]]))

    def velocity(_, a):
        return -loss_gradient(np.outer(a, a), corner) @ a

    start = 1e-7 * vectors[:, -1]
    a = _until_loss(velocity, start, setting, product=lambda a: np.outer(a, a), longest=1e15, solver=STIFF)
    return a @ a


def entry_lower_bound(setting, given) -> float:
    """(1 - sqrt 2l)^2 / sqrt 2l: what |x| exceeds if z = 0 and det W > 0. Razin and Cohen 2020 (arXiv 2005.06398).

    Each observed entry is off by at most sqrt 2l: x w_22 > w_12 w_21 >= (1 - sqrt 2l)^2 and |w_22| <= sqrt 2l. The flow
    of balanced factors cannot change the sign of the determinant, which vanishes in no finite time.
    """
    error = np.sqrt(2 * setting["loss_level"])
    return (1 - error) ** 2 / error


def product_flow_nuclear_norm(setting, given) -> float:
    """Nuclear norm at loss l if the factors start balanced, W_2^T W_2 = W_1 W_1^T, with the given product.

    Then W obeys dW/dt = -(W W^T)^{1/2} G - G (W^T W)^{1/2}, G = grad l(W): Arora, Cohen and Hazan 2018
    (arXiv 1802.06509), theorem 1. It is followed in polar form, W = L L^T O with a rotation, or reflection, O: there
    dL/dt = -H L and dO/dt = (H^T - H) O with H = G O^T. The sign of det W is that of det O, which rounding cannot
    change; a determinant as small as a positive one becomes would lose it in W itself.
    """
    left, strengths, right = np.linalg.svd(given["initial_product"])
    if strengths[0] == 0:
        raise ValueError("initial_product is 0, where the flow stands still")
    root, orthogonal = left * np.sqrt(strengths), left @ right
    angle, mirror = np.arctan2(orthogonal[1, 0], orthogonal[0, 0]), np.array([1, np.linalg.det(orthogonal)])

    def parts(flat):
        (cosine, sine), root = (np.cos(flat[4]), np.sin(flat[4])), flat[:4].reshape(2, 2)
        return root, np.array([[cosine, -sine], [sine, cosine]]) * mirror

    def product(flat):
        root, orthogonal = parts(flat)
        return root @ root.T @ orthogonal

    def velocity(_, flat):
        root, orthogonal = parts(flat)
        pull = loss_gradient(product(flat), setting["corner"]) @ orthogonal.T
        return -np.append((pull @ root).ravel(), pull[1, 0] - pull[0, 1])

    end = _until_loss(velocity, np.append(root.ravel(), angle), setting, product=product)
    return np.linalg.norm(product(end), "nuc")


def loss_gradient(product: np.ndarray, corner: float) -> np.ndarray:
    """Gradient of l with respect to W: the errors of the observed entries, (2, 2)."""
    return OBSERVED * (product - np.array([[0, 1], [1, corner]]))


def _until_loss(velocity, start, setting, *, product, longest=LONGEST, solver=ODE_TOLERANCES):
    """Where the flow from `start` has come when its loss has fallen to the condition's level."""

    def above(_, y):
        return np.log(np.sum(loss_gradient(product(y), setting["corner"]) ** 2) / (2 * setting["loss_level"]))

    above.terminal = True
    if above(0, start) <= 0:
        raise ValueError(f"loss_level is {setting['loss_level']}, and the flow starts below it")
    path = solve_ivp(velocity, (0, longest), start, events=above, **solver)
    if not len(path.t_events[0]):
        raise ValueError(f"loss_level is {setting['loss_level']}, to which the flow has not come down by {longest:g}")
    return path.y[:, -1]


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
