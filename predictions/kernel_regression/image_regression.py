"""Kernel ridge regression of a binary label on real images.

Model      f(x) = (1/n) sum_i k(x, x_i) a_i, a = (K/n + lambda)^-1 y, lambda = `ridge`: the minimiser of the mean
           squared error plus lambda |f|^2 in the kernel's norm. With r = |x - x'| / (l sqrt(d)), l = `length_scale`,
           `kernel` is laplace e^{-r}, gaussian e^{-r^2/2} or cauchy 1/(1 + r^2): k(x, x) = 1.
Data       `data`: digits (8 x 8, even or odd), mnist1d (signals of 40 numbers, classes 0 to 4 or 5 to 9) or cifar10
           (3 x 8 x 8, vehicle or animal), each feature standardised; labels +-1, standardised over all images, so that
           a constant explains nothing. `test_images`: original, or inverted, each feature mirrored at its mean.
Observed   mean squared error on test images, and the shares of test and training labels' variance that are explained.
Trial      the average over `splits` random choices of `samples` training images and of up to `test_samples` others.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from predictions.data.datasets import classification, standardised

POSITIVE = {  # even; lower half; aeroplane, car, ship and lorry
    "digits": (0, 2, 4, 6, 8),
    "mnist1d": (0, 1, 2, 3, 4),
    "cifar10": (0, 1, 8, 9),
}
KERNELS = {  # of the squared distance in units of the length scale
    "laplace": lambda squares: np.exp(-np.sqrt(squares)),
    "gaussian": lambda squares: np.exp(-squares / 2),
    "cauchy": lambda squares: 1 / (1 + squares),
}
SIGN = {"original": 1, "inverted": -1}


class Fit(NamedTuple):
    """A split of the images, and the fit to its training images."""

    train: np.ndarray  # (samples,), indices of images
    test: np.ndarray  # (test_samples,) or fewer
    dual: np.ndarray  # (samples,), A^-1 y with A = K/n + lambda
    resolvent_diagonal: np.ndarray  # (samples,), that of A^-1


def prepare(setting, seeds):
    """Statistics of every training set, which theories may read: each (trials, splits)."""
    images, labels = labelled_images(setting["data"])
    trials = []
    for seed in seeds:
        generator = np.random.default_rng(int(seed))
        trials.append([fit(setting, images, labels, generator) for _ in range(setting["splits"])])

    def each(statistic):
        return np.array([[statistic(one) for one in fits] for fits in trials])

    given = {
        "squared_dual": each(lambda one: np.mean(one.dual**2)),
        "resolvent_trace": each(lambda one: np.mean(one.resolvent_diagonal)),
        "leave_one_out_error": each(lambda one: np.mean((one.dual / one.resolvent_diagonal) ** 2)),
    }
    return given, trials


def measure(setting, state):
    """Mean squared error on test images, and the shares of test and training labels' variance explained: (trials,)."""
    images, labels = labelled_images(setting["data"])
    sign = SIGN[setting["test_images"]]

    def error(one, seen, rows):
        return np.mean((kernel_of(setting, seen, images[one.train]) @ one.dual / len(one.dual) - labels[rows]) ** 2)

    test = np.array([np.mean([error(one, sign * images[one.test], one.test) for one in fits]) for fits in state])
    train = np.array([np.mean([error(one, images[one.train], one.train) for one in fits]) for fits in state])
    return {"test_error": test, "explained": 1 - test, "fitted": 1 - train}


def labelled_images(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Standardised images (images, features) and labels (images,), of mean zero and variance one."""
    data = classification(name)
    return data.inputs, standardised(np.where(np.isin(data.labels, POSITIVE[name]), 1.0, -1.0))


def fit(setting, images: np.ndarray, labels: np.ndarray, generator: np.random.Generator) -> Fit:
    """Draw a split and fit its training images."""
    samples = setting["samples"]
    order = generator.permutation(len(images))
    train, test = order[:samples], order[samples : samples + setting["test_samples"]]
    kernel = kernel_of(setting, images[train], images[train])
    inverse = np.linalg.inv(kernel / samples + setting["ridge"] * np.eye(samples))
    return Fit(train, test, inverse @ labels[train], np.diagonal(inverse).copy())


def kernel_of(setting, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The kernel between the rows of `first` (n, d) and `second` (m, d): (n, m)."""
    squares = np.sum(first**2, axis=1)[:, None] + np.sum(second**2, axis=1) - 2 * first @ second.T
    # rounding may leave a square of zero slightly negative
    scaled = np.maximum(squares, 0) / (first.shape[1] * setting["length_scale"] ** 2)
    return KERNELS[setting["kernel"]](scaled)
