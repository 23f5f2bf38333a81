"""Learning curves of memorisation: the probability of an item not seen before, when frequencies fall as a power law.

Hutter 2021 (arXiv 2102.04074), sections 3 and 4, where theta_i ~ i^{-(1 + alpha)} is called alpha-Zipf.
"""

from __future__ import annotations

import numpy as np


def zipf_exponent_of_error(condition, given):
    """Slope of ln error against ln samples: -alpha/(1 + alpha), for many samples of infinitely many items."""
    alpha = condition["alpha"]
    return -alpha / (1 + alpha)


def unshared_exponent_of_error(condition, given):
    """-alpha, as if n samples were n items and the error the frequency of all the rest."""
    return -condition["alpha"]


def expected_error(condition, given):
    """Expected probability that the next item is one not yet seen, sum_i theta_i (1 - theta_i)^n, for finitely many."""
    frequencies = _zipf(condition)
    return float(np.sum(frequencies * _unseen(condition, frequencies)))


def network_error(condition, given):
    """That curve for a network that is right by chance about one in `classes` of the items that it has not seen."""
    return (1 - 1 / condition["classes"]) * expected_error(condition, given)


def second_showing_error(condition, given):
    """The same for a network that learns an item only when it is shown for the second time.

    Items shown not at all or once: sum_i theta_i ((1 - theta_i)^n + n theta_i (1 - theta_i)^(n-1)).
    """
    frequencies = _zipf(condition)
    once = condition["samples"] * frequencies * _unseen(condition, frequencies) / (1 - frequencies)
    return network_error(condition, given) + (1 - 1 / condition["classes"]) * float(np.sum(frequencies * once))


def unshared_error(condition, given):
    """The same as if n samples were n items: the frequency of all items beyond the n most frequent ones."""
    return (1 - 1 / condition["classes"]) * float(np.sum(_zipf(condition)[condition["samples"] :]))


def _zipf(condition) -> np.ndarray:
    """theta_i ~ i^{-(1 + alpha)}, (items,)."""
    weight = np.arange(1, condition["items"] + 1, dtype=float) ** -(1 + condition["alpha"])
    return weight / weight.sum()


def _unseen(condition, frequencies: np.ndarray) -> np.ndarray:
    """Probability (items,) that an item is not among the n samples."""
    return np.exp(condition["samples"] * np.log1p(-frequencies))
