"""Planted exponents are found, and what theory says of them is read off the right numbers."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.scaling_laws import language_model_runs, size_exponent, theory, token_exponent
from predictions.scaling_laws.language_model_runs import published_runs
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("tests-of-exponents", "explore", range(12))


@pytest.mark.parametrize("data", list(language_model_runs.EXPONENTS))
def test_planted_exponents_are_found(data):
    alpha, beta = language_model_runs.EXPONENTS[data]
    _, state = size_exponent.prepare({"data": data}, SEEDS)
    measured = size_exponent.measure({"data": data}, state)["size_exponent"]
    assert np.median(measured) == pytest.approx(alpha, abs=0.01)
    given, state = token_exponent.prepare({"data": data}, SEEDS)
    assert np.median(token_exponent.measure({"data": data}, state)["token_exponent"]) == pytest.approx(beta, abs=0.012)
    np.testing.assert_allclose(given["size_exponent"], measured)  # the same seeds draw the same runs


def test_the_shapes_have_the_parameters_of_whole_layers():
    """32,000 embedded tokens and 13 m^2 parameters a layer: what remains is a whole number of layers."""
    size, width = theory.MODEL_SHAPES.T
    ordinary = (width <= 2560) | np.isin(width, (4096, 5120))  # elsewhere heads times head size is not the width
    layers = (size * 1e6 - 32000 * width) / (13 * width**2)
    assert np.abs(layers - np.round(layers))[ordinary].max() < 0.2
    assert ordinary.sum() > 35
    assert (size[1:] > size[:-1]).all()


def test_the_exponent_of_size_in_width():
    """Between the two ends of the table: ln(16183/44) / ln(5120/512)."""
    assert theory.parameters_per_width() == pytest.approx(np.log(16183 / 44) / np.log(10), abs=0.06)


def test_published_sizes_are_those_of_the_table(real_points):
    sizes = theory.MODEL_SHAPES[:, 0] * 1e6
    off = np.abs(np.log(published_runs().size[:, None] / sizes)).min(axis=1)
    assert off.max() < 0.01


def test_learned_quanta_set_the_token_exponent():
    """Quanta seen more than a hundred times are learned; the loss is the frequency of the rest."""
    alpha = 0.5
    frequency = np.arange(1.0, 4e6) ** -(1 + alpha)
    frequency /= frequency.sum()
    tail = 2 * len(frequency) ** -0.5 / (frequency[0] ** -1)  # the mass beyond the last quantum, by the integral
    samples = np.array([1e6, 1e8])
    loss = [frequency[count * frequency < 100].sum() + tail for count in samples]
    slope = np.log(loss[0] / loss[1]) / np.log(samples[1] / samples[0])
    given = {"size_exponent": alpha}
    assert theory.quanta_token_exponent({}, given) == pytest.approx(slope, abs=0.01)
    assert theory.dual_token_exponent({}, given) > slope + 0.1


def test_overlaps_of_many_vectors_fall_as_one_over_the_width():
    """Mean squared overlap of random unit vectors is 1/m; the exponent in N is a p-th of that, p = 2.52."""
    log_size, log_width = np.log(theory.MODEL_SHAPES.T)
    centred = log_width - log_width.mean()
    power = centred @ log_size / (centred @ centred)
    overlaps = []
    for width in (64, 256):
        vectors = np.random.default_rng(0).standard_normal((600, width))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        overlaps.append(np.mean(np.triu(vectors @ vectors.T, 1) ** 2) * 600 / 599 * 2)
    in_width = np.log(overlaps[0] / overlaps[1]) / np.log(4)
    assert theory.superposition_size_exponent({}, {}) == pytest.approx(in_width / power, rel=0.02)
    assert theory.superposition_size_exponent({}, {}) == pytest.approx(1 / 2.52, abs=0.002)
    assert theory.measured_width_size_exponent({}, {}) == pytest.approx(0.91 / power, rel=1e-9)
