"""Data sets as populations: a row is one of N images drawn with replacement, so that the covariance is known exactly.

`clone` replaces the images by as many Gaussian rows of exactly the same covariance: everything else about a population,
its size and its repetitions included, stays as it was. `stretched` multiplies each row of such a clone by a random
factor first, so that rows differ in length; the covariance is that of the images again.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from predictions.data.cifar10 import load_cifar10
from predictions.data.mnist1d import signals

POSITIVE = {  # classes with the label +1: even; lower half; aeroplane, car, ship and lorry
    "digits": (0, 2, 4, 6, 8),
    "mnist1d": (0, 1, 2, 3, 4),
    "cifar10": (0, 1, 8, 9),
}
NEGLIGIBLE = 1e-9  # of the largest eigenvalue: rounding, or a pixel that is always black
STRETCH = 0.3  # standard deviation of the logarithm of a row's length


@cache
def images(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (images, features) as they are, less their means, and labels +-1 less their mean, of variance one."""
    if name == "digits":
        from sklearn.datasets import load_digits

        pixels, classes = load_digits(return_X_y=True)
    elif name == "mnist1d":
        pixels, classes = signals(np.random.default_rng(0))
    elif name == "cifar10":
        pictures, classes = load_cifar10(pooled=8)
        pixels = pictures.reshape(len(pictures), -1)
    else:
        raise ValueError(f"no data set {name!r}; there are: {', '.join(sorted(POSITIVE))}")
    labels = np.isin(classes, POSITIVE[name]).astype(float)
    return pixels - pixels.mean(axis=0), (labels - labels.mean()) / labels.std()


def random_relu(pixels: np.ndarray, width: int, generator: np.random.Generator) -> np.ndarray:
    """`width` random ReLU neurons on pixels of mean square length 1, less their means: (images, width).

    Pixels are centred, so that every neuron is on for about half of the images.
    """
    directions = generator.standard_normal((pixels.shape[1], width))
    hidden = np.maximum(pixels @ directions / np.sqrt(np.mean(np.sum(pixels**2, axis=1))), 0)
    return hidden - hidden.mean(axis=0)


def whitened(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the basis of principal components, each of variance one, (rows, p), and their variances, (p,) descending.

    Directions without variance are left out.
    """
    variances, axes = np.linalg.eigh(features.T @ features / len(features))
    kept = np.flatnonzero(variances > NEGLIGIBLE * variances[-1])[::-1]
    return features @ axes[:, kept] / np.sqrt(variances[kept]), variances[kept]


def surrogate(rows: np.ndarray, kind: str, generator: np.random.Generator) -> np.ndarray:
    """The whitened rows themselves (`images`), or rows in their place, with the covariance 1 (`clone`, `stretched`)."""
    if kind == "images":
        return rows
    drawn = generator.standard_normal(rows.shape)
    if kind == "stretched":
        drawn = drawn * np.exp(STRETCH * generator.standard_normal((len(drawn), 1)))
    elif kind != "clone":
        raise ValueError(f"rows are images, clone or stretched, not {kind!r}")
    return np.sqrt(len(drawn)) * np.linalg.svd(drawn - drawn.mean(axis=0), full_matrices=False)[0]
