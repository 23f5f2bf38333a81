"""How far two denoisers agree that were made from disjoint halves of a data set."""

from __future__ import annotations


def same_function(setting, given):
    """1: both have become the denoiser of the distribution. Kadkhodaie et al. 2024 (arXiv 2310.02557), section 2."""
    return 1.0


def memorised_halves(setting, given):
    """The cosine between the exact posterior means over the two halves: what minima of the training loss would show."""
    return float(given["memoriser_cosine"])


def filtered_halves(setting, given):
    """The cosine between the Wiener filters of the two halves: both know means and covariances only."""
    return float(given["wiener_cosine"])
