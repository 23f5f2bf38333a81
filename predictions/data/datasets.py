"""Data sets that experiments train on, as numpy arrays in float64 and in a fixed order."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from predictions.data.cifar10 import load_cifar10
from predictions.data.mnist1d import signals


class Classification(NamedTuple):
    """Inputs, and the class of each."""

    inputs: np.ndarray  # (samples, features)
    labels: np.ndarray  # (samples,), integers from 0
    classes: int


class Split(NamedTuple):
    """Training and test rows of one trial."""

    inputs: np.ndarray  # (rows, features)
    labels: np.ndarray  # (rows,), integers from 0
    test_inputs: np.ndarray
    test_labels: np.ndarray


def classification(name: str) -> Classification:
    """The data set of that name, every feature standardised over all its samples."""
    if name not in CLASSIFICATION:
        raise ValueError(f"no data set {name!r}; there are: {', '.join(sorted(CLASSIFICATION))}")
    return CLASSIFICATION[name]()


@cache
def digits() -> Classification:
    """Scikit-learn's 1,797 handwritten digits of 8 x 8 pixels (UCI optdigits), in ten classes."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return Classification(standardised(images), labels, classes=10)


@cache
def mnist1d() -> Classification:
    """5,000 signals of MNIST-1D, 40 features, in ten classes: always the same ones."""
    drawn, labels = signals(np.random.default_rng(0))
    return Classification(standardised(drawn), labels, classes=10)


@cache
def cifar10() -> Classification:
    """4,566 images of CIFAR-10 averaged over patches of 4 x 4 pixels, 3 x 8 x 8 features, in ten classes.

    Raises `Unavailable` where the file is absent: it is large, so that no run fetches it.
    """
    images, labels = load_cifar10(pooled=8)
    return Classification(standardised(images.reshape(len(images), -1)), labels, classes=10)


def standardised(inputs: np.ndarray) -> np.ndarray:
    """Inputs (samples, features) with mean zero and variance one in each feature; a constant feature becomes zero."""
    centred = inputs - inputs.mean(axis=0)
    deviation = centred.std(axis=0)
    return centred / np.where(deviation > 0, deviation, 1)


def draw_rows(data: Classification, rows: int, generator: np.random.Generator, *, label_noise: float = 0):
    """Random rows without replacement: inputs (rows, features) and one-hot targets (rows, classes).

    Each label is redrawn among all classes with probability `label_noise`.
    """
    if rows > len(data.inputs):
        raise ValueError(f"{rows} rows asked for, but the data set has {len(data.inputs)}")
    chosen = generator.choice(len(data.inputs), rows, replace=False)
    redrawn = generator.random(rows) < label_noise
    labels = np.where(redrawn, generator.integers(data.classes, size=rows), data.labels[chosen])
    return data.inputs[chosen], np.eye(data.classes)[labels]


def split_rows(data: Classification, rows: int, test_rows: int, generator: np.random.Generator, *, label_noise: float):
    """Disjoint random rows of `data`; each training label is redrawn among all classes with this probability."""
    order = generator.permutation(len(data.inputs))
    if rows >= len(order):
        raise ValueError(f"{rows} training rows asked for, but the data set has {len(order)} with those for the test")
    chosen, others = order[:rows], order[rows : rows + test_rows]
    redrawn = generator.random(rows) < label_noise
    labels = np.where(redrawn, generator.integers(data.classes, size=rows), data.labels[chosen])
    return Split(data.inputs[chosen], labels, data.inputs[others], data.labels[others])


CLASSIFICATION = {"cifar10": cifar10, "digits": digits, "mnist1d": mnist1d}
