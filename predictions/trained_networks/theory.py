"""What counting parameters, and flatness, are said to say of trained networks' errors."""

from __future__ import annotations

from functools import cache
from math import comb

import numpy as np
from numpy.polynomial import hermite_e
from scipy.special import ndtr

NODES, WEIGHTS = hermite_e.hermegauss(120)


def capacity_deviation(setting, given):
    """sqrt(W L ln W / n) for W trained weights in L trained layers, the VC bound on the gap up to a constant factor.

    Deviations are of order sqrt(VC dimension / n), and the VC dimension of ReLU networks is of order W L ln W:
    Bartlett, Harvey, Liaw & Mehrabian 2019, equation 2. A trained readout is a linear class with W weights and L = 1.
    """
    width, classes, features = setting["width"], given["classes"], given["features"]
    readout = (width + 1) * classes
    if setting["trained"] == "readout":
        weights, layers = readout, 1
    else:
        weights, layers = readout + (features + 1) * width, 2
    return float(np.sqrt(weights * layers * np.log(weights) / setting["rows"]))


def no_training_errors(setting, given):
    """Share of training rows that are judged wrongly: 0, whatever their labels. Zhang et al. 2017, section 1."""
    return 0.0


def ordered_by_flatness(setting, given):
    """Kendall's tau of sharpness and test error: 3/4, between three pairs of four in order (1/2) and all of them (1).

    After Keskar et al. 2017 (arXiv 1609.04836), abstract, as commonly told; the mark of three pairs is this registry's.
    """
    return 3 / 4


def rows_fitted(setting, given):
    """Rows with random labels that W weights fit: W / c(K), each row taking `freedom_per_row` of them away.

    For a linear class on two classes this is Cover 1965 (IEEE Transactions on Electronic Computers 14, 326): 2 rows a
    weight, whatever the rows. For K classes it is Gordon's bound on a matrix of weights whose K - 1 free columns are
    alike and independent, which the symmetry of random labels suggests. For a network it is no more than this count.
    """
    return free_weights(setting, given) / freedom_per_row(setting["classes"])


def rows_fitted_of_half_the_classes(setting, given):
    """The same if labels are of half the classes only: the logits of the rest are kept low, and take no part."""
    half = setting["classes"] // 2
    return free_weights(setting | {"classes": half}, given) / freedom_per_row(half)


def rows_of_equations(setting, given):
    """Rows whose K - 1 free logits can be given any values: W / (K - 1), the count of regression."""
    return free_weights(setting, given) / (setting["classes"] - 1)


def rows_of_two_bits(setting, given):
    """Rows whose labels have two bits a weight, as Cover's count has at K = 2: 2 W / log2 K."""
    return 2 * free_weights(setting, given) / np.log2(setting["classes"])


def free_weights(setting, given) -> float:
    """Trained weights less what changes no decision: a shift of all logits alike, and each ReLU neuron's scale."""
    readout = (setting["width"] + 1) * (setting["classes"] - 1)
    return readout if setting["trained"] == "readout" else readout + given["features"] * setting["width"]


def ordered_by_bound(setting, given):
    """Conditional Kendall's tau of a bound and the gap: 3/4, between three pairs of four in order and all of them.

    The statistic is that of Jiang et al. 2020 (arXiv 1912.02178), section 3; the mark is this registry's.
    """
    return 3 / 4


@cache
def freedom_per_row(classes: int) -> float:
    """c(K): mean squared distance of K Gaussians from {u: u_1 is the largest}; 1/2 for K = 2, 5/6 for K = 3.

    The nearest point pools u_1 with the m others that lie above the mean of them all; the cone's face there has lost m
    dimensions, so that c is the mean of m (Amelunxen, Lotz, McCoy & Tropp 2014, arXiv 1303.6672, proposition 5.11). The
    mean of the pool is N(0, 1/(m + 1)) and independent of the deviations from it: with q_m the probability that m given
    ones of m + 1 Gaussians all lie above their mean, P(m) = C(K-1, m) q_m E Phi(mean)^(K-1-m); its sum is 1 for all K.
    """
    chances: list[float] = []
    for others in range(classes):
        chances.append(1 - sum(_pooled(chances, others)))
    return float(sum(m * p for m, p in enumerate(_pooled(chances, classes - 1))))


def _pooled(chances, others: int) -> list[float]:
    """P(m) for m up to the number of `chances`, of so many others."""
    density = WEIGHTS / WEIGHTS.sum()
    below = [density @ ndtr(NODES / np.sqrt(m + 1)) ** (others - m) for m in range(min(len(chances), others + 1))]
    return [comb(others, m) * q * b for m, (q, b) in enumerate(zip(chances, below))]


def width_of_as_many_weights(setting, given) -> float:
    """Width w at which all weights are as many as targets: w (D + 1) + (w + 1) K = n K. Belkin et al. 2019.

    D counts the inputs that vary over the rows: weights of the others do not matter beyond the bias.
    """
    rows, outputs = setting["rows"], setting["outputs"]
    return outputs * (rows - 1) / (float(np.mean(given["features"])) + 1 + outputs)


def width_of_as_many_units(setting, given) -> float:
    """Width at which hidden units and bias are as many as rows, so that the readout alone fits: n - 1."""
    return float(setting["rows"] - 1)


def width_of_weights_as_rows(setting, given) -> float:
    """Width at which all weights are as many as rows, whatever the number of outputs; one unit at the least."""
    rows, outputs = setting["rows"], setting["outputs"]
    return max((rows - outputs) / (float(np.mean(given["features"])) + 1 + outputs), 1.0)
