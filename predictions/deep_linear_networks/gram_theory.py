"""The power that relates the first layer's Gram matrix to the average gradient outer product (AGOP).

Conventions: a linear network J = W_L ... W_1 on whitened inputs, loss 1/2 ||J - T||_F^2, AGOP J^T J.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from predictions.instruments.fits import log_slope


def inverse_depth(setting, given):
    """1 / L: balanced layers have W_1^T W_1 = (J^T J)^{1/L}. Tansley, Massart and Cartis 2025 (arXiv 2510.15563).

    Gradient flow conserves W_{l+1}^T W_{l+1} - W_l W_l^T. If all of these vanish, J^T J = W_1^T ... W_L^T W_L ... W_1
    collapses to (W_1^T W_1)^L, replacing the innermost product again and again.
    """
    return 1 / setting["depth"]


def inverse_depth_above(setting, given):
    """1 / (L - 1) for the second layer: balanced layers from there on are a network of one layer less."""
    return 1 / (setting["depth"] - 1)


def half(setting, given):
    """1/2 at any depth and for any units, as proved for two linear layers. Radhakrishnan et al. 2024 (2212.13881)."""
    return 0.5


def no_remainder(setting, given):
    """|W_1^T W_1 - (J^T J)^{1/L}| = 0: the identity of `inverse_depth` is one of matrices, and its constant is one."""
    return 0.0


def unbalanced_power(setting, given):
    """The power at the end of training if the first layer starts with another gain than the others.

    The least-squares slope of ln a_1^2 against ln s^2, a_1 being the first layer's last gain along each singular pair.
    """
    first = _last_gains(setting, given)
    return log_slope(given["singular_values"] ** 2, first**2)


def unbalanced_remainder(setting, given):
    """Relative Frobenius distance of W_1^T W_1 to the AGOP to that power: of the diagonals a_1^2 and s^{2p}."""
    gram = _last_gains(setting, given) ** 2
    agop = given["singular_values"] ** 2
    return np.linalg.norm(gram - agop ** unbalanced_power(setting, given)) / np.linalg.norm(gram)


def _last_gains(setting, given):
    """Gains of the first layer, one for each singular value s of T, once J = T.

    Gradient flow conserves c = a_1^2 - a^2, a being the gain of each other layer, and a_1 a^{L-1} = s in the end.
    """
    depth, (first, others) = setting["depth"], given["layer_gains"][:2]
    conserved = first**2 - others**2
    least = np.sqrt(np.maximum(0, -conserved))  # where the first layer's gain vanishes
    others = [
        brentq(lambda a, s=s, c=c: np.sqrt(max(0, a**2 + c)) * a ** (depth - 1) - s, low, low + 1 + s)
        for s, c, low in zip(given["singular_values"], conserved, least)
    ]
    return np.sqrt(np.square(others) + conserved)
