"""Least squares, fitted again and again to labels that the last fit gave.

Model      least squares of all labels at hand on d features, from the true weights, generation 0, to that of number
           `generations`; `fit` is replace, on the labels of the last generation alone, or accumulate, on all.
Data       each generation `rows_per_weight` d new rows, and for them labels of the model before plus noise of variance
           one. `rows`: gaussian, N(0, 1) in d = `dimension` directions, or stretched, by a random factor of mean square
           one each; or images of digits, mnist1d or cifar10, drawn with replacement, in their first d principal
           components.
Observed   mean square of the distance from the true function, over the population of rows.
Trial      rows and noise; the mean over `draws`.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from predictions.gaussian_universality.populations import STRETCH, images, whitened

LABELS = 4  # vectors of noise on the same rows


def prepare(setting, seeds):
    """Nothing is given: theories need the condition only."""
    return {}, [np.random.default_rng(int(seed)) for seed in seeds]


def measure(setting, state):
    """Mean squared distance from the true function, mean over draws: (trials,)."""
    drawn = setting["rows"] in ("gaussian", "stretched")
    population = None if drawn else _population(setting["rows"])[:, : setting["dimension"]]
    return {
        "excess_risk": np.array(
            [np.mean([_one_draw(setting, population, child) for child in rng.spawn(setting["draws"])]) for rng in state]
        )
    }


def _one_draw(setting, population, generator: np.random.Generator) -> float:
    """True weights are 0: what is fitted is error, and rows are white, so that its square is the risk."""
    count = setting["dimension"]
    weights, gram, moments = np.zeros((count, LABELS)), np.zeros((count, count)), np.zeros((count, LABELS))
    for _ in range(setting["generations"]):
        rows = _rows(population, round(setting["rows_per_weight"] * count), count, generator)
        if setting["rows"] == "stretched":  # E e^(2 s z) = e^(2 s^2)
            rows = rows * np.exp(STRETCH * generator.standard_normal((len(rows), 1)) - STRETCH**2)
        labels = rows @ weights + generator.standard_normal((len(rows), LABELS))
        if setting["fit"] == "replace":
            gram, moments = np.zeros_like(gram), np.zeros_like(moments)
        gram, moments = gram + rows.T @ rows, moments + rows.T @ labels
        weights = np.linalg.solve(gram, moments)
    return np.mean(np.sum(weights**2, axis=0))


@cache
def _population(name: str) -> np.ndarray:
    """Whitened images: (images, principal components)."""
    return whitened(images(name)[0])[0]


def _rows(population, number: int, count: int, generator: np.random.Generator) -> np.ndarray:
    if population is None:
        return generator.standard_normal((number, count))
    return population[generator.integers(len(population), size=number)]
