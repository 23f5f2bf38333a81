"""Ridge regression on images, in terms of the population that the images are.

Model      a linear function of `features`: pixels, or `width` random ReLU neurons on them, less their means; `ridge` is
           the penalty on the squared weights over the number of rows times the mean variance of a feature.
Data       `samples` rows drawn with replacement out of all images of `data` (digits, mnist1d, cifar10), or, by `rows`,
           out of a Gaussian clone of them, or of one whose rows are stretched at random. `labels`: linear, of a teacher
           whose weights have one size in all directions and random signs, plus noise of variance `noise_variance`; or
           classes, +-1 for one half of the classes, standardised.
Observed   excess risk: mean over the population of the squared distance between the fit and the best linear function.
Trial      neurons, clone, and `draws` draws of signs, rows and noise, over which the risk is averaged.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from predictions.feature_regression.gaussian_data import ridge_coefficients
from predictions.gaussian_universality.populations import images, random_relu, surrogate, whitened

TEACHERS = 4  # random signs, and as many noise vectors, on the same rows


class Population(NamedTuple):
    """All rows that can be drawn, in principal components of unit variance; and the labels of the images."""

    rows: np.ndarray  # (images, p)
    variances: np.ndarray  # (p,), descending
    labels: np.ndarray  # (images,)


def prepare(setting, seeds):
    """Given, for each trial: `variances` (trials, p), `energies`, what the best linear function explains along each
    principal component (trials, p), and `residual`, the variance of what it leaves (trials,)."""
    trials = [_population(setting, np.random.default_rng(int(seed))) for seed in seeds]
    energies = np.stack([_energies(setting, population) for population, _ in trials])
    given = {"variances": np.stack([population.variances for population, _ in trials]), "energies": energies}
    if setting["labels"] == "classes":
        return given | {"residual": 1 - np.sum(energies, axis=1)}, trials
    return given | {"residual": np.full(len(trials), setting["noise_variance"])}, trials


def measure(setting, state):
    """Excess risk, averaged over draws: (trials,)."""
    one_draw = _classes_draw if setting["labels"] == "classes" else _linear_draw
    risks = [
        np.mean([one_draw(setting, population, child) for child in generator.spawn(setting["draws"])])
        for population, generator in state
    ]
    return {"excess_risk": np.array(risks)}


def _population(setting, generator: np.random.Generator) -> tuple[Population, np.random.Generator]:
    features, labels = images(setting["data"])
    if setting["features"] == "relu":
        features = random_relu(features, setting["width"], generator)
    rows, variances = whitened(features)
    return Population(surrogate(rows, setting["rows"], generator), variances, labels), generator


def _energies(setting, population: Population) -> np.ndarray:
    """Squared coefficients of the best linear function in the whitened components: (p,)."""
    if setting["labels"] == "classes":
        return (population.rows.T @ population.labels / len(population.labels)) ** 2
    return population.variances / np.sum(population.variances)


def _linear_draw(setting, population: Population, generator: np.random.Generator) -> float:
    """A fit is linear in its labels: what the teacher and what the noise contribute adds up in the mean."""
    rows = population.rows[generator.integers(len(population.rows), size=setting["samples"])]
    signs = generator.choice([-1.0, 1.0], size=(rows.shape[1], TEACHERS))
    teachers = np.sqrt(_energies(setting, population))[:, None] * signs
    noise = generator.standard_normal((len(rows), TEACHERS))
    learned = _fit(setting, population, rows, np.concatenate([rows @ teachers, noise], axis=1))
    missed = np.mean(np.sum((learned[:, :TEACHERS] - teachers) ** 2, axis=0))
    return missed + setting["noise_variance"] * np.mean(np.sum(learned[:, TEACHERS:] ** 2, axis=0))


def _classes_draw(setting, population: Population, generator: np.random.Generator) -> float:
    chosen = generator.integers(len(population.rows), size=setting["samples"])
    best = population.rows.T @ population.labels / len(population.labels)
    learned = _fit(setting, population, population.rows[chosen], population.labels[chosen, None])
    return np.sum((learned[:, 0] - best) ** 2)


def _fit(setting, population: Population, rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Coefficients of the fit in the whitened components, (p, columns of labels)."""
    scale = np.sqrt(population.variances)
    ridge = setting["ridge"] * len(rows) * np.mean(population.variances)
    return scale[:, None] * ridge_coefficients(rows * scale, labels, ridge)
