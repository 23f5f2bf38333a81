"""Uniform deviation bounds for linear classes with a margin loss."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm


def rademacher_bound(setting, given):
    """Bound on sup_w (E phi - mean phi) over |w| <= 1, for |x| <= 1; exceeded with probability delta at most.

    2 R_n / gamma + sqrt(ln(1/delta) / (2 n)), where R_n = E sup_w (1/n) sum_i s_i w.x_i <= 1/sqrt(n) is the class's
    Rademacher complexity and 1/gamma the Lipschitz constant of the loss phi, which lies in [0, 1]. Bartlett & Mendelson
    2002, theorem 8, with the constants of Mohri, Rostamizadeh & Talwalkar 2018 (theorem 3.3, lemma 5.7): those of 2002
    are larger, sqrt(8 ln(2/delta) / n) and twice the first term.
    """
    n, margin = setting["samples"], setting["margin"]
    return 2 / (margin * np.sqrt(n)) + np.sqrt(np.log(1 / setting["delta"]) / (2 * n))


def memorised_gap(setting, given):
    """E phi of a unit vector that has no training loss, where labels are coin flips and x is uniform on the sphere.

    An upper end: with rows enough and a margin near the largest, such a vector does not quite exist.

    E phi = (1 + E max(0, 1 - |t|/gamma)) / 2 with t = w.x, nearly N(0, 1/d), as one of +-t has phi = 1.
    """
    scaled = setting["margin"] * np.sqrt(setting["dimension"])
    below = 2 * norm.cdf(scaled) - 1
    mean_size = 2 * (norm.pdf(0) - norm.pdf(scaled))  # E |z| over |z| < scaled
    return (1 + below - mean_size / scaled) / 2
