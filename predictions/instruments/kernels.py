"""Kernels of infinitely wide fully connected networks: the Gaussian process at initialisation and the tangent kernel.

The network has `depth` weight layers (depth - 1 hidden ones) in NTK parametrisation, every weight and bias N(0, 1):

    z_1(x) = (s_w / sqrt(d)) W_1 x + s_b b_1,  z_{l+1} = (s_w / sqrt(w_l)) W_{l+1} phi(z_l) + s_b b_{l+1},  f = z_depth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Moments(NamedTuple):
    """E[phi(u) phi(v)] and E[phi'(u) phi'(v)] over a centred Gaussian pair (u, v)."""

    outputs: np.ndarray
    derivatives: np.ndarray


class InfiniteWidth(NamedTuple):
    """Kernels between two sets of inputs, each (rows of the first, rows of the second)."""

    nngp: np.ndarray
    ntk: np.ndarray


def relu_moments(covariance, first_variance, second_variance) -> Moments:
    """Moments of phi(z) = max(z, 0): halved arc-cosine kernels of order 1 and 0. Cho & Saul 2009, equations 4-6.

    With angle t between u and v: sqrt(p q) (sin t + (pi - t) cos t) / (2 pi) and (pi - t) / (2 pi).
    """
    scale = np.sqrt(first_variance * second_variance)
    cosine = np.clip(covariance / scale, -1, 1)
    angle = np.arccos(cosine)
    outputs = scale * (np.sqrt(1 - cosine**2) + (np.pi - angle) * cosine) / (2 * np.pi)
    return Moments(outputs, (np.pi - angle) / (2 * np.pi))


def erf_moments(covariance, first_variance, second_variance) -> Moments:
    """Moments of phi = erf: the arcsine kernel and its derivative by the covariance. Williams 1997, equation 11."""
    product = (1 + 2 * first_variance) * (1 + 2 * second_variance)
    outputs = 2 / np.pi * np.arcsin(2 * covariance / np.sqrt(product))
    return Moments(outputs, 4 / np.pi / np.sqrt(product - 4 * covariance**2))


MOMENTS = {"relu": relu_moments, "erf": erf_moments}


def infinite_width_kernels(
    first, second=None, *, depth: int, activation: str, weight_std: float, bias_std: float
) -> InfiniteWidth:
    """NNGP and NTK between the rows of `first` (n, d) and of `second` (m, d; absent: `first`), in float64."""
    first = np.asarray(first, dtype=np.float64)
    second = first if second is None else np.asarray(second, dtype=np.float64)
    squares = tuple(np.mean(rows**2, axis=1) for rows in (first, second))
    gram = first @ second.T / first.shape[1]
    return propagate(gram, squares, depth=depth, activation=activation, weight_std=weight_std, bias_std=bias_std)


def propagate(gram, squares=None, *, depth: int, activation: str, weight_std: float, bias_std: float) -> InfiniteWidth:
    """NNGP and NTK from the inputs' Gram matrix x.x'/d (n, m) and squares |x|^2/d ((n,), (m,); absent: its diagonal).

    S_1 = s_w^2 x.x'/d + s_b^2 = T_1;  S_{l+1} = s_w^2 E[phi phi] + s_b^2,  T_{l+1} = S_{l+1} + s_w^2 E[phi' phi'] T_l,
    expectations over N(0, S_l). Jacot et al. 2018 (arXiv 1806.07572), theorem 1; with s_w and s_b, Lee et al. 2019
    (arXiv 1902.06720), appendix E.
    """
    moments = MOMENTS[activation]
    gram = np.asarray(gram, dtype=np.float64)

    def affine(second_moment):
        return weight_std**2 * second_moment + bias_std**2

    variances = [affine(np.diagonal(gram))] * 2 if squares is None else [affine(square) for square in squares]
    nngp = ntk = affine(gram)
    for _ in range(depth - 1):
        pair = moments(nngp, variances[0][:, None], variances[1][None, :])
        variances = [affine(moments(variance, variance, variance).outputs) for variance in variances]
        nngp = affine(pair.outputs)
        ntk = nngp + weight_std**2 * pair.derivatives * ntk
    return InfiniteWidth(nngp, ntk)
