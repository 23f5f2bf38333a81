"""The trained adder: its instruments on weights that are written down, its training against torch."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np
import pytest
import torch

from predictions.modular_addition import theory, trained_network
from runners.records.seeds import derive_seeds

SETTING = {
    "modulus": 7,
    "width": 27,
    "labels": "sums",
    "silenced": "frequencies",
    "train_share": 0.6,
    "learning_rate": 0.003,
    "weight_decay": 1.0,
    "steps": 0,
}
SEEDS = derive_seeds("test-trained-network", "explore", range(3))


def written_down(p: int, lag: float = 0.0):
    """Nine neurons a frequency with all pairs of three even phases: U and V (p, neurons), W (neurons, p)."""
    even = 2 * np.pi * np.arange(3) / 3
    neurons = list(itertools.product(range(1, (p + 1) // 2), even, even))
    angles = 2 * np.pi * np.arange(p)[:, None] / p
    f, a, b = (np.array(column) for column in zip(*neurons))
    return np.cos(f * angles + a), np.cos(f * angles + b), np.cos(f * angles + a + b + lag).T


@pytest.mark.parametrize("lag", [0.0, 0.5])
def test_waves_of_cosines(lag):
    frequency, error, share = trained_network.waves(*written_down(11, lag))
    np.testing.assert_array_equal(frequency, np.repeat(np.arange(1, 6), 9))
    np.testing.assert_allclose(error, lag, atol=1e-9)
    np.testing.assert_allclose(share, 1)


def test_a_square_wave_has_four_fifths_of_its_power_at_its_frequency():
    """8/pi^2, the share of the first harmonic in a long period."""
    square = np.where(np.cos(2 * np.pi * (np.arange(1001) + 0.25) / 1001) > 0, 1.0, -1.0)[:, None]
    share = trained_network.waves(square, square, square.T)[2]
    assert share == pytest.approx(8 / np.pi**2, abs=0.003)


def test_outputs_by_distance_pair_by_pair():
    rng = np.random.default_rng(0)
    outputs, labels = rng.standard_normal((20, 5)), rng.integers(5, size=20)
    by_hand = np.array([np.mean([row[(y - d) % 5] for row, y in zip(outputs, labels)]) for d in range(5)])
    np.testing.assert_allclose(trained_network.by_distance(outputs, labels), by_hand - by_hand.mean())


def test_without_training_the_network_that_is_written_down_loses_just_the_silenced_waves():
    given, (_, *rest) = trained_network.prepare(SETTING, SEEDS)
    layers = tuple(np.stack([layer] * 3) for layer in written_down(7))
    observed = trained_network.measure(SETTING, (layers, *rest))
    np.testing.assert_array_equal(observed["test_accuracy"], 1)
    np.testing.assert_allclose(observed["phase_error"], 0, atol=1e-5)
    for trial, silenced in enumerate(given["silenced"]):
        assert silenced.sum() == 1
        expected = theory.outputs_of_other_frequencies(SETTING, {"silenced": silenced})
        np.testing.assert_allclose(observed["outputs_left"][trial], expected, atol=1e-5)


def test_random_neurons_are_as_many_and_others():
    layers = tuple(np.stack([layer] * 3) for layer in written_down(7))
    setting = {**SETTING, "silenced": "neurons"}
    given, (_, *rest) = trained_network.prepare(setting, SEEDS)
    left = trained_network.measure(setting, (layers, *rest))["outputs_left"]
    for trial, silenced in enumerate(given["silenced"]):
        assert left[trial][0] == pytest.approx(2 / 3, abs=0.2)  # 18 of 27 neurons
        waves = theory.outputs_of_other_frequencies(setting, {"silenced": silenced})
        assert np.linalg.norm(left[trial] - waves) > 0.2 * np.linalg.norm(waves)


def test_all_frequencies_make_the_indicator_of_the_right_answer():
    kept = theory.outputs_of_other_frequencies({"modulus": 13}, {"silenced": [False] * 6})
    np.testing.assert_allclose(kept, np.where(np.arange(13) == 0, 1, -1 / 12), atol=1e-12)
    np.testing.assert_allclose(theory.outputs_of_fewer_neurons({"modulus": 13}, {"silenced": [False] * 6}), kept)


def test_uniform_phases_have_the_median_of_the_null_model():
    phases = np.random.default_rng(0).uniform(-np.pi, np.pi, 20001)
    assert theory.unrelated_phases({}, {}) == pytest.approx(np.median(np.abs(phases)), abs=0.03)


def test_training_is_adamw_of_torch():
    setting = {**SETTING, "steps": 5}
    _, (weights, pairs, labels, *_) = trained_network.prepare(setting, SEEDS[:1])
    data = jnp.asarray(pairs), jnp.asarray(np.take_along_axis(labels, pairs, axis=1))
    rates = {name: jnp.asarray(setting[name]) for name in ("learning_rate", "weight_decay")}
    trained = trained_network._train(tuple(map(jnp.asarray, weights)), data, rates, 5)
    first, second, readout = parameters = [torch.tensor(layer[0], requires_grad=True) for layer in weights]
    optimiser = torch.optim.AdamW(parameters, lr=0.003, betas=(0.9, 0.98), weight_decay=1.0)
    i, j = np.divmod(pairs[0], 7)
    np.testing.assert_array_equal(labels[0][pairs[0]], (i + j) % 7)
    for _ in range(5):
        optimiser.zero_grad()
        outputs = (first[i] + second[j]) ** 2 @ readout
        torch.nn.functional.cross_entropy(outputs, torch.tensor((i + j) % 7)).backward()
        optimiser.step()
    for layer, expected in zip(trained, parameters):
        np.testing.assert_allclose(layer[0], expected.detach().numpy(), atol=2e-5)
