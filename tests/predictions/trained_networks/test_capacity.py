"""Capacity for random labels: what a row takes away, Cover's count of separable labels, the search for the number."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from scipy.optimize import nnls

from predictions.trained_networks import capacity, theory
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "data": "gaussian",
    "trained": "readout",
    "classes": 2,
    "labels": "all",
    "width": 4,
    "features": 6,
    "networks": 60,
    "finer": 0.1,
    "most_rows": 4,
    "learning_rate": 0.05,
    "batch_size": 8,
    "most_steps": 4000,
}
SEEDS = derive_seeds("test-capacity", "explore", range(1))


def test_a_row_of_two_classes_takes_a_half_and_of_three_five_sixths():
    """Cones of angle pi/3 in the plane, polar to those of 2 pi/3: 1/2 on an edge and 1/6 inside, of two dimensions."""
    assert theory.freedom_per_row(2) == pytest.approx(1 / 2)
    assert theory.freedom_per_row(3) == pytest.approx(1 / 2 + 2 / 6)


@pytest.mark.parametrize("classes", [4, 10])
def test_freedom_against_projections_of_drawn_gaussians(classes):
    """|g|^2 less the squared distance from the polar cone, whose rays are e_j - e_1."""
    rays = np.vstack([-np.ones(classes - 1), np.eye(classes - 1)])
    drawn = np.random.default_rng(0).standard_normal((4000, classes))
    distances = np.array([g @ g - nnls(rays, g)[1] ** 2 for g in drawn])
    assert theory.freedom_per_row(classes) == pytest.approx(distances.mean(), abs=4 * distances.std() / 63)


@pytest.mark.parametrize("rows", [15, 18, 21])
def test_separable_labels_are_as_frequent_as_cover_counted(rows):
    """2^(1-n) sum_{k<p} C(n-1, k) of all labellings of n points in general position in p dimensions, here 9."""
    expected = 2.0 ** (1 - rows) * sum(comb(rows - 1, k) for k in range(9))
    _, (networks,) = capacity.prepare(CONDITION | {"width": 8}, SEEDS)
    found = np.mean([capacity._separable(*network, rows) for network in networks])
    assert found == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / 60))


def test_free_weights_and_counts_by_hand():
    setting = CONDITION | {"classes": 3, "width": 8, "trained": "all"}
    weights = 2 * 9 + 6 * 8
    assert theory.free_weights(setting, {"features": 6}) == weights
    assert theory.rows_of_equations(setting, {"features": 6}) == weights / 2
    assert theory.rows_fitted(setting, {"features": 6}) == pytest.approx(weights / (5 / 6))
    assert theory.rows_of_two_bits(setting | {"classes": 4}, {"features": 6}) == 3 * 9 + 6 * 8
    halved = theory.rows_fitted_of_half_the_classes(setting | {"classes": 4}, {"features": 6})
    assert halved == pytest.approx((9 + 6 * 8) / (1 / 2))


def test_rows_rise_by_the_factor_from_weights_over_four_classes():
    steps = capacity.ladder(CONDITION | {"width": 99, "classes": 5})  # 400 weights
    assert steps[0] == 20
    assert steps[-1] == pytest.approx(1600, rel=0.1)
    np.testing.assert_allclose(steps[1:] / steps[:-1], 1.1, rtol=0.04)


def test_the_number_is_that_of_the_first_failure():
    assert capacity._first_failure(np.array([4, 5, 6, 7]), lambda rows: rows < 6) == pytest.approx(30**0.5)
    assert capacity._first_failure(np.array([4, 5]), lambda rows: True) == np.inf
    assert capacity._first_failure(np.array([4, 5]), lambda rows: False) == 2


def test_descent_fits_few_rows_and_no_rows_twice_with_two_labels():
    with profile("float64", frameworks=["jax"]):
        _, (networks,) = capacity.prepare(CONDITION | {"trained": "all", "width": 16, "networks": 1}, SEEDS)
        inputs, labels, layers, seed = networks[0]
        assert capacity._learns(CONDITION, inputs, labels, layers, seed, 20)
        twins = np.repeat(inputs[:10], 2, axis=0), np.tile([0, 1], 10)
        assert not capacity._learns(CONDITION, *twins, layers, seed, 20)
        assert capacity._learns(CONDITION, *twins, layers, seed, 1)  # rows beyond the first do not count
