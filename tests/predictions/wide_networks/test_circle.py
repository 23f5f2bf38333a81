"""Tones on the circle: eigenvalues, kernel descent, and networks whose learning is exactly linear."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from predictions.instruments.empirical_ntk import empirical_ntk
from predictions.instruments.kernels import infinite_width_kernels
from predictions.neural_tangent_kernel.ensembles import network_of
from predictions.wide_networks import circle_tones, theory
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "activation": "relu",
    "weight_std": 2**0.5,
    "bias_std": 1.0,
    "frequency": 2,
    "companion": 0,
    "points": 16,
    "width": 64,
    "trained": "all",
    "amplitude": 0.01,
    "learning_rate": 0.5,
    "steps": 60,
}
SEEDS = derive_seeds("test-circle", "explore", range(3))


def run(condition, seeds=SEEDS, *, precision="float64"):
    with profile(precision):
        _, state = circle_tones.prepare(condition, seeds)
        return circle_tones.measure(condition, state)


def circle_kernels(condition):
    angles = 2 * np.pi * np.arange(condition["points"]) / condition["points"]
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    settings = {name: condition[name] for name in ("activation", "weight_std", "bias_std")}
    return angles, infinite_width_kernels(points, depth=2, **settings)


def test_odd_tones_are_orthogonal_to_any_network_without_biases():
    generator = np.random.default_rng(0)
    angles = 2 * np.pi * np.arange(16) / 16
    inputs = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    outputs = np.maximum(inputs @ generator.standard_normal((2, 50)), 0) @ generator.standard_normal(50)
    for frequency in (3, 5, 7):
        assert theory.odd_tone_share({}, {}) == pytest.approx(outputs @ np.cos(frequency * angles + 0.3), abs=1e-12)
    assert abs(outputs @ np.cos(2 * angles)) > 0.1


@pytest.mark.parametrize("bias_std", [0.0, 0.3])
@pytest.mark.parametrize("frequency", [1, 2, 4])
def test_learning_time_and_share_are_those_of_kernel_descent(bias_std, frequency):
    condition = CONDITION | {"bias_std": bias_std, "frequency": frequency}
    angles, kernels = circle_kernels(condition)
    residual, shares = np.cos(frequency * angles + 0.3), [1.0]
    start = residual
    for _ in range(condition["steps"]):
        residual = residual - 0.5 * kernels.ntk @ residual / 16
        shares.append(residual @ start / (start @ start))
    shares = np.array(shares)
    assert theory.learnt_share(condition, {}) == pytest.approx(1 - shares[-1], rel=1e-6)
    fitted = -1 / np.log(shares[3] / shares[2])
    assert theory.learning_time(condition, {}) == pytest.approx(fitted, rel=1e-6)


def test_readout_and_quadratic_times():
    _, kernels = circle_kernels(CONDITION)
    for kernel, time in [(kernels.nngp, theory.readout_learning_time), (kernels.ntk, theory.learning_time)]:
        pair = np.linalg.eigvalsh(kernel / 16)[::-1][1:3]  # below the constant: the cosine and the sine of frequency 1
        np.testing.assert_allclose(-1 / np.log(1 - 0.5 * pair), time(CONDITION | {"frequency": 1}, {}), rtol=1e-8)
    quadratic = theory.quadratic_learning_time(CONDITION | {"frequency": 3}, {})
    assert quadratic == pytest.approx(9 * theory.learning_time(CONDITION | {"frequency": 1}, {}))


def test_first_fall_by_hand():
    curves = np.array([[1.0, 0.5, 0.25, 0.125], [1.0, 0.9, 0.8, 0.7], [1.0, 0.5, 0.25, -0.1]])
    times = circle_tones.first_fall(curves, 2**-1.5)
    np.testing.assert_allclose(times, [1.5, np.inf, 1.5])


def test_a_readout_learns_as_its_features_kernel_says():
    """With a frozen hidden layer the model is linear: (1 - eta K/n)^t y remains, K the features' Gram matrix."""
    condition = CONDITION | {"trained": "readout"}
    observed = run(condition, SEEDS[:1])
    with profile("float64"):
        _, (inputs, _, targets, parameters) = circle_tones.prepare(condition, SEEDS[:1])
    (weights, biases), _ = jax.tree.map(lambda leaf: leaf[0], parameters)
    features = np.maximum(np.sqrt(2 / 2) * inputs[0] @ weights + biases, 0)
    kernel = 2 * features @ features.T / 64 + 1.0
    left = np.linalg.matrix_power(np.eye(16) - 0.5 * kernel / 16, 60) @ targets[0]
    expected = left @ targets[0] / (targets[0] @ targets[0])
    assert observed["learnt_share"][0] == pytest.approx(1 - expected, rel=1e-6)


def test_a_small_target_is_learnt_as_the_networks_own_tangent_kernel_says():
    """At amplitude 1e-4 no neuron moves: the deviation from the initial kernel's descent is of that order."""
    condition = CONDITION | {"amplitude": 1e-4}
    observed = run(condition, SEEDS[:1])
    with profile("float64"):
        _, (inputs, _, targets, parameters) = circle_tones.prepare(condition, SEEDS[:1])
        initial = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), parameters)
        kernel = np.asarray(empirical_ntk(network_of(condition), initial, jnp.asarray(inputs[0])))
    left = np.linalg.matrix_power(np.eye(16) - 0.5 * kernel / 16, 60) @ targets[0]
    expected = left @ targets[0] / (targets[0] @ targets[0])
    assert observed["learnt_share"][0] == pytest.approx(1 - expected, rel=1e-4)


def test_targets_are_tones_on_turned_even_grids():
    with profile("float64"):
        _, (inputs, tones, targets, _) = circle_tones.prepare(CONDITION | {"frequency": 3, "companion": 2}, SEEDS)
    np.testing.assert_allclose(np.linalg.norm(inputs, axis=2), 1)
    np.testing.assert_allclose(inputs[:, :8], -inputs[:, 8:], atol=1e-12)
    for signal, frequencies in [(tones, [3]), (targets, [2, 3])]:
        power = np.abs(np.fft.rfft(signal, axis=1)) ** 2
        np.testing.assert_allclose(power[:, frequencies] / power.sum(axis=1, keepdims=True), 1 / len(frequencies))
    assert not np.allclose(inputs[0], inputs[1])


def test_without_bias_odd_tones_stay_whatever_else_is_learnt():
    odd = CONDITION | {"bias_std": 0.0, "frequency": 3, "companion": 2, "amplitude": 1.0}
    observed = run(odd, precision="float32")
    np.testing.assert_allclose(observed["learnt_share"], 0, atol=1e-4)
    assert np.isinf(observed["learning_time"]).all()
    learnt = run(odd | {"frequency": 2, "companion": 3}, precision="float32")["learnt_share"]
    assert (learnt > 0.5).all()
