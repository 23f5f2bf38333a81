"""Residual networks with branches of size a / sqrt(L) at large width: how a pair's kernel and a norm's spread grow.

r = a^2 / L; phi(z) = z for z > 0, s z below; weights have variance g/w, g = 2 / (1 + s^2), and g E phi(z)^2 = E z^2.

Kernel. Each layer adds r g E phi(u) phi(v) to q_12 = h.h'/w, u, v Gaussian of the covariance so far: Euler's steps of

    dq_12/dt = a^2 g E phi(u) phi(v),  0 < t < 1,

the limit of width and depth in either order (Hayou and Yang 2023, arXiv 2302.00453). With phi(z) = ((1 + s) z + (1 - s)
|z|)/2 and E|u||v| = (2/pi) q (sqrt(1 - c^2) + c arcsin c) for variances q and correlation c,

    g E phi phi = q ((1 + s)^2 c + (1 - s)^2 (2/pi) (sqrt(1 - c^2) + c arcsin c)) / (2 (1 + s^2)),  q -> q (1 + r).

Spread. The layer's output W phi(h) has entries of variance v = g |phi(h)|^2/w = Q + k S with Q = |h|^2/w, S = sum_i
h_i |h_i| / w and k = (1 - s^2) / (1 + s^2). Hence Q grows by r v on average, and by noise: 2 r^{1/2} h.W phi/w + r (|W
phi|^2/w - v), of variance (4 r Q v + 2 r^2 v^2)/w. S is odd in h, so that at leading order in 1/w it has mean 0, is not
correlated with the noise, and is a mean over independent Gaussian paths of correlation (1 + r)^{-|l - m|/2} at layers l
and m; with E u|u| v|v| = C(c) q_l q_m, C(c) = (2/pi) (3 c sqrt(1 - c^2) + (1 + 2 c^2) arcsin c),

    w Var ln Q_L = ((4 r + 2 r^2) L + k^2 r^2 sum_{l, m < L} C((1 + r)^{-|l - m|/2})) / (1 + r)^2,

in the limit of depth 4 a^2 + k^2 a^4 int int C(e^{-a^2 |t - u|/2}) dt du: of order 1/w at any depth. Without skips
every layer adds 5/w to it (ReLU).
"""

from __future__ import annotations

import numpy as np


def final_correlation(setting, given) -> float:
    """Correlation after L of Euler's steps of the kernel's equation."""
    step, slope = setting["branch_variance"] / setting["depth"], setting["negative_slope"]
    correlation = setting["input_correlation"]
    for _ in range(setting["depth"]):
        correlation = (correlation + step * _passed_on(correlation, slope)) / (1 + step)
    return float(correlation)


def plain_correlation(setting, given) -> float:
    """The same without skips: each layer replaces the kernel by g E phi phi."""
    correlation = setting["input_correlation"]
    for _ in range(setting["depth"]):
        correlation = _passed_on(correlation, setting["negative_slope"])
    return float(correlation)


def input_correlation(setting, given) -> float:
    """Nothing changes: branches of size 1/L, whose independent weights average out."""
    return setting["input_correlation"]


def log_norm_variance(setting, given) -> float:
    """Var ln(|h_L|^2/w) over networks, to leading order in 1/w."""
    depth, step = setting["depth"], setting["branch_variance"] / setting["depth"]
    apart = np.abs(np.subtract.outer(np.arange(depth), np.arange(depth)))
    gates = np.sum(_signed_squares((1 + step) ** (-apart / 2)))
    bias = (1 - setting["negative_slope"] ** 2) / (1 + setting["negative_slope"] ** 2)
    memory = (bias * step / (1 + step)) ** 2 * gates / setting["width"]
    return forgetful_log_norm_variance(setting, given) + float(memory)


def forgetful_log_norm_variance(setting, given) -> float:
    """The same if signs were drawn afresh for each layer, so that S counts for nothing."""
    step = setting["branch_variance"] / setting["depth"]
    return float((4 * step + 2 * step**2) / (1 + step) ** 2 * setting["depth"] / setting["width"])


def two_layer_log_norm_variance(setting, given) -> float:
    """The same for branches W phi(V h): v varies afresh in each layer, by (E phi^4/(E phi^2)^2 - 1)/w of itself."""
    step, slope = setting["branch_variance"] / setting["depth"], setting["negative_slope"]
    fresh = 6 * (1 + slope**4) / (1 + slope**2) ** 2 - 1
    noise = fresh * (step / (1 + step)) ** 2 * setting["depth"] / setting["width"]
    return forgetful_log_norm_variance(setting, given) + float(noise)


def plain_log_norm_variance(setting, given) -> float:
    """(E phi^4/(E phi^2)^2 - 1) L/w, 5 L/w for ReLU: Hanin and Nica 2020 (arXiv 1812.05994), theorem 1."""
    slope = setting["negative_slope"]
    return float((6 * (1 + slope**4) / (1 + slope**2) ** 2 - 1) * setting["depth"] / setting["width"])


def _passed_on(correlation, slope):
    """g E phi(u) phi(v) of a Gaussian pair of variance 1."""
    absolute = 2 / np.pi * (np.sqrt(1 - correlation**2) + correlation * np.arcsin(correlation))
    return ((1 + slope) ** 2 * correlation + (1 - slope) ** 2 * absolute) / (2 * (1 + slope**2))


def _signed_squares(correlation):
    """E u|u| v|v| of a Gaussian pair of variance 1."""
    root = np.sqrt(1 - correlation**2)
    return 2 / np.pi * (3 * correlation * root + (1 + 2 * correlation**2) * np.arcsin(correlation))
