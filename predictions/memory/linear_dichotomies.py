"""Dividing rows with labels by a hyperplane through the origin, with the largest margin.

Model      the weights w of length 1 for which the least of y w . x over all rows, the margin, is largest.
Data       `patterns_per_weight` times `dimension` rows: `rows` are gaussian, N(0, 1) in each coordinate; or images of
           digits, mnist1d or cifar10, drawn without replacement, in their first `dimension` principal components, each
           of variance one. `labels` are random, +-1 with even odds, or classes, one half of them against the other.
Observed   share of the draws that a hyperplane divides without an error, and the mean margin over draws.
Trial      `draws` draws of rows and labels.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy.optimize import nnls

from predictions.gaussian_universality.populations import images, whitened

TOUCHING = 1e-7  # a margin below this is rounding: two sets of labels whose convex hulls meet


def prepare(setting, seeds):
    """Given: `lengths`, those of the rows that may be drawn over the root of the dimension, (trials, quantiles)."""
    generators = [np.random.default_rng(int(seed)) for seed in seeds]
    if setting["rows"] == "gaussian":
        lengths = np.ones(1)
    else:
        squares = np.mean(_population(setting["rows"], setting["dimension"])[0] ** 2, axis=1)
        lengths = np.sqrt(np.quantile(squares, (np.arange(200) + 0.5) / 200))
    return {"lengths": np.tile(lengths, (len(seeds), 1))}, generators


def measure(setting, state):
    """Share of draws that are divided, and mean margin: (trials,)."""
    margins = np.array(
        [[margin(*_draw(setting, child)) for child in generator.spawn(setting["draws"])] for generator in state]
    )
    return {"separable": np.mean(margins > 0, axis=1), "margin": np.mean(margins, axis=1)}


def margin(rows: np.ndarray, labels: np.ndarray) -> float:
    """The largest margin: the distance from the origin to the convex hull of all y x; 0 if the origin is inside.

    The point a >= 0 of least |A a|^2 + (1 - sum a)^2, A of columns y x, is the nearest point of the hull times a
    factor: with a = t b, sum b = 1, the least value over t is |A b|^2 / (1 + |A b|^2). Non-negative least squares.
    """
    columns = (rows * labels[:, None]).T
    augmented = np.vstack([columns, np.ones(len(rows))])
    weights, _ = nnls(augmented, np.append(np.zeros(len(columns)), 1.0), maxiter=100 * len(rows))
    distance = np.linalg.norm(columns @ weights) / np.sum(weights)
    return distance if distance > TOUCHING else 0.0


def _draw(setting, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    number = round(setting["patterns_per_weight"] * setting["dimension"])
    if setting["rows"] == "gaussian":
        return generator.standard_normal((number, setting["dimension"])), generator.choice([-1.0, 1.0], size=number)
    rows, classes = _population(setting["rows"], setting["dimension"])
    chosen = generator.choice(len(rows), number, replace=False)
    labels = np.sign(classes[chosen]) if setting["labels"] == "classes" else generator.choice([-1.0, 1.0], size=number)
    return rows[chosen], labels


@cache
def _population(name: str, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """Whitened images (images, dimension) and their labels (images,)."""
    pixels, labels = images(name)
    rows = whitened(pixels)[0]
    if dimension > rows.shape[1]:
        raise ValueError(f"{name} has {rows.shape[1]} principal components, not {dimension}")
    return rows[:, :dimension], labels
