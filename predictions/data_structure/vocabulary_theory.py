"""What the counts of words say about how new words keep coming, if the order of the words does not matter.

Zipf to Heaps   the r-th most frequent word has frequency ~ r^{-s}; then the vocabulary grows as n^{1/s} (Heaps).
                Debowski 2025 (arXiv 2512.13491) for the chain from Zipf's law by Heaps' to the scaling of losses.
Exchangeability sampling without replacement from a window's counts; Good 1953 for the share of words seen once.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

FIRST_RANK, LAST_RANK = 10, 300
"""Ranks over which Zipf's exponent is read off: below are words of grammar, above are counts of a few."""
LONGEST = 1_000_000


def heaps_exponent(setting, given):
    """1/s, the growth exponent of the vocabulary in the limit of long texts."""
    return 1 / zipf_fit(given["ranked_counts"])[0]


def finite_heaps_exponent(setting, given):
    """log2 V(n)/V(n/2) for n words drawn independently with Zipf's frequencies, n being the window's length.

    Observed frequencies below FIRST_RANK, Zipf's fit from there on, as far as the frequencies sum to one (or for
    LONGEST ranks, if they never do). V(n) = sum_r 1 - (1 - theta_r)^n.
    """
    counts = given["ranked_counts"]
    exponent, scale = zipf_fit(counts)
    drawn_words = len(given["draws"]) * (setting["window"] // 2)
    tail = scale * np.arange(FIRST_RANK, LONGEST, dtype=float) ** -exponent
    frequencies = np.concatenate([counts[: FIRST_RANK - 1], tail]) / drawn_words
    frequencies = frequencies[np.cumsum(frequencies) <= 1]

    def vocabulary(length):
        return -np.sum(np.expm1(length * np.log1p(-frequencies)))

    return float(np.log2(vocabulary(setting["window"]) / vocabulary(setting["window"] // 2)))


def zipf_fit(ranked_counts: np.ndarray) -> tuple[float, float]:
    """Zipf's exponent s and the scale c of count = c r^{-s}: least squares of ln count in ln rank."""
    rank = np.arange(FIRST_RANK, LAST_RANK + 1)
    slope, level = np.polyfit(np.log(rank), np.log(ranked_counts[rank - 1]), 1)
    return -float(slope), float(np.exp(level))


def hapax_exponent(setting, given):
    """V_1/V: the share of the words of a first half that occur once in it.

    Under exchangeability it is the growth exponent at that length, d ln V / d ln n = n P(new) / V with Good's estimate
    V_1/n of the probability of a new word. Karlin 1967 for the limit under regular variation.
    """
    return float(given["hapax_share"])


def exchangeable_new_share(setting, given):
    """Expected share of words of the second half that the first does not hold, if all orders are equally likely.

    sum_k f_k (k/M) C(M - k, h) / C(M - 1, h): f_k words occur k times among M, h of which make the first half.
    """
    spectrum = given["spectrum"]
    length, half = setting["window"], setting["window"] // 2
    k = np.arange(1, len(spectrum) + 1)
    possible = k <= length - half  # a word that occurs more often than that is in the first half
    k, spectrum = k[possible], spectrum[possible]
    # the probability that a given occurrence lies in the second half, and all others of its word do, over h/M
    log_ratio = gammaln(length - k + 1) - gammaln(length - k - half + 1) - gammaln(length) + gammaln(length - half)
    return float(np.sum(spectrum * k / length * np.exp(log_ratio)))
