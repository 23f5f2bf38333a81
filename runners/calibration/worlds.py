"""Worlds in which the truth is known: the noise of a trial, and trials of conditions that depend on each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("normal", lambda score: score, 0.0),
        Shape("t3", _heavy_tailed, 0.0),
        Shape("log-normal", lambda score: np.exp(score) - 1, float(np.exp(0.5) - 1)),
        Shape("exponential", _exponential, float(1 - np.log(2))),
        Shape("discrete", _discrete, 0.0, continuous=False),
        Shape("partly infinite", _partly_infinite, np.inf),
    )
}


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
    shape: Shape, generator: np.random.Generator, *, worlds: int, clusters: int, resamples: int
) -> np.ndarray:
    """Means over resampled clusters (worlds, 1, resamples), of noise with expectation 0."""
    means = np.empty((worlds, 1, resamples))
    step = 10  # so many worlds share how often each cluster is drawn, which saves time
    for first in range(0, worlds, step):
        some = min(step, worlds - first)
        data = shape.of_score(generator.standard_normal((some, clusters))) - shape.mean
        times = generator.multinomial(clusters, np.full(clusters, 1 / clusters), size=resamples)
        means[first : first + some, 0] = data @ times.T / clusters
    return means
