"""Learning curves of memorisation: the probability of an item not seen before, when frequencies fall as a power law.

Hutter 2021 (arXiv 2102.04074), sections 3 and 4, where theta_i ~ i^{-(1 + alpha)} is called alpha-Zipf.
"""

from __future__ import annotations

import numpy as np


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
