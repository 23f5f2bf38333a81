"""Infinite-width kernels over their whole domain: rows that vanish, repeat or are collinear; scale, depth, type."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from predictions.instruments.kernels import MOMENTS, infinite_width_kernels, propagate

COLLINEAR = 1e-7
"""Relative error that a layer adds to the kernel of collinear rows, whose angle is known to 1e-8."""


@st.composite
def troubled_rows(draw):
    """(rows, features): one to four rows as they come, then some that vanish, repeat or are multiples."""
    features = draw(st.integers(1, 4))
    entries = st.floats(-3, 3).map(lambda it: round(it, 3))
    rows = list(draw(arrays(np.float64, (draw(st.integers(1, 4)), features), elements=entries)))
    for factor in draw(st.lists(st.sampled_from([0.0, 1.0, -1.0, 0.3, 7.0]), max_size=3)):
        rows.append(factor * rows[draw(st.integers(0, len(rows) - 1))])
    return np.array(rows)


@given(
    rows=troubled_rows(),
    exponent=st.sampled_from([-30, -10, 0, 10, 30]),
    depth=st.sampled_from([1, 2, 3, 10, 1000]),
    weight_std=st.sampled_from([0.5, 1.0, 2**0.5, 2.0]),
    bias_std=st.sampled_from([0.0, 0.3]),
)
def test_relu_kernels_are_kernels_or_refused(rows, exponent, depth, weight_std, bias_std):
    setting = {"depth": depth, "activation": "relu", "weight_std": weight_std, "bias_std": bias_std}
    try:
        kernels = infinite_width_kernels(10.0**exponent * rows, **setting)
    except ValueError:
        assert depth == 1000  # 2^1000 of a layer's gain, and the square of 1e30
        assert weight_std == 2.0
        return
    for kernel in kernels:
        size = np.max(np.abs(kernel))
        assert np.all(np.isfinite(kernel))
        assert np.max(np.abs(kernel - kernel.T)) <= COLLINEAR * size
        assert np.linalg.eigvalsh(kernel / (size or 1))[0] >= -depth * COLLINEAR
    # the kernel between two sets is a block of the kernel of both
    block = infinite_width_kernels(10.0**exponent * rows[:1], 10.0**exponent * rows, **setting)
    for kernel, of_block in zip(kernels, block):
        np.testing.assert_allclose(of_block[0], kernel[0], rtol=0, atol=depth * COLLINEAR * np.max(np.abs(kernel)))


@given(rows=troubled_rows(), exponent=st.sampled_from([-30, -8, 0, 2, 30]), depth=st.sampled_from([1, 2, 5, 1000]))
def test_erf_kernels_are_kernels_or_refused(rows, exponent, depth):
    setting = {"depth": depth, "activation": "erf", "weight_std": 1.5, "bias_std": 0.2}
    try:
        kernels = infinite_width_kernels(10.0**exponent * rows, **setting)
    except ValueError:
        assert exponent == 30
        return
    for kernel in kernels:
        size = np.max(np.abs(kernel))
        assert np.linalg.eigvalsh(kernel / (size or 1))[0] >= -1e-6
        np.testing.assert_allclose(kernel, kernel.T, rtol=0, atol=COLLINEAR * size)


@pytest.mark.parametrize("weight_std", [1.0, 2**0.5])
@pytest.mark.parametrize("depth", [2, 30, 1000])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e30])
def test_relu_without_bias_passes_on_half_of_each_gain(weight_std, depth, scale):
    """x, 3 x and 0: S_L = s^2 (s^2/2)^{L-1} x.x'/d and T_L = L S_L."""
    rows = scale * np.outer([1, 3, 0], [1.0, -2.0, 2.0])
    found = infinite_width_kernels(rows, depth=depth, activation="relu", weight_std=weight_std, bias_std=0.0)
    nngp = weight_std**2 * (weight_std**2 / 2) ** (depth - 1) * 3 * scale**2 * np.outer([1, 3, 0], [1, 3, 0])
    np.testing.assert_allclose(found.nngp, nngp, rtol=1e-10, atol=1e-12 * nngp[0, 0])
    np.testing.assert_allclose(found.ntk, depth * nngp, rtol=depth * COLLINEAR, atol=1e-12 * nngp[0, 0])


def test_a_row_of_zeros_has_no_tangent_without_bias():
    found = infinite_width_kernels([[0, 0], [1, 2]], depth=2, activation="relu", weight_std=1, bias_std=0)
    np.testing.assert_allclose(found.ntk, [[0, 0], [0, 2.5]], atol=1e-15)
    np.testing.assert_allclose(found.nngp, [[0, 0], [0, 1.25]], atol=1e-15)


