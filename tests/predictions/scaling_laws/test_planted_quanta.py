"""Ranks against elimination and a closed form, slopes against what was planted."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from predictions.scaling_laws import planted_quanta, theory
from predictions.scaling_laws.quanta_setting import frequencies_of, sample_sizes
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("tests-of-planted-quanta", "explore", range(4))
ZIPF = {"frequencies": "zipf", "frequency_exponent": 0.5, "tasks": 30_000, "bits": 16, "fewest_samples": 5000}
STEEP = {**ZIPF, "frequencies": "steep"}


def slopes(condition, seeds=SEEDS):
    _, state = planted_quanta.prepare(condition, seeds)
    return planted_quanta.measure(condition, state)["token_slope"]


def rank_by_elimination(rows):
    rows, rank = [int("".join(map(str, row)), 2) for row in rows], 0
    while rows:
        pivot = max(rows)
        rows.remove(pivot)
        if pivot:
            rank += 1
            top = pivot.bit_length()
            rows = [row ^ pivot if row.bit_length() == top else row for row in rows]
    return rank


def test_three_inputs_of_two_bits_by_enumeration():
    """All 64 triples of inputs of two bits: how often the next input is outside their span."""
    shares = []
    for inputs in product(product((0, 1), repeat=2), repeat=3):
        shares.append(1 - 2.0 ** (rank_by_elimination(inputs) - 2))
    assert theory.missed_after(np.arange(4), 2)[3] == pytest.approx(np.mean(shares))


def test_ranks_are_those_of_random_matrices():
    rng = np.random.default_rng(0)
    grown = planted_quanta.ranks(np.full(4000, 6), 5, rng)
    eliminated = [rank_by_elimination(rng.integers(0, 2, (6, 5))) for _ in range(4000)]
    for rank in (3, 4, 5):
        share = np.mean(np.array(eliminated) == rank)
        assert np.mean(grown == rank) == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / 2000) + 1e-3)
    np.testing.assert_array_equal(planted_quanta.ranks(np.array([0, 1000]), 16, rng), [0, 16])


@pytest.mark.parametrize("condition", [ZIPF, STEEP], ids=["zipf", "steep"])
def test_streams_agree_with_their_expected_loss(condition):
    assert np.median(slopes(condition)) == pytest.approx(theory.gradual_slope(condition, {}), abs=0.01)


def test_whole_quanta_give_nearly_the_gradual_slope():
    assert theory.quantum_slope(ZIPF, {}) == pytest.approx(theory.gradual_slope(ZIPF, {}), abs=0.01)


def test_many_tasks_give_the_asymptotic_slope():
    condition = {**ZIPF, "tasks": 10_000_000, "fewest_samples": 50_000}
    assert theory.quantum_slope(condition, {}) == pytest.approx(-1 / 3, abs=0.004)
    assert theory.asymptotic_quantum_slope(condition, {}) == pytest.approx(-1 / 3)


def test_steep_frequencies_have_an_exponent_larger_by_a_third():
    """alpha = 2/3 makes -alpha/(1 + alpha) = -2/5 without an end to the tasks; 60,000 are near it."""
    condition = {**STEEP, "tasks": 60_000}
    assert theory.gradual_slope(condition, {}) == pytest.approx(-0.4, abs=0.006)
    assert frequencies_of(STEEP)[0] / frequencies_of(STEEP)[7] == pytest.approx(8 ** (5 / 3))


def test_the_setting():
    assert frequencies_of(ZIPF).sum() == pytest.approx(1)
    assert frequencies_of(ZIPF)[0] / frequencies_of(ZIPF)[3] == pytest.approx(4**1.5)
    np.testing.assert_array_equal(sample_sizes(ZIPF)[[0, -1]], [5000, 320_000])


def test_tasks_beyond_those_that_a_model_holds_have_a_frequency_that_falls_with_their_exponent():
    """Sums of k^-1.6 beyond 1,000 and 8,000 tasks of ten million."""
    frequencies = np.arange(1.0, 1e7) ** -1.6
    near, far = frequencies[1000:].sum(), frequencies[8000:].sum()
    slope = np.log(far / near) / np.log(8)
    assert theory.tasks_slope({"frequency_exponent": 0.6}, {}) == pytest.approx(slope, abs=0.01)
