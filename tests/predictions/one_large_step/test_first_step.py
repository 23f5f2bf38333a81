"""One large step: its gradient against finite differences, its spike against planted ones, averages by sampling."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.one_large_step import first_step, theory

SETTING = {
    "data": "gaussian",
    "inputs": "plain",
    "labels": "own",
    "readout": "random",
    "activation": "tanh",
    "learning_rate": 4.0,
    "width": 30,
    "rows": 40,
    "dimension": 10,
}
SEEDS = np.arange(3, dtype=np.uint64)


def test_the_step_is_down_the_loss():
    """The first layer after it, from the loss's finite differences."""
    _, state = first_step.prepare(SETTING, SEEDS[:1])
    inputs, labels, target, weights, readout = state[0]

    def loss(weights):
        outputs = np.tanh(inputs @ weights) @ readout / np.sqrt(30)
        return np.mean((outputs - labels) ** 2) / 2

    gradient = np.zeros_like(weights)
    for place in np.ndindex(weights.shape):
        ahead, behind = weights.copy(), weights.copy()
        ahead[place] += 1e-6
        behind[place] -= 1e-6
        gradient[place] = (loss(ahead) - loss(behind)) / 2e-6
    vectors, values, _ = np.linalg.svd(weights - 4 * np.sqrt(30) * gradient)
    measured = first_step.measure(SETTING, state)
    assert measured["largest_value"][0] == pytest.approx(values[0], rel=1e-6)
    assert measured["alignment"][0] == pytest.approx((vectors[:, 0] @ target) ** 2, rel=1e-5)


@pytest.mark.parametrize("activation", ["erf", "relu", "softplus", "tanh"])
def test_the_pull_is_the_mean_gradient_of_a_unit(activation):
    """Over 200,000 units with readout 1 and outputs of 0; and slopes are those of the function."""
    setting = {**SETTING, "activation": activation}
    given, state = first_step.prepare(setting, SEEDS[:1])
    inputs, labels, target, *_ = state[0]
    function, slope = first_step.ACTIVATIONS[activation]
    at = np.array([-1.3, 0.2, 2.0])
    np.testing.assert_allclose(slope(at), (function(at + 1e-6) - function(at - 1e-6)) / 2e-6, atol=1e-7)
    units = np.random.default_rng(5).standard_normal((10, 200_000)) / np.sqrt(10)
    pull = (labels @ (slope(inputs @ units).mean(axis=1)[:, None] * inputs)) / 40
    assert given["pull"][0] == pytest.approx(np.linalg.norm(pull), rel=0.02)
    assert given["pull_along"][0] == pytest.approx((pull @ target) ** 2 / (pull @ pull), rel=0.02)


@pytest.mark.parametrize(("theta", "columns"), [(2.0, 200), (3.0, 800)])
def test_planted_rank_one_matrices_come_out_as_predicted(theta, columns):
    """The mean of ten: one's value has a random part of (1/200)^{1/2} = 7%."""
    found = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        left, right = rng.standard_normal(200), rng.standard_normal(columns)
        left, right = left / np.linalg.norm(left), right / np.linalg.norm(right)
        matrix = rng.standard_normal((200, columns)) / np.sqrt(200) + theta * np.outer(left, right)
        vectors, values, _ = np.linalg.svd(matrix, full_matrices=False)
        found.append((values[0], (vectors[:, 0] @ left) ** 2))
    given = {"features": 200, "pull": theta, "readout": 1.0}
    value, overlap = np.mean(found, axis=0)
    assert theory.spike({"learning_rate": 1.0, "width": columns}, given) == pytest.approx(value, rel=0.03)
    assert theory._overlap(theta, columns / 200) == pytest.approx(overlap, abs=0.03)


def test_below_the_threshold_there_is_the_edge():
    given = {"features": 100, "pull": 0.9, "readout": 1.0}
    setting = {"learning_rate": 1.0, "width": 100}
    assert theory.spike(setting, given) == theory.untouched(setting, given) == 2
    assert theory.above_threshold(setting, given) == pytest.approx(0.9)
    assert theory._overlap(0.9, 1.0) == 0


def test_sizes_of_the_gaussian_target_are_its_averages():
    """E z y, E y^2 and E phi' over a million numbers."""
    z = np.random.default_rng(0).standard_normal(1_000_000)
    y = np.sqrt(2) * np.sin(z)
    expected = np.mean(z * y), np.mean(y**2), np.mean(1 - np.tanh(z) ** 2)
    np.testing.assert_allclose(theory._gaussian_target(SETTING), expected, rtol=5e-3)


def test_large_layers_align_as_predicted_and_shuffled_labels_do_not():
    setting = {**SETTING, "width": 800, "dimension": 400, "rows": 800, "learning_rate": 6.0}
    _, state = first_step.prepare(setting, SEEDS)
    found = np.mean(first_step.measure(setting, state)["alignment"])
    assert theory.alignment_on_gaussian_rows(setting, {}) == pytest.approx(found, rel=0.1)
    shuffled = {**setting, "labels": "shuffled"}
    _, state = first_step.prepare(shuffled, SEEDS)
    assert np.max(first_step.measure(shuffled, state)["alignment"]) < 0.05


@pytest.mark.parametrize("inputs", ["plain", "whitened"])
def test_rows_of_data_have_mean_square_one_and_whitened_ones_no_correlations(inputs):
    setting = {**SETTING, "data": "digits", "inputs": inputs, "rows": 1797}
    given, state = first_step.prepare(setting, SEEDS[:1])
    rows = state[0][0]
    assert np.mean(rows**2) == pytest.approx(1)
    assert given["features"][0] == (64 if inputs == "plain" else 32)
    if inputs == "whitened":
        np.testing.assert_allclose(rows.T @ rows / 1797, np.eye(32), atol=1e-8)
