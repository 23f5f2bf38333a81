"""New words: tallies and given by plain counting, the theory by enumerating orders and by its own limits."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from predictions.data import text
from predictions.data_structure import new_words, theory
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("test-new-words", "explore", range(3))
TEXT = "the cat and the dog and a bird saw the cat or a fish but no bird saw it" * 7
CONDITION = {"text": "tiny-shakespeare", "order": "natural", "window": 20, "windows": 4}
PLANTED = {"text": "planted-zipf", "order": "shuffled", "window": 2000, "windows": 12}


@pytest.fixture(autouse=True)
def small_text(monkeypatch):
    monkeypatch.setitem(text.TEXTS, "tiny-shakespeare", lambda: TEXT)
    for cached in (new_words._windows, new_words._natural_tally):
        cached.cache_clear()
    yield
    for cached in (new_words._windows, new_words._natural_tally):
        cached.cache_clear()


def windows():
    all_words = TEXT.split()
    starts = [int(start) for start in np.linspace(0, len(all_words) - 20, 4)]
    return [all_words[start : start + 20] for start in starts]


def test_natural_order_by_plain_counting():
    given, state = new_words.prepare(CONDITION, SEEDS)
    observed = new_words.measure(CONDITION, state)
    for trial, draws in enumerate(given["draws"]):
        drawn = [windows()[number] for number in draws]
        full = np.mean([len(set(window)) for window in drawn])
        half = np.mean([len(set(window[:10])) for window in drawn])
        assert observed["vocabulary_exponent"][trial] == pytest.approx(np.log2(full / half))
        new = np.mean([sum(word not in window[:10] for word in window[10:]) for window in drawn])
        assert observed["new_word_share"][trial] == pytest.approx(new / 10)
        together = Counter(word for window in drawn for word in window[:10])
        ranked = sorted(together.values(), reverse=True)
        np.testing.assert_array_equal(given["ranked_counts"][trial][: len(ranked)], ranked)
        assert not given["ranked_counts"][trial][len(ranked) :].any()
        times = [Counter(Counter(window).values()) for window in drawn]
        for k in range(1, given["spectrum"].shape[1] + 1):
            assert given["spectrum"][trial][k - 1] == pytest.approx(np.mean([count[k] for count in times]))
        once = sum(list(Counter(window[:10]).values()).count(1) for window in drawn)
        assert given["hapax_share"][trial] == pytest.approx(once / (4 * half))


@pytest.mark.parametrize("order", ["shuffled", "grouped"])
def test_other_orders_keep_each_window_s_words(order):
    natural, _ = new_words.prepare(CONDITION, SEEDS)
    reordered, _ = new_words.prepare(CONDITION | {"order": order}, SEEDS[:1])
    whole = Counter(word for window in windows() for word in window)
    assert sum(whole.values()) == np.sum(natural["spectrum"][0] * np.arange(1, natural["spectrum"].shape[1] + 1)) * 4
    assert reordered["spectrum"][0] @ np.arange(1, reordered["spectrum"].shape[1] + 1) == 20


def test_grouped_words_come_all_together():
    numbers = np.array([[0, 1, 0, 2, 1, 0]])
    grouped = new_words.tally(np.sort(numbers, axis=1))
    np.testing.assert_array_equal(grouped.half, [[3, 0, 0]])
    np.testing.assert_array_equal(grouped.whole, [[3, 2, 1]])


def test_too_short_a_text_is_refused():
    with pytest.raises(ValueError, match="too few for 90 disjoint windows of 20"):
        new_words.prepare(CONDITION | {"windows": 90}, SEEDS)


def test_exchangeable_share_by_enumerating_all_orders():
    window = ["a", "a", "a", "b", "b", "c"]
    shares = [np.mean([word not in order[:3] for word in order[3:]]) for order in itertools.permutations(window)]
    given = {"spectrum": np.array([1.0, 1.0, 1.0])}
    predicted = theory.exchangeable_new_share({"window": 6}, given)
    assert predicted == pytest.approx(np.mean(shares), rel=1e-12)


def test_exchangeable_share_ignores_words_that_fill_more_than_a_half():
    with_and_without = np.zeros(9), np.zeros(9)
    with_and_without[0][[0, 8]] = 1.0
    with_and_without[1][0] = 1.0
    shares = [theory.exchangeable_new_share({"window": 10}, {"spectrum": s}) for s in with_and_without]
    assert shares[0] == shares[1] == pytest.approx(0.1)  # the one hapax, if it lies in the second half


def test_zipf_fit_reads_off_a_power_law():
    counts = 5e4 * np.arange(1, 1001, dtype=float) ** -1.3
    exponent, scale = theory.zipf_fit(counts)
    assert exponent == pytest.approx(1.3)
    assert scale == pytest.approx(5e4)
    assert theory.heaps_exponent({}, {"ranked_counts": counts}) == pytest.approx(1 / 1.3)
    for rank, matters in [(9, False), (10, True), (300, True), (301, False)]:
        other = counts.copy()
        other[rank - 1] *= 2
        assert (theory.zipf_fit(other)[0] == exponent) != matters


def test_planted_words_grow_as_their_frequencies_say():
    rank = np.arange(1, 10_000_001, dtype=float)
    frequencies = rank**-1.25 / np.sum(rank**-1.25)
    full, half = (np.sum(-np.expm1(n * np.log1p(-frequencies))) for n in (2000, 1000))
    given, state = new_words.prepare(PLANTED, SEEDS)
    observed = new_words.measure(PLANTED, state)
    np.testing.assert_allclose(observed["vocabulary_exponent"], np.log2(full / half), atol=0.05)
    exchangeable = [theory.exchangeable_new_share(PLANTED, {"spectrum": spectrum}) for spectrum in given["spectrum"]]
    np.testing.assert_allclose(observed["new_word_share"], exchangeable, rtol=0.05)


def test_finite_zipf_prediction_against_a_direct_sum():
    rank = np.arange(1, 201)
    frequencies = rank**-0.8 / np.sum(rank**-0.8)
    condition = {"window": 200}
    full, half = (np.sum(1 - (1 - frequencies) ** n) for n in (200, 100))
    fitted = {"draws": np.zeros(100), "ranked_counts": 1e4 * np.arange(1, 1001) ** -0.8 / np.sum(rank**-0.8)}
    assert theory.finite_heaps_exponent(condition, fitted) == pytest.approx(np.log2(full / half), abs=1e-3)


def test_hapax_share_is_the_growth_of_the_vocabulary_of_independent_words():
    """V_1/V against d ln V / d ln n: V(n) = sum_r 1 - (1 - theta)^n, V_1(n) = sum_r n theta (1 - theta)^(n-1)."""
    frequencies = np.arange(1, 200_001, dtype=float) ** -1.4
    frequencies /= frequencies.sum()

    def vocabulary(length):
        return np.sum(-np.expm1(length * np.log1p(-frequencies)))

    once = np.sum(5000 * frequencies * np.exp(4999 * np.log1p(-frequencies)))
    growth = 5000 * (vocabulary(5001) - vocabulary(4999)) / 2 / vocabulary(5000)
    share = once / vocabulary(5000)
    assert theory.hapax_exponent({}, {"hapax_share": share}) == pytest.approx(growth, rel=1e-4)
