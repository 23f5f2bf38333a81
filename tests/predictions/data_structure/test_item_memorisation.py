"""Memorising items of unequal frequency: the table by a plain count, the theory by enumeration, the network's data."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from predictions.data_structure import item_memorisation, item_network, theory
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

TABLE = {"frequencies": "power", "alpha": 0.5, "items": 1000, "samples": 40, "most_samples": 60, "streams": 3}
NETWORK = {
    "labels": "random",
    "alpha": 0.5,
    "items": 300,
    "samples": 40,
    "most_samples": 60,
    "code_size": 32,
    "classes": 5,
    "width": 64,
    "steps": 100,
    "learning_rate": 0.01,
    "runs": 2,
}
SEEDS = derive_seeds("test-item-memorisation", "explore", range(3))


def zipf(alpha, items):
    weight = [rank ** -(1 + alpha) for rank in range(1, items + 1)]
    return [w / sum(weight) for w in weight]


def test_expected_error_by_enumerating_all_samples():
    theta, samples = zipf(1, 4), 3
    new = repeated = 0.0
    for drawn in itertools.product(range(4), repeat=samples):
        probability = math.prod(theta[item] for item in drawn)
        new += probability * sum(theta[item] for item in range(4) if item not in drawn)
        repeated += probability * sum(theta[item] for item in range(4) if drawn.count(item) < 2)
    condition = {"alpha": 1, "items": 4, "samples": samples, "classes": 10}
    assert theory.expected_error(condition, {}) == pytest.approx(new)
    assert theory.network_error(condition, {}) == pytest.approx(0.9 * new)
    assert theory.second_showing_error(condition, {}) == pytest.approx(0.9 * repeated)
    assert theory.unshared_error(condition, {}) == pytest.approx(0.9 * theta[3])


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0])
def test_exponent_is_that_of_the_exact_curve_far_out(alpha):
    near, far = (theory.expected_error({"alpha": alpha, "items": 2_000_000, "samples": n}, {}) for n in (2000, 4000))
    slope = math.log(far / near) / math.log(2)
    assert slope == pytest.approx(theory.zipf_exponent_of_error({"alpha": alpha}, {}), abs=0.006)


def test_unshared_exponent_is_that_of_the_frequency_of_all_the_rest():
    """The tail of sum i^-(1 + alpha) beyond n falls as n^-alpha: by the sums themselves."""
    near, far = (
        theory.unshared_error({"alpha": 0.7, "items": 20_000_000, "samples": n, "classes": 2}, {}) for n in (500, 1000)
    )
    rest = sum(rank**-1.7 for rank in range(1, 3)) / np.sum(np.arange(1, 11) ** -1.7)
    by_hand = theory.unshared_error({"alpha": 0.7, "items": 10, "samples": 2, "classes": 4}, {})
    assert by_hand == pytest.approx(0.75 * (1 - rest))
    exponent = theory.unshared_exponent_of_error({"alpha": 0.7}, {})
    assert math.log(far / near) / math.log(2) == pytest.approx(exponent, abs=0.003)


def test_table_against_a_plain_count():
    theta = zipf(0.5, 1000)
    expected = []
    for seed in SEEDS:
        rng, unseen = np.random.default_rng(int(seed)), []
        for _ in range(3):
            edges = list(itertools.accumulate(theta))
            seen = {next(i for i, edge in enumerate(edges) if u <= edge) for u in rng.random(60)[:40]}
            unseen.append(sum(theta[i] for i in range(1000) if i not in seen))
        expected.append(sum(unseen) / 3)
    _, state = item_memorisation.prepare(TABLE, SEEDS)
    np.testing.assert_allclose(item_memorisation.measure(TABLE, state)["error"], expected)


def test_longer_streams_begin_with_shorter_ones():
    errors = [item_memorisation.measure(TABLE | {"samples": n}, SEEDS)["error"] for n in (10, 20, 60)]
    assert np.all(np.diff(errors, axis=0) < 0)  # never an item forgotten, so the error falls in every trial


def test_exponential_frequencies_fall_as_they_say():
    frequencies, _ = item_memorisation._world("exponential", 0.5, 400)
    np.testing.assert_allclose(frequencies[50:] / frequencies[:-50], np.exp(-1))


def test_network_fits_what_it_saw_and_guesses_the_rest():
    with profile("float32"):
        _, state = item_network.prepare(NETWORK, SEEDS)
        observed = item_network.measure(NETWORK, state)
    counts = state[2].reshape(3, 2, -1)
    assert np.all(counts.sum(axis=2) == 40)
    np.testing.assert_allclose(observed["fitted"], 1)
    unseen = np.sum((counts == 0) * np.array(zipf(0.5, 300)), axis=2).mean(axis=1)
    assert np.all(observed["error"] <= unseen + 1e-6)
    assert np.all(observed["error"] > 0.5 * unseen)  # four in five guesses are wrong


def test_linear_labels_follow_the_codes():
    _, (codes, labels, *_) = item_network.prepare(NETWORK | {"labels": "linear"}, SEEDS[:1])
    fit, *_ = np.linalg.lstsq(codes[0].astype(float), np.eye(5)[labels[0]], rcond=None)
    assert np.mean(np.argmax(codes[0] @ fit, axis=1) == labels[0]) > 0.6  # chance: 0.2
