"""What label noise costs a kernel machine that fits it, on spheres of few dimensions.

Model      the Laplace kernel exp(-r / `length_scale`) of the distance r between two unit vectors; `ridge_per_row` times
           the number of rows is added to the kernel matrix, 0 being interpolation.
Data       `samples` `rows` on the sphere of `dimension` dimensions, the circle being the first: uniform, or in pairs,
           the second of which is the first moved by about `APART` in every direction. Labels are noise of variance one.
Observed   mean square of the fit on `test_samples` fresh rows, uniform: what a unit of noise adds to the test risk, its
           own share left out; the average over the noise is exact.
Trial      rows and test rows; the mean over `draws` of them.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import cho_factor, cho_solve

APART = 0.1


def prepare(setting, seeds):
    """Nothing is given: theories need the condition only."""
    return {}, [np.random.default_rng(int(seed)) for seed in seeds]


def measure(setting, state):
    """Mean square of a fit to unit noise on fresh rows, mean over draws: (trials,)."""
    return {
        "fitted_noise": np.array(
            [np.mean([_one_draw(setting, child) for child in rng.spawn(setting["draws"])]) for rng in state]
        )
    }


def _one_draw(setting, generator: np.random.Generator) -> float:
    """E_x |K^-1 k(x)|^2."""
    test_rows = _sphere(generator, setting["test_samples"], setting["dimension"])
    rows = _sphere(generator, setting["samples"], setting["dimension"])
    if setting["rows"] == "pairs":
        half = len(rows) // 2
        moved = rows[:half] + APART * generator.standard_normal(rows[:half].shape)
        rows = np.concatenate([rows[:half], moved / np.linalg.norm(moved, axis=1, keepdims=True)])
    matrix = _kernel(setting, rows, rows) + setting["ridge_per_row"] * len(rows) * np.eye(len(rows))
    weights = cho_solve(cho_factor(matrix), _kernel(setting, rows, test_rows))
    return np.mean(np.sum(weights**2, axis=0))


def _sphere(generator: np.random.Generator, number: int, dimension: int) -> np.ndarray:
    rows = generator.standard_normal((number, dimension + 1))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _kernel(setting, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    distances = np.sqrt(np.maximum(2 - 2 * first @ second.T, 0))
    return np.exp(-distances / setting["length_scale"])
