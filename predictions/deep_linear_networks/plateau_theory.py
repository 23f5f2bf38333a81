"""How long small layers keep a deep linear network on its first plateau.

Conventions as in `theory`: loss 1/2 ||W_L ... W_1 - T||_F^2, time t = learning rate x steps, s a singular value of T,
u the network's strength in that mode, a = u^{1/L} the gain of one layer. The balanced prediction is
`theory.depth_half_time`, the integral of dt = du / (L u^{2-2/L} (s - u)) from u0 = a0^L to s/2; here is its leading
power for small a0, and what replaces the integral if the layers start unequal.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq


def leading_power(setting, given):
    """Plateau of the weakest mode to leading order in the initial gain, a0^{-(L-2)} / ((L-2) s), for L > 2.

    What the integral of da / (a^{L-1} (s - a^L)) becomes for a0 -> 0: halving a0 doubles the plateau of three layers
    and quadruples that of four.
    """
    depth, s = setting["depth"], given["singular_values"][-1]
    gain = given["initial_strengths"][-1] ** (1 / depth)
    return gain ** -(depth - 2) / ((depth - 2) * s)


def unbalanced_half_time(setting, given):
    """Time at which the weakest mode reaches s/2 if the first layer starts with another gain than the others.

    Gradient flow conserves c = a_1^2 - a^2 for the first gain a_1 and that of each other layer, a (Saxe et al. 2014,
    arXiv 1312.6120, section 1.3), which leaves da/dt = a_1 a^{L-2} (s - a_1 a^{L-1}) with a_1 = (a^2 + c)^{1/2}. Finite
    steps are left out.
    """
    depth, s = setting["depth"], given["singular_values"][-1]
    first, others = given["layer_gains"][:2, -1]
    conserved = first**2 - others**2

    def strength(a):
        return np.sqrt(a**2 + conserved) * a ** (depth - 1)

    def pace(a):
        return 1 / (np.sqrt(a**2 + conserved) * a ** (depth - 2) * (s - strength(a)))

    end = brentq(lambda a: strength(a) - s / 2, others, 1 + s)
    # over ln a: a plateau of many orders of magnitude is none to the quadrature
    return quad(lambda x: np.exp(x) * pace(np.exp(x)), np.log(others), np.log(end), epsrel=1e-10, limit=200)[0]
