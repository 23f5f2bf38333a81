"""Kernels of infinitely wide fully connected networks: the Gaussian process at initialisation and the tangent kernel.

The network has `depth` weight layers (depth - 1 hidden ones) in NTK parametrisation, every weight and bias N(0, 1):

    z_1(x) = (s_w / sqrt(d)) W_1 x + s_b b_1,  z_{l+1} = (s_w / sqrt(w_l)) W_{l+1} phi(z_l) + s_b b_{l+1},  f = z_depth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

ROUNDING = 4 * np.finfo(np.float64).eps
"""Of an inner product, relative to the lengths."""

LARGEST_EXCESS = 1e-5
"""By which an inner product may exceed the product of lengths: Gram matrices may come from float32."""


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

    With angle t between u and v: sqrt(p q) (sin t + (pi - t) cos t) / (2 pi) and (pi - t) / (2 pi). A variance of 0 is
    a variable that is 0, where phi' = 0. The angle of collinear variables is known to the root of the rounding, 1e-8.
    """
    scale = second_variance * np.sqrt(_ratio(first_variance, second_variance))  # p q itself may leave the floats
    cosine = np.clip(_ratio(covariance, scale), -1, 1)
    angle = np.arccos(cosine)
    outputs = scale * (np.sqrt((1 - cosine) * (1 + cosine)) + (np.pi - angle) * cosine) / (2 * np.pi)
    return Moments(outputs, np.where(scale > 0, np.pi - angle, 0) / (2 * np.pi))


def erf_moments(covariance, first_variance, second_variance) -> Moments:
    """Moments of phi = erf: the arcsine kernel and its derivative by the covariance. Williams 1997, equation 11.

    E phi' phi' = (4/pi) / (1 + 2 (p + q) + 4 (p q - c^2))^{1/2} is refused where rounding hides p q - c^2 beneath one
    part in a million: nearly collinear variables of variances above about 1e9, but for equal ones.
    """
    p, q = np.asarray(first_variance), np.asarray(second_variance)
    roots = np.sqrt(1 + 2 * p) * np.sqrt(1 + 2 * q)
    outputs = 2 / np.pi * np.arcsin(np.clip(2 * covariance / roots, -1, 1))
    same = (covariance == p) & (covariance == q)
    left_over = np.where(same, 0, p * q - covariance**2)
    total = 1 + 2 * (p + q) + 4 * np.maximum(left_over, 0)
    unsure = np.where(same, 0, 4 * ROUNDING * p * q)
    if np.any(unsure > 1e-6 * total):
        raise ValueError(
            f"erf of nearly collinear inputs of variance {np.max(np.where(unsure > 1e-6 * total, p, 0)):.1e}: their "
            "angle, which decides the tangent kernel, is lost to rounding; use inputs or weights of smaller size"
        )
    return Moments(outputs, 4 / np.pi / np.sqrt(total))


def _ratio(numerator, denominator):
    """numerator / denominator, and 0 where the denominator is 0."""
    shape = np.broadcast_shapes(np.shape(numerator), np.shape(denominator))
    return np.divide(numerator, denominator, out=np.zeros(shape), where=np.not_equal(denominator, 0))


MOMENTS = {"relu": relu_moments, "erf": erf_moments}


def infinite_width_kernels(
    first, second=None, *, depth: int, activation: str, weight_std: float, bias_std: float
) -> InfiniteWidth:
    """NNGP and NTK between the rows of `first` (n, d) and of `second` (m, d; absent: `first`), in float64."""
    first = np.asarray(first, dtype=np.float64)
    other = first if second is None else np.asarray(second, dtype=np.float64)
    gram = first @ other.T / first.shape[1]
    squares = None if second is None else tuple(np.mean(rows**2, axis=1) for rows in (first, other))
    return propagate(gram, squares, depth=depth, activation=activation, weight_std=weight_std, bias_std=bias_std)


def propagate(gram, squares=None, *, depth: int, activation: str, weight_std: float, bias_std: float) -> InfiniteWidth:
    """NNGP and NTK from the inputs' Gram matrix x.x'/d (n, m) and squares |x|^2/d ((n,), (m,); absent: its diagonal).

    S_1 = s_w^2 x.x'/d + s_b^2 = T_1;  S_{l+1} = s_w^2 E[phi phi] + s_b^2,  T_{l+1} = S_{l+1} + s_w^2 E[phi' phi'] T_l,
    expectations over N(0, S_l). Jacot et al. 2018 (arXiv 1806.07572), theorem 1; with s_w and s_b, Lee et al. 2019
    (arXiv 1902.06720), appendix E. Rows may vanish, repeat and be collinear; of these the tangent kernel of depth L is
    known to a relative 1e-7 L. What no rows can have as a Gram matrix, and what leaves the floats, is refused.
    """
    if activation not in MOMENTS:
        raise ValueError(f"activation is {activation!r}, but must be one of {', '.join(MOMENTS)}")
    if depth < 1:
        raise ValueError(f"depth is {depth}, but counts weight layers: at least 1")
    moments = MOMENTS[activation]
    gram = np.asarray(gram, dtype=np.float64)
    squares = [np.diagonal(gram)] * 2 if squares is None else [np.asarray(square, np.float64) for square in squares]
    lengths = np.sqrt(squares[0])[:, None] * np.sqrt(squares[1])
    if not np.all(np.abs(gram) <= lengths * (1 + LARGEST_EXCESS)):
        raise ValueError(
            "gram is no Gram matrix: an entry is larger than the product of its rows' lengths, or no number"
        )

    def affine(second_moment):
        return weight_std**2 * second_moment + bias_std**2

    variances = [affine(square) for square in squares]
    nngp = ntk = affine(gram)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(depth - 1):
            pair = moments(nngp, variances[0][:, None], variances[1][None, :])
            variances = [affine(moments(variance, variance, variance).outputs) for variance in variances]
            nngp = affine(pair.outputs)
            ntk = nngp + weight_std**2 * pair.derivatives * ntk
    if not np.all(np.isfinite(ntk)):
        raise ValueError(
            f"{activation} kernels of depth {depth} and weight_std {weight_std} leave the range of float64"
        )
    return InfiniteWidth(nngp, ntk)
