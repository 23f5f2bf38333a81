"""Interpolants and students against functions that they must reproduce, exponents against classical ones."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from predictions.scaling_laws import manifold_grid, manifold_students, theory
from predictions.scaling_laws.random_fields import Field, draw_field, field_values
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("tests-of-manifolds", "explore", range(4))


def test_a_grid_reproduces_values_at_corners_and_is_linear_between():
    field = draw_field("smooth", 3, np.random.default_rng(0))
    corners = np.array([[-1.0, -0.5, 1.0], [0.0, 0.5, 0.0]])
    np.testing.assert_allclose(manifold_grid.interpolate(field, corners, 4), field_values(field, corners), atol=1e-12)
    ends = np.array([[-0.5, 0.0, 0.5], [0.0, 0.5, 1.0]])  # a cell's main diagonal, an edge of its simplices
    middle = manifold_grid.interpolate(field, ends.mean(axis=0, keepdims=True), 4)
    assert middle[0] == pytest.approx(field_values(field, ends).mean())


@pytest.mark.parametrize("dimension", [1, 2, 3])
def test_grids_have_the_exponents_of_smooth_and_rough_functions(dimension):
    condition = {"dimension": dimension, "target": "smooth", "cells_per_side": 8, "test_samples": 1000}
    _, state = manifold_grid.prepare(condition, SEEDS)
    smooth = manifold_grid.measure(condition, state)["size_exponent"]
    assert np.median(smooth) == pytest.approx(theory.linear_pieces_exponent(condition, {}), rel=0.03)
    rough_condition = {**condition, "target": "rough"}
    _, state = manifold_grid.prepare(rough_condition, SEEDS)
    rough = manifold_grid.measure(rough_condition, state)["size_exponent"]
    assert np.median(rough) == pytest.approx(theory.rough_exponent(condition, {}), rel=0.4)
    assert theory.constant_pieces_exponent(condition, {}) == pytest.approx(2 / dimension)


@pytest.mark.parametrize(("kind", "power"), [("smooth", 2.0), ("rough", 1.0)])
def test_fields_are_as_smooth_as_they_are_said_to_be(kind, power):
    """The mean squared increment of a field over a short distance h grows as h^2, or as h."""
    rng = np.random.default_rng(1)
    growth = []
    for _ in range(200):
        field = draw_field(kind, 2, rng)
        points = rng.uniform(-1, 1, (20, 2))
        steps = [field_values(field, points + np.array([h, 0])) - field_values(field, points) for h in (0.01, 0.04)]
        growth.append(np.mean(np.square(steps), axis=1))
    small, large = np.mean(growth, axis=0)
    assert np.log(large / small) / np.log(4) == pytest.approx(power, abs=0.15)


def test_students_learn_a_function_that_they_can_represent():
    """Waves of frequency 0 add up to a constant; most networks' error must vanish to rounding."""
    condition = {"dimension": 2, "target": "smooth", "smallest_width": 3, "rows_per_parameter": 5}
    condition |= {"iterations": 40, "starts": 2}
    with profile("float64"):
        _, state = manifold_students.prepare(condition, SEEDS)
        flat = Field(np.zeros((2, 256)), np.full(256, 1.5))
        size, (start, points, _, test, _) = state[0]
        values = np.stack([field_values(flat, it) for it in points])
        test_values = np.stack([field_values(flat, it) for it in test])
        arrays = map(manifold_students._to_device, (start, points, values, test, test_values))
        test_error, _, final = manifold_students._train(*arrays, 40)
    assert np.median(final) < 1e-12 * np.mean(values**2)
    assert np.median(test_error) < 1e-6 * np.mean(values**2)
    assert size == 2 * 3 + 3 + 9 + 3 + 3 + 1


def test_the_network_by_hand():
    layers = [(jnp.array([[1.0, -1.0]]), jnp.array([0.0, 0.5])), (jnp.array([[2.0], [3.0]]), jnp.array([-1.0]))]
    assert float(manifold_students.network(layers, jnp.array([0.25]))) == pytest.approx(2 * 0.25 + 3 * 0.25 - 1)


def test_more_parameters_fit_better():
    condition = {"dimension": 2, "target": "smooth", "smallest_width": 2, "rows_per_parameter": 8}
    condition |= {"iterations": 60, "starts": 1}
    with profile("float64"):
        block = manifold_students.measure(condition, manifold_students.prepare(condition, SEEDS)[1])
    assert np.median(block["size_exponent"]) > 0.5
