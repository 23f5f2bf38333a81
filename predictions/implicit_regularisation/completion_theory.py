"""Completing the 2 x 2 matrix (x, 1; 1, z) with x unobserved: norms, rank, and the flow of a factorisation.

Conventions: loss l = 1/2 of the summed squared errors of the three observed entries; 0 <= z = `corner` <= 1; gradient
flow on the factors of W = W_2 W_1, stopped where l = `loss_level` < 1/2. Among exact completions the nuclear norm is
least, namely 2, at x = z, and the rank is one at x = 1/z: the two part for z < 1.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

OBSERVED = np.array([[0.0, 1.0], [1.0, 1.0]])
ODE_TOLERANCES = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-14}
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
    a = _until_loss(velocity, start, setting, product=lambda a: np.outer(a, a))
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


def _until_loss(velocity, start, setting, *, product):
    """Where the flow from `start` has come when its loss has fallen to the condition's level."""

    def above(_, y):
        return np.log(np.sum(loss_gradient(product(y), setting["corner"]) ** 2) / (2 * setting["loss_level"]))

    above.terminal = True
    if above(0, start) <= 0:
        raise ValueError(f"loss_level is {setting['loss_level']}, and the flow starts below it")
    path = solve_ivp(velocity, (0, LONGEST), start, events=above, **ODE_TOLERANCES)
    if not len(path.t_events[0]):
        raise ValueError(f"loss_level is {setting['loss_level']}, to which the flow has not come down by {LONGEST:g}")
    return path.y[:, -1]
