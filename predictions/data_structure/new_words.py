"""How new words keep coming in a text: vocabulary growth and the share of unseen words, over windows of equal length.

Data       `windows` disjoint windows of `window` words each, evenly spaced over a `text`, tiny-shakespeare or
           standard-library; or as many of words drawn independently, anew in each trial: that of rank i with
           probability ~ i^{-1.25} (planted-zipf), or so for i up to 500 only (planted-truncated). `order` of the words
           in each window: natural, shuffled (anew in each trial) or grouped (each word's occurrences together).
Observed   over a window's second half, growth exponent of the vocabulary and share of new words.
Trial      resamples the windows with replacement, and averages over those drawn.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from predictions.data.text import TEXTS, fingerprint, text, words

RANKS = 1000  # how many ranks of the words' counts are given
PLANTED_EXPONENT = 1.25
PLANTED_RANKS = {"planted-zipf": 10_000_000, "planted-truncated": 500}


class Tally(NamedTuple):
    """How often each word occurs in the first half of each window, and in the whole of it: (windows, words) each."""

    half: np.ndarray
    whole: np.ndarray


def prepare(setting, seeds):
    """Given, for the drawn windows: counts of the most frequent words of their first halves (trials, RANKS); the mean
    number of words that occur exactly k = 1, 2, ... times in a window (trials, window); the share of the words of a
    first half that occur once in it (trials,). Also which windows were drawn, and the text's fingerprint.

    State: draws (windows,) and tally of each trial.
    """
    state = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        counts = _tally(setting, rng)
        state.append((rng.integers(len(counts.whole), size=len(counts.whole)), counts))
    given = {
        "ranked_counts": np.stack([_ranked(counts.half[drawn]) for drawn, counts in state]),
        "spectrum": np.stack([_spectrum(c.whole, setting["window"])[drawn].mean(axis=0) for drawn, c in state]),
        "hapax_share": np.array([np.sum(c.half[drawn] == 1) / np.sum(c.half[drawn] > 0) for drawn, c in state]),
        "draws": np.stack([drawn for drawn, _ in state]),
    }
    if setting["text"] in TEXTS:
        given["text"] = np.full(len(seeds), fingerprint(text(setting["text"])))
    return given, state


def measure(setting, state):
    """Growth exponent of the vocabulary over a window's second half, and share of new words in it: (trials,) each.

    The exponent is log2(V(window) / V(window/2)), V averaged over the drawn windows; a word is new if the first half
    does not hold it, and is counted as often as it comes.
    """
    exponent, share = [], []
    for drawn, (half, whole) in state:
        known = np.sum(half > 0, axis=1)[drawn].mean()
        exponent.append(np.log2(np.sum(whole > 0, axis=1)[drawn].mean() / known))
        new = np.sum(np.where(half == 0, whole, 0), axis=1)[drawn].mean()
        share.append(new / (setting["window"] - setting["window"] // 2))
    return {"vocabulary_exponent": np.array(exponent), "new_word_share": np.array(share)}


def tally(numbers: np.ndarray) -> Tally:
    """Counts in windows of words given as numbers (windows, window)."""
    kinds, window = int(numbers.max()) + 1, numbers.shape[1]
    return Tally(_counts(numbers[:, : window // 2], kinds), _counts(numbers, kinds))


def _counts(numbers: np.ndarray, kinds: int) -> np.ndarray:
    flat = numbers + kinds * np.arange(len(numbers))[:, None]
    return np.bincount(flat.ravel(), minlength=kinds * len(numbers)).reshape(len(numbers), kinds).astype(np.uint16)


def _tally(setting, rng: np.random.Generator) -> Tally:
    name, window = setting["text"], setting["window"]
    if name in TEXTS and setting["order"] == "natural":
        return _natural_tally(name, window, setting["windows"])
    if name in TEXTS:
        numbers = _windows(name, window, setting["windows"])
    else:
        cumulative = _planted_distribution(name)
        drawn = np.searchsorted(cumulative, rng.random((setting["windows"], window)) * cumulative[-1])
        numbers = np.unique(drawn, return_inverse=True)[1].reshape(drawn.shape)
    if setting["order"] == "shuffled":
        numbers = rng.permuted(numbers, axis=1)
    elif setting["order"] == "grouped":
        numbers = np.sort(numbers, axis=1)
    return tally(numbers)


@lru_cache(maxsize=2)
def _windows(name: str, window: int, windows: int) -> np.ndarray:
    """Disjoint windows of the text (windows, window), its words as numbers."""
    known: dict[str, int] = {}
    numbers = np.array([known.setdefault(word, len(known)) for word in words(text(name))])
    if windows * window > len(numbers):
        raise ValueError(f"{name} has {len(numbers)} words, too few for {windows} disjoint windows of {window}")
    starts = np.linspace(0, len(numbers) - window, windows).astype(int)
    return np.unique(numbers[starts[:, None] + np.arange(window)], return_inverse=True)[1].reshape(windows, window)


@lru_cache(maxsize=2)
def _natural_tally(name: str, window: int, windows: int) -> Tally:
    return tally(_windows(name, window, windows))


@lru_cache(maxsize=2)
def _planted_distribution(name: str) -> np.ndarray:
    return np.cumsum(np.arange(1, PLANTED_RANKS[name] + 1, dtype=float) ** -PLANTED_EXPONENT)


def _ranked(counts: np.ndarray) -> np.ndarray:
    """The RANKS largest counts of words, summed over windows; zeros where there are fewer words."""
    ranked = np.sort(counts.sum(axis=0, dtype=np.int64))[::-1][:RANKS]
    return np.pad(ranked, (0, RANKS - len(ranked))).astype(float)


def _spectrum(counts: np.ndarray, most: int) -> np.ndarray:
    """Number of words that occur k = 1..most times in each window (windows, most)."""
    flat = counts + (most + 1) * np.arange(len(counts))[:, None]
    return np.bincount(flat.ravel(), minlength=(most + 1) * len(counts)).reshape(len(counts), most + 1)[:, 1:]
