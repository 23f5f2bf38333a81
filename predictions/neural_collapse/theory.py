"""Where training with weight decay on balanced classes ends: the simplex, and classifiers parallel to class means.

For K balanced classes and features of K - 1 dimensions or more, all global minima of the regularised cross-entropy over
free features and a linear readout have class means of equal length and cosines -1/(K - 1), and W in proportion to them.
Zhu et al. 2021 (arXiv 2105.02375), section 3; Papyan, Han and Donoho 2020 (arXiv 2008.08186) for networks.
"""

from __future__ import annotations


def simplex_deviation(setting, given):
    """max over pairs of |cos(m_k, m_l) + 1/(K - 1)|: 0."""
    return 0.0


def duality_gap(setting, given):
    """|W / |W| - M / |M||, Frobenius norms: 0."""
    return 0.0


def nearest_mean_decides(setting, given):
    """Share of decisions that are those of the nearest class mean: 1. Papyan, Han and Donoho 2020, property NC4."""
    return 1.0


def untrained_agreement(setting, given):
    """That share at initialisation, about one in K."""
    return float(given["initial_nearest_mean_agreement"])
