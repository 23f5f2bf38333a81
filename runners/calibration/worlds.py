"""Worlds in which the truth is known: the noise of a trial, and trials of conditions that depend on each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import special

REGION = (-10.0, 10.0)
"""T in every world. Noise has a scale of about 1, so that only one edge matters at a time."""
MOST_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class Shape:
    """Noise of one trial as a function of a standard normal score, with median 0."""

    name: str
    of_score: Callable[[np.ndarray], np.ndarray]
    mean: float
    """Expectation of the noise; infinite where it has none."""
    continuous: bool = True

    def quantile(self, chance: float) -> float:
        return float(self.of_score(np.asarray(special.ndtri(chance))))


def _exponential(score: np.ndarray) -> np.ndarray:
    return -special.log_ndtr(-score) - np.log(2)


def _heavy_tailed(score: np.ndarray) -> np.ndarray:
    return special.stdtrit(3, special.ndtr(score))


def _discrete(score: np.ndarray) -> np.ndarray:
    """Multiples of 1/2, none of them 0: half of the trials lie on either side."""
    return np.floor(2 * score) / 2 + 0.25


def _partly_infinite(score: np.ndarray) -> np.ndarray:
    """One trial in ten diverges."""
    chance = special.ndtr(score)
    return np.where(chance > 0.9, np.inf, special.ndtri(np.minimum(chance, 0.9) / 0.9) - special.ndtri(0.5 / 0.9))


def _log_normal(score: np.ndarray, *, sigma: float) -> np.ndarray:
    return np.exp(sigma * score) - 1


def _pareto(score: np.ndarray, *, index: float) -> np.ndarray:
    return np.exp(-special.log_ndtr(-score) / index) - 2 ** (1 / index)


def _event(score: np.ndarray, *, chance: float, noise: float) -> np.ndarray:
    """An event that happens seldom and is large, so that its expectation is 1."""
    return noise * score + np.where(score > -special.ndtri(chance), 1 / chance, 0.0)


def event(chance: float, *, noise: float) -> Shape:
    """Rare events, alone or on normal noise of this size."""
    name = f"1 event in {1 / chance:g}" + (" on noise" if noise else "")
    return Shape(name, partial(_event, chance=chance, noise=noise), 1.0, continuous=noise > 0)


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("normal", lambda score: score, 0.0),
        Shape("t3", _heavy_tailed, 0.0),
        Shape("log-normal", partial(_log_normal, sigma=1.0), float(np.exp(0.5) - 1)),
        Shape("exponential", _exponential, float(1 - np.log(2))),
        Shape("discrete", _discrete, 0.0, continuous=False),
        Shape("partly infinite", _partly_infinite, np.inf),
    )
}

HEAVY = {
    shape.name: shape
    for shape in (
        *(
            Shape(f"log-normal, sigma {sigma:g}", partial(_log_normal, sigma=sigma), float(np.exp(sigma**2 / 2) - 1))
            for sigma in (1.5, 2.0)
        ),
        *(
            Shape(f"Pareto {index:g}", partial(_pareto, index=index), index / (index - 1) - 2 ** (1 / index))
            for index in (3.0, 2.5, 2.2)
        ),
        *(event(chance, noise=0.0) for chance in (0.1, 0.03, 0.01)),
        event(0.01, noise=1.0),
    )
}
"""What makes a mean hard: draws of large or infinite skewness, each trial an average of many of them."""


def trials(
    shape: Shape,
    generator: np.random.Generator,
    *,
    worlds: int,
    conditions: int = 1,
    trials: int,
    correlation: float = 0.0,
    draws: int = 1,
) -> np.ndarray:
    """Noise (worlds, conditions, trials); with `draws`, each the average of so many, less its expectation.

    Conditions share their seeds, so a trial's noise in one condition is correlated with that in the others: by a
    Gaussian copula, whose correlation this is.
    """
    noise = np.empty((worlds, conditions, trials))
    step = max(1, MOST_AT_ONCE // (conditions * trials * draws))
    for first in range(0, worlds, step):
        some = min(step, worlds - first)
        score = generator.standard_normal((some, conditions, trials, draws))
        if correlation:
            shared = generator.standard_normal((some, 1, trials, draws))
            score = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * score
        values = shape.of_score(score)
        if draws > 1:
            values = np.mean(values, axis=-1) - (shape.mean if np.isfinite(shape.mean) else 0.0)
        noise[first : first + some] = values.reshape(some, *noise.shape[1:])
    return noise


def resampled_means(
    shape: Shape,
    generator: np.random.Generator,
    *,
    worlds: int,
    clusters: int,
    resamples: int,
    unequal: bool = False,
) -> np.ndarray:
    """Means over resampled clusters (worlds, 1, resamples), of noise with expectation 0.

    Clusters of unequal size are as large as log-normal numbers (sigma 0.8), and weigh as much.
    """
    means = np.empty((worlds, 1, resamples))
    step = 10  # so many worlds share how often each cluster is drawn, which saves time
    for first in range(0, worlds, step):
        some = min(step, worlds - first)
        data = shape.of_score(generator.standard_normal((some, clusters))) - shape.mean
        size = np.exp(0.8 * generator.standard_normal((some, clusters))) if unequal else np.ones((some, clusters))
        times = generator.multinomial(clusters, np.full(clusters, 1 / clusters), size=resamples)
        means[first : first + some, 0] = (size * data) @ times.T / (size @ times.T)
    return means
