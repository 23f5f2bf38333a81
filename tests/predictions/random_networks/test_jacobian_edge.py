"""Edges of deep Jacobians against minima found by search, known laws of one layer, and wide random matrices."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from predictions.random_networks import free_probability_theory as theory
from predictions.random_networks import jacobian_edge

LAYERS = {
    ("linear", "gaussian"): lambda z: 1 / (1 + z),
    ("relu", "gaussian"): lambda z: 1 / (1 + 2 * z),
    ("relu", "orthogonal"): lambda z: (1 + z) / (1 + 2 * z),
}


@pytest.mark.parametrize("depth", [3, 5, 12])
@pytest.mark.parametrize(("activation", "weights"), LAYERS)
def test_the_edge_is_where_the_law_ends_and_the_shift_is_of_its_curvature(activation, weights, depth):
    layer = LAYERS[activation, weights]

    def ln_x(z):
        return np.log1p(z) - np.log(z) - depth * np.log(layer(z))

    at = np.exp(minimize_scalar(lambda t: ln_x(np.exp(t)), bounds=(-6, 4), options={"xatol": 1e-9}).x)
    bend = (ln_x(at + 1e-4) - 2 * ln_x(at) + ln_x(at - 1e-4)) / 1e-8
    edge = theory.linear_edge if activation == "linear" else theory.relu_edge
    setting = {"activation": activation, "weights": weights, "depth": depth}
    assert edge({**setting, "width": 1e12}, {}) == pytest.approx(np.exp(ln_x(at)), rel=1e-6)
    finite = edge({**setting, "width": 1000}, {}) / np.exp(ln_x(at))
    assert finite == pytest.approx(1 - 1.2065 * (bend / 2e6) ** (1 / 3), rel=1e-4)


def test_one_layer_has_the_edge_of_marchenko_and_pastur_and_the_shift_of_johnstone():
    """(1 + sqrt(ratio))^2, with half of the rows at twice the variance; 2^{4/3} n^{-2/3} for a square."""
    assert theory.linear_edge({"depth": 1, "width": 1e12}, {}) == pytest.approx(4)
    expected = 4 - 1.2065 * 2 ** (4 / 3) * 500 ** (-2 / 3)
    assert theory.linear_edge({"depth": 1, "width": 500}, {}) == pytest.approx(expected, rel=1e-4)
    one = {"depth": 1, "weights": "gaussian", "activation": "relu", "width": 1e12}
    assert theory.relu_edge(one, {}) == pytest.approx(2 * (1 + 0.5**0.5) ** 2)
    assert theory.product_of_edges({**one, "depth": 2}, {}) == pytest.approx(theory.relu_edge(one, {}) ** 2)


@pytest.mark.parametrize(("activation", "weights", "depth"), [("relu", "orthogonal", 3), ("relu", "gaussian", 2)])
def test_wide_networks_reach_their_edge(activation, weights, depth):
    setting = {"activation": activation, "weights": weights, "depth": depth, "width": 200, "networks": 16}
    found = jacobian_edge.measure(setting, jacobian_edge.prepare(setting, [0])[1])["top_square"]
    assert found[0] == pytest.approx(theory.relu_edge(setting, {}), rel=0.04)


def test_rotations_turn_and_linear_layers_multiply():
    setting = {"activation": "linear", "weights": "orthogonal", "depth": 3, "width": 20, "networks": 1}
    found = jacobian_edge.measure(setting, jacobian_edge.prepare(setting, [0])[1])["top_square"]
    assert found[0] == pytest.approx(theory.isometry(setting, {}))
    assert theory.product_of_edges({"activation": "linear", "depth": 3}, {}) == 64
