"""Overlaps of many features against tight frames that can be written down, and against directions at random."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.superposition import crowded_features, theory


def overlap(count: int, dimensions: int) -> float:
    return theory.least_overlap({"features": count, "dimensions": dimensions}, {})


@pytest.mark.parametrize("count", [5, 7, 12])
def test_regular_polygons_overlap_least(count):
    angles = 2 * np.pi * np.arange(count) / count
    polygon = 3 * np.stack([np.cos(angles), np.sin(angles)])
    assert crowded_features.mean_squared_cosine(polygon) == pytest.approx(overlap(count, 2), rel=1e-12)


def test_a_simplex_overlaps_by_one_over_its_dimension_squared():
    corners = np.linalg.svd(np.eye(6) - 1 / 6)[2][:5] @ (np.eye(6) - 1 / 6)
    assert crowded_features.mean_squared_cosine(corners) == pytest.approx(1 / 25, rel=1e-12)
    assert overlap(6, 5) == pytest.approx(1 / 25, rel=1e-12)


def test_random_directions_overlap_by_one_over_the_dimension():
    weights = np.random.default_rng(0).standard_normal((16, 2000)) * np.linspace(1, 5, 2000)
    setting = {"features": 2000, "dimensions": 16}
    assert crowded_features.mean_squared_cosine(weights) == pytest.approx(theory.random_overlap(setting, {}), rel=0.01)
    gap = theory.random_overlap(setting, {}) / theory.least_overlap(setting, {})
    assert gap == pytest.approx(1999 / (2000 - 16))
    assert theory.crowding(setting, {}) == 125


def test_training_brings_the_overlap_from_random_to_the_least():
    setting = {"features": 24, "dimensions": 8, "active": 0.5, "frequency_exponent": 0, "batch": 64}
    ratios = []
    for steps in (0, 800):
        given, state = crowded_features.prepare(setting, [1, 2])
        found = crowded_features.measure({**setting, "steps": steps}, state)
        ratios.append(found["squared_overlap"] / overlap(24, 8))
    assert given["parameters"].tolist() == [9 * 24] * 2
    np.testing.assert_allclose(ratios[0], 23 / 16, rtol=0.1)  # 1/m over the least
    np.testing.assert_allclose(ratios[1], 1, atol=0.05)
    assert np.all(ratios[1] >= 1 - 1e-6)  # a theorem: Welch 1974
    assert np.all(found["kept"] == 1)
