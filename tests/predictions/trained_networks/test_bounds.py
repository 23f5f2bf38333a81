"""Complexity measures by hand and by finite differences, and the conditional rank correlation."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from predictions.instruments.networks import uniform_weights
from predictions.trained_networks import bounds
from predictions.trained_networks.training import cross_entropy
from runners.measuring.profiles import profile


@pytest.fixture
def network():
    rng = np.random.default_rng(3)
    start = uniform_weights(rng, [3, 4, 5])
    layers = [tuple(2 * w + 0.3 * rng.standard_normal(w.shape) for w in layer) for layer in start]
    return layers, start, rng.standard_normal((7, 3)), rng.integers(5, size=7)


def test_trace_of_the_hessian_against_the_whole_hessian(network):
    layers, _, inputs, labels = network
    with profile("float64", frameworks=["jax"]):
        flat, shaped = ravel_pytree(jax.tree.map(jnp.asarray, layers))
        hessian = jax.hessian(lambda flat: cross_entropy(shaped(flat), inputs, labels))(flat)
        assert float(bounds.hessian_trace(layers, jnp.asarray(inputs))) == pytest.approx(float(jnp.trace(hessian)))


def test_measures_by_plain_loops(network):
    layers, start, inputs, _ = network
    (first, bias), (last, offset) = layers
    logits = np.maximum(inputs @ first + bias, 0) @ last + offset
    best = np.argmax(logits, axis=1)  # margins above 0
    with profile("float64", frameworks=["jax"]):
        found = bounds.complexities(*(jax.tree.map(jnp.asarray, part) for part in (layers, start, inputs, best)))
        trace = float(bounds.hessian_trace(layers, jnp.asarray(inputs)))
    margins = [row[label] - np.delete(row, label).max() for row, label in zip(logits, best)]
    margin = np.percentile(margins, 10)
    paths = sum(first[i, j] ** 2 * last[j, k] ** 2 for i in range(3) for j in range(4) for k in range(5))
    paths += sum(bias[j] ** 2 * last[j, k] ** 2 for j in range(4) for k in range(5)) + np.sum(offset**2)
    norms = [np.linalg.svd(w, compute_uv=False)[0] for w in (first, last)]
    apart = [sum(np.sqrt(np.sum((w - w0)[:, j] ** 2)) for j in range(w.shape[1]))
             for (w, _), (w0, _) in zip(layers, start)]  # fmt: skip
    spread = sum((a / n) ** (2 / 3) for a, n in zip(apart, norms)) ** 3
    distance = sum(np.sum((w - w0) ** 2) for layer, old in zip(layers, start) for w, w0 in zip(layer, old))
    expected = [distance * trace, np.prod(norms) ** 2 * spread / margin**2, paths / margin**2, distance, 3 * 4 + 4 + 25]
    np.testing.assert_allclose([float(value) for value in found], expected, rtol=1e-6)


def test_rescaling_layers_keeps_the_path_norm_and_not_the_others(network):
    layers, start, inputs, _ = network
    (first, bias), (last, offset) = layers
    rescaled = [(10 * first, 10 * bias), (last / 10, offset)]
    with profile("float64", frameworks=["jax"]):
        labels = jnp.asarray(np.argmax(np.maximum(inputs @ first + bias, 0) @ last + offset, axis=1))
        own, other = (bounds.complexities(w, start, jnp.asarray(inputs), labels) for w in (layers, rescaled))
    ratio = {name: float(b / a) for name, a, b in zip(bounds.MEASURES, own, other)}
    assert ratio["path"] == pytest.approx(1)
    assert abs(np.log(ratio["pac_bayes"])) > 1
    assert abs(np.log(ratio["spectral"])) > 0.1


def test_conditional_ranking_is_blind_to_a_setting_that_the_measure_does_not_follow():
    """Gaps rise along the first axis and fall along the second; a measure of the first alone has (1 + 0) / 2."""
    gaps = np.arange(3.0)[:, None] - 0.1 * np.arange(4.0)
    assert bounds.conditional(gaps, gaps) == 1
    assert bounds.conditional(np.arange(3.0)[:, None] + np.zeros(4), gaps) == pytest.approx(1 / 2)
    assert bounds.conditional(np.arange(3.0)[:, None] + np.arange(4.0), gaps) == pytest.approx(0)


def test_ranges_are_in_standard_errors_of_one_network():
    """Halves that differ by noise of variance 2: a mean of both has the standard error (2)^(1/2) / 2."""
    rng = np.random.default_rng(0)
    found = np.zeros((1, 1, 300, 40, 4 + len(bounds.MEASURES)))
    found[..., 4:] = 1
    gaps = np.linspace(0, 5, 300)[:, None]
    found[..., 2], found[..., 3] = (gaps + rng.standard_normal((300, 40)) for _ in range(2))
    observed = bounds.rankings(found)
    assert observed["range_over_widths"][0] == pytest.approx(5 / np.sqrt(1 / 2), rel=0.15)
    assert observed["largest_loss"][0] == 0
