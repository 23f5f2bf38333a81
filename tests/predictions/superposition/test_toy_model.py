"""Geometry by hand, the loss against a sum written out, and trained models of known shape."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from predictions.superposition import theory, toy_model
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("tests-of-superposition", "explore", range(3))
POLYGON = {"features": 5, "dimensions": 2, "probability": 0.03, "importance_ratio": 1.0}
QUICK = {"starts": 4, "steps": 1500, "batch": 512}


def polygon(corners):
    angles = 2 * np.pi * np.arange(corners) / corners
    return 1.3 * np.array([np.cos(angles), np.sin(angles)])


def measured(condition, seeds=SEEDS):
    with profile("float32"):
        _, state = toy_model.prepare(condition, seeds)
        return toy_model.measure(condition, state)


@pytest.mark.parametrize("corners", [3, 4, 5, 8])
def test_a_regular_polygon_shares_the_plane(corners):
    condition = {"features": corners, "dimensions": 2}
    np.testing.assert_allclose(
        toy_model.dimensionalities(polygon(corners)), theory.equal_share(condition, {}), rtol=1e-12
    )
    assert toy_model.widest_gap(polygon(corners)) == pytest.approx(theory.equal_angles(condition, {}))


def test_pairs_and_a_dropped_feature():
    weights = np.array([[1.0, -1.0, 0.0, 0.0, 1e-9], [0.0, 0.0, 1.0, -1.0, 1e-9]])
    np.testing.assert_allclose(toy_model.dimensionalities(weights), [0.5, 0.5, 0.5, 0.5, 0], atol=1e-15)
    assert toy_model.widest_gap(weights) == pytest.approx(theory.paired_angles({}, {}))


def test_the_loss_is_a_sum_over_features():
    rng = np.random.default_rng(0)
    weights, bias = rng.standard_normal((2, 3)), rng.standard_normal(3)
    rows, importance = rng.uniform(size=(4, 3)), np.array([1.0, 0.5, 0.25])
    by_hand = 0.0
    for row in rows:
        for i in range(3):
            output = max(0.0, sum(weights[:, i] @ weights[:, j] * row[j] for j in range(3)) + bias[i])
            by_hand += importance[i] * (row[i] - output) ** 2 / len(rows)
    with profile("float64"):
        assert float(toy_model.expected_loss((weights, bias), rows, importance)) == pytest.approx(by_hand)


def test_rows_are_sparse_and_uniform():
    rows = np.asarray(toy_model._rows(jax.random.PRNGKey(0), 40_000, 5, 0.03))
    active = rows[rows > 0]
    assert np.mean(rows > 0) == pytest.approx(0.03, abs=4 * np.sqrt(0.03 / rows.size))
    assert np.mean(active) == pytest.approx(0.5, abs=4 * np.sqrt(1 / 12 / active.size))
    assert np.var(active) == pytest.approx(1 / 12, rel=0.05)


def test_five_sparse_features_form_a_pentagon():
    found = measured({**POLYGON, **QUICK})
    assert np.median(found["lowest_dimensionality"]) == pytest.approx(0.4, abs=0.02)
    assert np.median(found["widest_gap"]) == pytest.approx(72, abs=3)
    assert (found["share_of_starts"] >= 0.25).all()


def test_dense_features_are_dropped_by_importance():
    found = measured({**POLYGON, **QUICK, "probability": 1.0, "importance_ratio": 0.7})
    assert found["lowest_dimensionality"].max() < 0.05
    # the two most important are kept whole, the others replaced by their mean: variance 1/12 each
    dropped = (0.7**2 + 0.7**3 + 0.7**4) / 12
    np.testing.assert_allclose(found["test_loss"], dropped, rtol=0.03)


def test_principal_components_leave_the_last_features_without_a_dimension():
    """Two directions for five features: the identity on the first two is what PCA keeps, and its least share is 0."""
    kept = np.eye(2, 5) + 1e-9
    assert toy_model.dimensionalities(kept).min() == pytest.approx(theory.principal_share({}, {}), abs=1e-12)
