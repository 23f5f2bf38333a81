"""Rows to train on, with true or redrawn labels, and other rows to test on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from predictions.data.datasets import Classification


class Split(NamedTuple):
    """Training and test rows of one trial."""

    inputs: np.ndarray  # (rows, features)
    labels: np.ndarray  # (rows,), integers from 0
    test_inputs: np.ndarray
    test_labels: np.ndarray


def split_rows(data: Classification, rows: int, test_rows: int, generator: np.random.Generator, *, label_noise: float):
    """Disjoint random rows of `data`; each training label is redrawn among all classes with this probability."""
    order = generator.permutation(len(data.inputs))
    if rows >= len(order):
        raise ValueError(f"{rows} training rows asked for, but the data set has {len(order)} with those for the test")
    chosen, others = order[:rows], order[rows : rows + test_rows]
    redrawn = generator.random(rows) < label_noise
    labels = np.where(redrawn, generator.integers(data.classes, size=rows), data.labels[chosen])
    return Split(data.inputs[chosen], labels, data.inputs[others], data.labels[others])
