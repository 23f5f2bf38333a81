"""The analytic network against sums over pairs written out, and its accuracy against simulation of the sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.stats import norm

from predictions.modular_addition import analytic_network, theory
from runners.records.seeds import derive_seeds

CONDITION = {"modulus": 7, "width": 9, "networks": 2, "phases": "sum"}
SEEDS = derive_seeds("test-analytic-network", "explore", range(3))


def test_accuracy_against_outputs_pair_by_pair():
    _, state = analytic_network.prepare(CONDITION, SEEDS)
    observed = analytic_network.measure(CONDITION, state)["accuracy"]
    for trial in range(3):
        right = []
        for f, a, b, c in zip(*state[trial]):
            np.testing.assert_allclose(c, a + b)
            for i in range(7):
                for j in range(7):
                    h = (np.cos(2 * np.pi * f * i / 7 + a) + np.cos(2 * np.pi * f * j / 7 + b)) ** 2
                    outputs = [np.sum(np.cos(2 * np.pi * f * q / 7 + c) * h) for q in range(7)]
                    right.append(int(np.argmax(outputs)) == (i + j) % 7)
        assert observed[trial] == pytest.approx(np.mean(right))


def test_phases_that_lag_weaken_the_right_output_by_their_cosine():
    """cos(1/2) = 0.88 of its mean; of half the phases' circle nothing would be left."""
    condition = {"modulus": 31, "width": 30, "networks": 16}
    right, late = ({**condition, "phases": phases} for phases in ("sum", "late"))
    shares = [analytic_network.measure(it, analytic_network.prepare(it, SEEDS)[1])["accuracy"] for it in (right, late)]
    assert np.all(shares[1] < shares[0] - 0.02)
    sums, lag = (analytic_network.prepare(it, SEEDS)[1] for it in (right, late))
    np.testing.assert_allclose(lag[:, 3] - sums[:, 3], 0.5)


@pytest.mark.parametrize(
    ("moment", "function"),
    [
        (theory.MEAN_X, lambda h, u: h * np.cos(u)),
        (theory.VARIANCE_X, lambda h, u: (h * np.cos(u) - theory.MEAN_X) ** 2),
        (theory.SKEWNESS_X * theory.VARIANCE_X**1.5, lambda h, u: (h * np.cos(u) - theory.MEAN_X) ** 3),
        (theory.MEAN_V, lambda h, u: h**2 / 2),
        (theory.MEAN_FOURTH, lambda h, u: h**4),
        (theory.VARIANCE_V, lambda h, u: (h**2 / 2 - theory.MEAN_V) ** 2),
        (theory.COVARIANCE, lambda h, u: (h * np.cos(u) - theory.MEAN_X) * (h**2 / 2 - theory.MEAN_V)),
    ],
)
def test_moments_of_a_neuron_by_quadrature(moment, function):
    def density(first, second):
        return function((np.cos(first) + np.cos(second)) ** 2, first + second) / (2 * np.pi) ** 2

    integral, _ = dblquad(density, 0, 2 * np.pi, 0, 2 * np.pi)
    assert moment == pytest.approx(integral, rel=1e-6)


def test_accuracy_against_sampled_sums():
    """X from the angles of 20,000 networks' neurons, p - 1 noises from phases of their own."""
    p, neurons = 13, 40
    generator = np.random.default_rng(0)
    first, second = generator.uniform(0, 2 * np.pi, (2, 20_000, neurons))
    h = (np.cos(first) + np.cos(second)) ** 2
    signal, largest = np.sum(h * np.cos(first + second), axis=1), np.full(20_000, -np.inf)
    for _ in range(p - 1):
        noise = np.sum(h * np.cos(generator.uniform(0, 2 * np.pi, h.shape)), axis=1)
        largest = np.maximum(largest, noise - neurons / (2 * (p - 1)))
    sampled = np.mean(signal > largest)
    condition = {"modulus": p, "width": neurons}
    assert theory.accuracy(condition, {}) == pytest.approx(sampled, abs=0.015)
    assert abs(theory.accuracy_with_fixed_noise(condition, {}) - sampled) > 0.02


def test_the_right_output_exceeds_all_others_in_the_mean():
    """Means over the phases of one neuron's output, by quadrature: 1/2 where right, near 0 elsewhere."""
    phases = 2 * np.pi * np.arange(64) / 64
    a, b = phases[:, None], phases[None, :]
    p, i, j = 11, 3, 9
    means = []
    for q in range(p):
        angles = [2 * np.pi * k / p for k in range(1, p)]
        terms = [(np.cos(t * i + a) + np.cos(t * j + b)) ** 2 * np.cos(t * q + a + b) for t in angles]
        means.append(np.mean(terms))
    assert np.argmax(means) == (i + j) % p
    assert max(means) == pytest.approx(0.5)
    np.testing.assert_allclose(np.delete(means, np.argmax(means)), -0.5 / (p - 1), atol=1e-12)
    assert theory.always_right({"modulus": p}, {}) == 1


def test_many_neurons_are_certain():
    assert theory.accuracy({"modulus": 31, "width": 2000}, {}) == pytest.approx(1)


@pytest.mark.parametrize(("p", "neurons"), [(7, 30), (13, 40)])
def test_accuracy_is_the_average_that_its_docstring_names(p, neurons):
    """X skewed by Cornish and Fisher, V with its correlation to X, the Edgeworth term: summed over a grid of both."""
    grid = np.linspace(-7, 7, 401)
    z, y = grid[:, None], grid[None, :]
    mass = np.exp(-(z**2 + y**2) / 2) / np.sum(np.exp(-(z**2 + y**2) / 2))
    skewness = theory.SKEWNESS_X / np.sqrt(neurons)
    signal_z = z + skewness * (z**2 - 1) / 6
    signal = neurons / 2 + np.sqrt(neurons * theory.VARIANCE_X) * signal_z
    correlation = theory.COVARIANCE / np.sqrt(theory.VARIANCE_X * theory.VARIANCE_V)
    noise = neurons * 9 / 8 + np.sqrt(neurons * theory.VARIANCE_V) * (
        correlation * signal_z + np.sqrt(1 - correlation**2) * y
    )
    noise = np.maximum(noise, neurons / 20)
    level = (signal + neurons / (2 * (p - 1))) / np.sqrt(noise)
    excess = -0.375 * neurons * (35 / 8) ** 2 / noise**2
    hermite = level**3 - 3 * level
    below = norm.cdf(level) - excess / 24 * hermite * np.exp(-(level**2) / 2) / np.sqrt(2 * np.pi)
    expected = np.sum(mass * np.clip(below, 0, 1) ** (p - 1))
    assert theory.accuracy({"modulus": p, "width": neurons}, {}) == pytest.approx(expected, abs=1e-3)
    fixed = norm.cdf(
        (neurons / 2 + neurons / (2 * (p - 1)) + np.sqrt(neurons * theory.VARIANCE_X) * grid) / np.sqrt(neurons * 9 / 8)
    )
    weights = np.exp(-(grid**2) / 2) / np.sum(np.exp(-(grid**2) / 2))
    assert theory.accuracy_with_fixed_noise({"modulus": p, "width": neurons}, {}) == pytest.approx(
        weights @ fixed ** (p - 1), abs=2e-5
    )
