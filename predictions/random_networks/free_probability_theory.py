"""The largest squared singular value of wide, deep Jacobians, by the S-transforms of free probability.

J = D_L W_L ... D_1 W_1 has J J^T with S-transform S(z) = prod_l S_l(z), if all factors are free of each other. Its law
ends where x(z) = (1 + z) / (z S(z)) is least on z > 0: Pennington, Schoenholz and Ganguli 2017 (arXiv 1711.04735). A
layer has

    W of variance 1/n, D = 1                       S_l = 1 / (1 + z)
    W of variance 2/n, half of D one, half zero    S_l = 1 / (1 + 2 z)
    W rotations times sqrt(2), the same D          S_l = (1 + z) / (1 + 2 z)

In a rectified network D depends on W; that they are free all the same is what a network tests.

Next to that end, x*, the density is (kappa / pi) (x* - x)^{1/2} with kappa = (2 / x'')^{1/2} / x*, x'' at the minimum:
as z - z* = i (2 (x* - x) / x'')^{1/2} and the resolvent is (1 + z) / x. So the largest of n real eigenvalues is

    x* (1 + ((ln x)'' / 2n^2)^{1/3} chi),    <chi> = -1.2065 (Tracy and Widom 1996, real symmetric matrices);

for one Gaussian layer 4 + 2^{4/3} n^{-2/3} chi, Johnstone's (2001).
"""

from __future__ import annotations

import numpy as np

TRACY_WIDOM_MEAN = -1.2065335745820


def linear_edge(setting, given) -> float:
    """(L + 1)^{L + 1} / L^L, at z = 1 / L, a Fuss-Catalan law's, with the mean shift at width n."""
    depth = setting["depth"]
    edge = (depth + 1.0) ** (depth + 1) / float(depth) ** depth
    return _shifted(edge, depth**2 - (depth + 1) / (1 + 1 / depth) ** 2, setting["width"])


def relu_edge(setting, given) -> float:
    """Gaussian: least x where 2 L z (1 + z) = 1 + 2 z. Orthogonal: L^L / (L - 1)^{L - 1}, at z = 1 / (L - 2), L > 2.

    The latter is the edge of L - 1 linear Gaussian layers: rectified networks have no isometry. With the mean shift.
    """
    depth = setting["depth"]
    if setting["weights"] == "orthogonal":
        z = 1 / (depth - 2)
        edge = float(depth) ** depth / (depth - 1.0) ** (depth - 1)
        curvature = 1 / z**2 - (1 - depth) / (1 + z) ** 2 - 4 * depth / (1 + 2 * z) ** 2
    else:
        z = (1 - depth + np.sqrt(depth**2 + 1.0)) / (2 * depth)
        edge = (1 + z) / z * (1 + 2 * z) ** depth
        curvature = 1 / z**2 - 1 / (1 + z) ** 2 - 4 * depth / (1 + 2 * z) ** 2
    return _shifted(edge, curvature, setting["width"])


def _shifted(edge: float, curvature: float, width: int) -> float:
    """Mean of the largest eigenvalue of a width x width matrix whose law ends at `edge`; `curvature` is (ln x)''."""
    return float(edge * (1 + TRACY_WIDOM_MEAN * (curvature / 2) ** (1 / 3) * width ** (-2 / 3)))


def product_of_edges(setting, given) -> float:
    """The edge of a single layer to the power L: as if all layers stretched the same direction most."""
    if setting["activation"] == "linear":
        return 4.0 ** setting["depth"]
    one = 2.0 if setting["weights"] == "orthogonal" else 2 * (1 + np.sqrt(0.5)) ** 2
    return float(one ** setting["depth"])


def isometry(setting, given) -> float:
    """Products of rotations turn: every singular value is one."""
    return 1.0
