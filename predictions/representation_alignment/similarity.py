"""Similarity of two representations (rows, features) of the same rows, raw and less what unrelated ones would have.

Both lie in [0, 1]. Finite rows and many features make unrelated representations look alike; a permutation of one's rows
keeps its geometry and removes the relation, so that permuted pairs show what to expect of unrelated ones.
"""

from __future__ import annotations

import numpy as np

QUANTILE = 0.95
"""Of the similarities of permuted pairs; what exceeds it is more than chance at the usual level."""


def centred_gram(features: np.ndarray) -> np.ndarray:
    """Gram matrix of the centred features, of Frobenius norm 1: (rows, rows). NaN if all rows are alike to rounding."""
    largest, precision = np.max(np.abs(features)), np.finfo(features.dtype).eps
    centred = features / (largest or 1) - np.mean(features / (largest or 1), axis=0)
    gram = centred @ centred.T
    alike = np.max(np.abs(centred)) <= 10 * precision
    return np.full_like(gram, np.nan) if alike else gram / np.linalg.norm(gram)


def neighbours(features: np.ndarray, count: int) -> np.ndarray:
    """1 where column j is one of the `count` rows nearest to row i by cosine, 0 elsewhere: (rows, rows).

    A row of zeros has the cosine 0 to all others.
    """
    if not 1 <= count < len(features):
        raise ValueError(f"count is {count}, but a row has from 1 to {len(features) - 1} others")
    features = features / (np.max(np.abs(features)) or 1)
    units = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    cosines = units @ units.T
    np.fill_diagonal(cosines, -np.inf)
    nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    table = np.zeros_like(cosines)
    np.put_along_axis(table, nearest, 1.0, axis=1)
    return table


def alignment(first: np.ndarray, second: np.ndarray) -> float:
    """Linear centred kernel alignment of two centred Gram matrices of norm 1. Kornblith et al. 2019, equation 3."""
    return float(np.sum(first * second))


def shared_neighbours(first: np.ndarray, second: np.ndarray) -> float:
    """Mean share of a row's nearest neighbours in one representation that are so in the other. Huh et al. 2024."""
    return float(np.sum(first * second) / np.sum(first))


def calibrated(similarity, first, second, generator: np.random.Generator, *, permutations: int) -> tuple[float, float]:
    """(s - q) / (1 - q), and q: the QUANTILE of s over permutations of the second's rows (and columns).

    0 is what chance gives, 1 is identity. Groeger, Wen & Brbic 2026 (arXiv 2602.14486).
    """
    permuted = []
    for _ in range(permutations):
        order = generator.permutation(len(second))
        permuted.append(similarity(first, second[np.ix_(order, order)]))
    chance = float(np.quantile(permuted, QUANTILE))
    return (similarity(first, second) - chance) / (1 - chance), chance
