"""The leading eigenvalues of a Gaussian kernel on images.

Model      the kernel exp(-|x - x'|^2 / 2 s^2), s = `kernel_width`, on inputs of mean square length 1.
Data       `samples` rows drawn with replacement out of all images of `data` (digits, mnist1d, cifar10), pixels less
           their means, or, by `rows`, out of a Gaussian clone of that covariance, or of one whose rows are stretched.
Observed   geometric mean of the eigenvalues of the kernel matrix over the number of rows with the ranks of `ranks`:
           first, 2 to 5; second, 6 to 20; third, 21 to 40.
Trial      rows and clone.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh

from predictions.gaussian_universality.populations import images, surrogate, whitened
from predictions.gaussian_universality.setting import RANKS


def prepare(setting, seeds):
    """Given: `variances`, the eigenvalues of the covariance of inputs of mean square length 1: (trials, p)."""
    rows, variances = whitened(images(setting["data"])[0])
    variances = variances / np.sum(variances)
    inputs = [_inputs(setting, rows, variances, np.random.default_rng(int(seed))) for seed in seeds]
    return {"variances": np.tile(variances, (len(seeds), 1))}, inputs


def measure(setting, state):
    """The geometric mean of some eigenvalues of each trial's kernel matrix, over the number of rows: (trials,)."""
    return {"eigenvalue": np.array([_eigenvalue(setting, inputs) for inputs in state])}


def _inputs(setting, rows, variances, generator: np.random.Generator) -> np.ndarray:
    population = surrogate(rows, setting["rows"], generator)
    return population[generator.integers(len(population), size=setting["samples"])] * np.sqrt(variances)


def _eigenvalue(setting, inputs: np.ndarray) -> float:
    squares = np.sum(inputs**2, axis=1)
    distances = np.maximum(squares[:, None] + squares - 2 * inputs @ inputs.T, 0)
    matrix = np.exp(-distances / (2 * setting["kernel_width"] ** 2)) / len(inputs)
    ranks = RANKS[setting["ranks"]]
    bounds = [len(inputs) - ranks.stop, len(inputs) - ranks.start - 1]
    return np.exp(np.mean(np.log(eigh(matrix, eigvals_only=True, subset_by_index=bounds))))
