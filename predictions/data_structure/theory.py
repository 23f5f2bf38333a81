"""What data structure predicts: dimensions, learning curves of memorisation, growth of vocabularies, power spectra.

Memorisation: the probability of an item not seen before, if frequencies theta_i fall as i^{-(1 + alpha)}. Hutter 2021
(arXiv 2102.04074), sections 3 and 4.
Words: from the counts of a text, by Zipf's law or by exchangeability.
Pictures: power spectra that fall as f^-2, as they are and averaged over pixels. Field 1987 (doi
10.1364/JOSAA.4.002379).
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad
from scipy.special import gammaln

from predictions.instruments.fits import log_slope


def manifold_dimension(setting, given):
    """d: r_2/r_1 is Pareto with exponent d where the density hardly changes over r_2. Facco et al. 2017, equation 5."""
    return setting["dimension"]


def noisy_dimension(setting, given):
    """d / E[U^{2/d} / (U^{2/d} + c)], U exponential: what noise makes of d, s nearest-neighbour distances a direction.

    Noise across the manifold, in D - d directions, adds 2 (D - d) s^2 r^2 to every squared distance, r the median
    distance to the nearest neighbour. True neighbours nearer than R are Poisson in number with mean u ~ R^d, so that
    squared distances are U^{2/d} + c of the first two arrivals, with c = 2 (D - d) s^2 (ln 2)^{2/d}; and E g(U_2) -
    E g(U_1) = E U g'(U). The scatter of the noise's length, 18% for D = 64, is left out.
    """
    d = setting["dimension"]
    added = 2 * (len(given["spectrum"]) - d) * setting["noise"] ** 2 * np.log(2) ** (2 / d)
    share, _ = quad(lambda u: np.exp(-u) * u ** (2 / d) / (u ** (2 / d) + added), 0, np.inf, epsrel=1e-10)
    return d / share


def participation_dimension(setting, given):
    """(sum lambda)^2 / sum lambda^2 over the covariance spectrum: how many directions the points fill."""
    spectrum = given["spectrum"]
    return float(np.sum(spectrum) ** 2 / np.sum(spectrum**2))


def zipf_exponent_of_error(setting, given):
    """Slope of ln error against ln samples: -alpha/(1 + alpha), for many samples of infinitely many items."""
    alpha = setting["alpha"]
    return -alpha / (1 + alpha)


def unshared_exponent_of_error(setting, given):
    """-alpha, as if n samples were n items and the error the frequency of all the rest."""
    return -setting["alpha"]


def expected_error(setting, given):
    """Expected probability that the next item is one not yet seen, sum_i theta_i (1 - theta_i)^n, for finitely many."""
    frequencies = _zipf(setting)
    return float(np.sum(frequencies * _unseen(setting, frequencies)))


def network_error(setting, given):
    """That curve for a network that is right by chance about one in `classes` of the items that it has not seen."""
    return (1 - 1 / setting["classes"]) * expected_error(setting, given)


def second_showing_error(setting, given):
    """The same for a network that learns an item only when it is shown for the second time.

    Items shown not at all or once: sum_i theta_i ((1 - theta_i)^n + n theta_i (1 - theta_i)^(n-1)).
    """
    frequencies = _zipf(setting)
    once = setting["samples"] * frequencies * _unseen(setting, frequencies) / (1 - frequencies)
    return network_error(setting, given) + (1 - 1 / setting["classes"]) * float(np.sum(frequencies * once))


def unshared_error(setting, given):
    """The same as if n samples were n items: the frequency of all items beyond the n most frequent ones."""
    return (1 - 1 / setting["classes"]) * float(np.sum(_zipf(setting)[setting["samples"] :]))


def _zipf(setting) -> np.ndarray:
    """theta_i ~ i^{-(1 + alpha)}, (items,)."""
    weight = np.arange(1, setting["items"] + 1, dtype=float) ** -(1 + setting["alpha"])
    return weight / weight.sum()


def _unseen(setting, frequencies: np.ndarray) -> np.ndarray:
    """Probability (items,) that an item is not among the n samples."""
    return np.exp(setting["samples"] * np.log1p(-frequencies))


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


SIDE, PATCH, BAND = 32, 8, (2, 12)
"""Pixels of a thumbnail, original pixels a side that each of them averages, and the frequencies of the fit."""


def scale_invariant_slope(setting, given):
    """Slope of ln power against ln f: -2. Field 1987: the same contrast in every octave of frequency.

    In two dimensions an octave around f holds the energy f^2 P(f), up to a factor; it is constant for P = f^-2.
    """
    return -2.0


def thumbnail_slope(setting, given):
    """Slope of ln power against ln f of thumbnails that are averages over pixels of pictures with power f^{-2}.

    S(u, v) = sum over aliases u + 32 i, v + 32 j of |f|^{-2} D(u)^2 D(v)^2, D(u) = sin(pi u/32) / (8 sin(pi u/256))
    being the transform of a patch of 8 pixels; seen through a Hann window, whose transform is (-1/4, 1/2, -1/4), and
    averaged over rings of integer frequency.
    """
    full = SIDE * PATCH
    original = np.fft.fftfreq(full, 1 / full)
    with np.errstate(divide="ignore", invalid="ignore"):
        patch = np.where(original == 0, 1, np.sin(np.pi * original / SIDE) / (PATCH * np.sin(np.pi * original / full)))
        power = np.where(original[:, None] ** 2 + original**2 > 0, 1 / (original[:, None] ** 2 + original**2), 0)
    power = power * patch[:, None] ** 2 * patch**2
    # the frequencies u, u + 32, u + 64, ... of the original are one frequency of the thumbnail
    power = power.reshape(PATCH, SIDE, PATCH, SIDE).sum(axis=(0, 2))
    for axis in (0, 1):
        power = power / 4 + (np.roll(power, 1, axis) + np.roll(power, -1, axis)) / 16
    frequency = np.fft.fftfreq(SIDE, 1 / SIDE)
    ring = np.rint(np.hypot(frequency[:, None], frequency)).astype(int)
    fitted = np.arange(BAND[0], BAND[1] + 1)
    return log_slope(fitted, [power[ring == f].mean() for f in fitted])