def test_small_inputs_see_a_linear_erf_and_large_ones_its_sign():
    rows = np.array([[1.0, 0.5], [-0.3, 2.0], [0.7, 0.7]])
    gram = rows @ rows.T / 2
    small = infinite_width_kernels(1e-30 * rows, depth=3, activation="erf", weight_std=1.3, bias_std=0.0)
    linear = 1.3**6 * (4 / np.pi) ** 2 * 1e-60 * gram
    np.testing.assert_allclose(small.nngp, linear, rtol=1e-12)
    np.testing.assert_allclose(small.ntk, 3 * linear, rtol=1e-12)
    large = infinite_width_kernels(1e30 * rows, depth=2, activation="erf", weight_std=1.3, bias_std=0.2)
    cosines = gram / np.sqrt(np.outer(np.diagonal(gram), np.diagonal(gram)))
    np.testing.assert_allclose(large.nngp, 1.3**2 * 2 / np.pi * np.arcsin(np.clip(cosines, -1, 1)) + 0.04, rtol=1e-7)


@pytest.mark.parametrize("variance", [1e-20, 1.0, 1e5, 1e8])
@pytest.mark.parametrize("factor", [1.0, -0.5, 3.0])
def test_moments_of_collinear_variables_by_arithmetic_of_fifty_digits(variance, factor):
    p, q, c = variance, factor**2 * variance, factor * variance
    with mpmath.workdps(50):
        root = mpmath.sqrt((1 + 2 * mpmath.mpf(p)) * (1 + 2 * mpmath.mpf(q)))
        outputs = 2 / mpmath.pi * mpmath.asin(2 * mpmath.mpf(c) / root)
        slopes = 4 / mpmath.pi / mpmath.sqrt(1 + 2 * (mpmath.mpf(p) + mpmath.mpf(q)))
    found = MOMENTS["erf"](np.array(c), np.array(p), np.array(q))
    assert found.outputs == pytest.approx(float(outputs), rel=1e-7)
    assert found.derivatives == pytest.approx(float(slopes), rel=1e-6)
    relu = MOMENTS["relu"](np.array(c), np.array(p), np.array(q))
    assert relu.outputs == pytest.approx(max(factor, 0) * variance / 2, rel=1e-10, abs=1e-12 * variance)
    assert relu.derivatives == pytest.approx(0.5 if factor > 0 else 0, abs=1e-8)


def test_an_angle_that_rounding_hides_is_refused():
    rows = 1e8 * np.array([[0.1, 0.7, 0.3], [0.3, 2.1, 0.9]])
    with pytest.raises(ValueError, match="nearly collinear inputs of variance"):
        infinite_width_kernels(rows, depth=2, activation="erf", weight_std=1.0, bias_std=0.0)
    alone = infinite_width_kernels(rows[:1], depth=2, activation="erf", weight_std=1.0, bias_std=0.0)  # known to be one
    variance = np.mean(rows[0] ** 2)
    assert alone.ntk[0, 0] == pytest.approx(1 + 4 / np.pi * variance / np.sqrt(1 + 4 * variance), rel=1e-7)


@pytest.mark.parametrize("activation", MOMENTS)
def test_float32_inputs_give_what_float64_does(activation):
    rows = np.random.default_rng(0).standard_normal((5, 3))
    setting = {"depth": 4, "activation": activation, "weight_std": 1.4, "bias_std": 0.1}
    for exact, rounded in zip(
        infinite_width_kernels(rows, **setting), infinite_width_kernels(rows.astype("f4"), **setting)
    ):
        assert rounded.dtype == np.float64
        np.testing.assert_allclose(rounded, exact, rtol=1e-5)
    gram = (rows @ rows.T / 3).astype(np.float32)
    np.testing.assert_allclose(propagate(gram, **setting).ntk, infinite_width_kernels(rows, **setting).ntk, rtol=1e-5)


@pytest.mark.parametrize(
    ("gram", "changes", "named"),
    [
        ([[1.0, 1.2], [1.2, 1.0]], {}, "no Gram matrix"),
        ([[1.0, np.nan], [np.nan, 1.0]], {}, "no Gram matrix"),
        ([[1.0]], {"depth": 0}, "depth is 0"),
        ([[1.0]], {"activation": "tanh"}, "tanh"),
        ([[1.0]], {"weight_std": 10.0, "depth": 1000}, "leave the range"),
    ],
)
def test_what_is_outside_is_refused_by_name(gram, changes, named):
    with pytest.raises(ValueError, match=named):
        propagate(np.array(gram), **{"depth": 2, "activation": "relu", "weight_std": 1.0, "bias_std": 0.0, **changes})
