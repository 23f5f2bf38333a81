"""Kernel interpolation on the sphere, with numbers of samples between the powers of the dimension.

Model      a kernel of the cosine t between two rows, without a ridge: `kernel` is exponential, e^t, or relu, that of
           ReLU neurons, (sqrt(1 - t^2) + (pi - arccos t) t) / pi.
Data       `dimension`^`samples_power` `rows`, uniform on the sphere in so many dimensions, or tilted: one half of the
           coordinates is `TILT` times as large before rows are brought to length 1. Labels without noise: a linear and
           a purely quadratic function, each half of the mean square 1 on the sphere.
Observed   mean squared distance from the target on `test_samples` fresh rows.
Trial      target, rows and test rows; the mean over `draws` of them.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from predictions.gaussian_universality.setting import KERNELS, sample_count

TILT = 1.5


def prepare(setting, seeds):
    """Nothing is given: theories need the condition only."""
    return {}, [np.random.default_rng(int(seed)) for seed in seeds]


def measure(setting, state):
    """Mean squared distance from the target on fresh rows, mean over draws: (trials,)."""
    return {
        "excess_risk": np.array(
            [np.mean([_one_draw(setting, child) for child in rng.spawn(setting["draws"])]) for rng in state]
        )
    }


def target(rows: np.ndarray, direction: np.ndarray, form: np.ndarray) -> np.ndarray:
    """A linear and a traceless quadratic function of unit rows, each of mean square 1/2 on the sphere: (rows,).

    E (b . x)^2 = |b|^2 / d and E (x' A x)^2 = 2 |A|^2 / (d (d + 2)) for symmetric A of trace 0.
    """
    dimension = len(direction)
    form = form + form.T
    form = form - np.eye(dimension) * np.trace(form) / dimension
    linear = rows @ direction / np.linalg.norm(direction) * np.sqrt(dimension)
    quadratic = np.einsum("ni,ij,nj->n", rows, form, rows, optimize=True) / np.linalg.norm(form)
    return np.sqrt(0.5) * (linear + quadratic * np.sqrt(dimension * (dimension + 2) / 2))


def _one_draw(setting, generator: np.random.Generator) -> float:
    dimension = setting["dimension"]
    direction, form = generator.standard_normal(dimension), generator.standard_normal((dimension, dimension))
    scale = np.ones(dimension)
    scale[: dimension // 2] = TILT if setting["rows"] == "tilted" else 1
    rows, test_rows = (_unit(generator, n, scale) for n in (sample_count(setting), setting["test_samples"]))
    kernel = KERNELS[setting["kernel"]]
    weights = cho_solve(cho_factor(kernel(_cosines(rows, rows))), target(rows, direction, form))
    fitted = kernel(_cosines(test_rows, rows)) @ weights
    return np.mean((fitted - target(test_rows, direction, form)) ** 2)


def _unit(generator: np.random.Generator, number: int, scale: np.ndarray) -> np.ndarray:
    rows = generator.standard_normal((number, len(scale))) * scale
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.clip(first @ second.T, -1, 1)
