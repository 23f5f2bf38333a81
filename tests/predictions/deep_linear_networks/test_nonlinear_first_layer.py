"""Layers and their gradients: matrices of known power, finite differences, and the theorem for linear units."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import fractional_matrix_power

from predictions.deep_linear_networks import gram_theory, nonlinear_first_layer
from predictions.deep_linear_networks.nonlinear_first_layer import compare
from runners.measuring.profiles import profile

SEEDS = np.array([1, 61], dtype=np.uint64)
SETTING = {
    "activation": "relu",
    "data": "digits",
    "depth": 3,
    "width": 12,
    "rows": 20,
    "init_scale": 0.7,
    "learning_rate": 0.0,
    "weight_decay": 0.006,
    "steps": 1,
}


@pytest.fixture(autouse=True)
def double_precision():
    with profile("float64", frameworks=["jax"]):
        yield


@pytest.mark.parametrize("power", [0.25, 0.5, 1.0])
def test_the_power_of_a_matrix_is_found(power):
    factor = np.random.default_rng(0).standard_normal((8, 8))
    agop = factor @ factor.T
    found, best, half, one = compare(3.0 * fractional_matrix_power(agop, power), agop)
    assert found == pytest.approx(power, abs=1e-3)
    assert best == pytest.approx(1)
    assert (half == pytest.approx(1)) == (power == 0.5)
    assert (one == pytest.approx(1)) == (power == 1.0)


def test_a_run_that_diverged_has_no_power():
    assert np.isnan(compare(np.full((3, 3), np.inf), np.eye(3))).all()


def test_correlations_against_gradients_by_finite_differences():
    """Before training, of both layers, trial by trial."""
    _, state = nonlinear_first_layer.prepare(SETTING, SEEDS)
    observed = nonlinear_first_layer.measure(SETTING, state)
    for trial in range(2):
        inputs = np.asarray(state[0][trial])
        first, second, third = (np.asarray(layer[trial]) for layer in state[2])

        def from_second(hidden, second=second, third=third):
            return np.maximum(hidden @ second, 0) @ third

        def from_first(rows, first=first, rest=from_second):
            return rest(np.maximum(rows @ first, 0))

        cases = (from_first, inputs, first, ""), (from_second, np.maximum(inputs @ first, 0), second, "inner_")
        for outputs, rows, weights, prefix in cases:
            nudges = 1e-6 * np.eye(rows.shape[1])
            slopes = np.stack([(outputs(rows + nudge) - outputs(rows - nudge)) / 2e-6 for nudge in nudges])
            agop = np.einsum("ink,jnk->ij", slopes, slopes) / len(rows)
            expected = np.corrcoef((weights @ weights.T).ravel(), agop.ravel())[0, 1]
            assert observed[prefix + "unit_correlation"][trial] == pytest.approx(expected, abs=1e-5)
    np.testing.assert_allclose(observed["start_left"], 1)


def test_decay_makes_linear_layers_obey_the_theorem():
    """1/L and 1/(L - 1) once balanced, which rectifiers that are trained in the same way are not."""
    trained = {**SETTING, "width": 24, "rows": 60, "learning_rate": 0.1, "steps": 1200}
    powers = {}
    for activation in ("linear", "relu"):
        setting = {**trained, "activation": activation}
        observed = nonlinear_first_layer.measure(setting, nonlinear_first_layer.prepare(setting, SEEDS)[1])
        powers[activation] = observed["gram_power"]
        if activation == "linear":
            np.testing.assert_allclose(observed["best_correlation"], 1, atol=0.01)
            np.testing.assert_allclose(
                observed["inner_gram_power"], gram_theory.inverse_depth_above(setting, {}), atol=0.03
            )
    np.testing.assert_allclose(powers["linear"], 1 / 3, atol=0.03)
    assert np.all(powers["relu"] > 0.38)
    assert gram_theory.half(trained, {}) == 0.5


def test_weights_do_not_move_at_no_learning_rate_and_errors_fall_at_one():
    still = nonlinear_first_layer.measure(SETTING, nonlinear_first_layer.prepare(SETTING, SEEDS)[1])
    setting = {**SETTING, "learning_rate": 0.1, "steps": 200}
    moved = nonlinear_first_layer.measure(setting, nonlinear_first_layer.prepare(setting, SEEDS)[1])
    assert np.all(moved["remaining_error"] < 0.2 * still["remaining_error"])
    assert np.all(moved["start_left"] < 0.7)
