"""How the compute-optimal size grows, N ~ C^a, from what was found elsewhere."""

from __future__ import annotations


def other_corpus_exponent(setting, given):
    """The exponent under the same protocol on RefinedWeb. Porian et al. 2024 (arXiv 2406.19146), figure 1."""
    return given["other_corpus"]
