"""What experiments and theories have in common: kernels, groups of ranks, numbers of samples."""

from __future__ import annotations

import numpy as np

KERNELS = {  # of the cosine t between two rows
    "exponential": np.exp,
    "relu": lambda t: (np.sqrt(1 - t * t) + (np.pi - np.arccos(t)) * t) / np.pi,
}
RANKS = {"first": slice(1, 5), "second": slice(5, 20), "third": slice(20, 40)}
"""Counted from 0. Rank 0 is nearly the constant function, whose eigenvalue is nearly the mean of the kernel."""


def sample_count(setting) -> int:
    """n, the dimension to the given power."""
    return round(setting["dimension"] ** setting["samples_power"])
