"""Random rows, targets and label noise; the ridge fit; and its errors, exact over test rows.

Errors are averages over `draws` independent draws of everything random, so that a trial estimates an expectation.
In each draw several targets with random signs and several vectors of label noise share the rows: the fit is linear, so
that the average over noise of either sign is the sum of what target and noise contribute.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from predictions.feature_regression.setting import target_energies

LABELS = 4  # targets, and as many noise vectors, on the same rows: more would hardly reduce the spread of a draw


class Draw(NamedTuple):
    """One training set with several labellings."""

    rows: np.ndarray
    """Modes phi of each row: (samples, modes)."""
    targets: np.ndarray
    """Coefficients v of each target: (modes, LABELS)."""
    labels: np.ndarray
    """Noiseless labels of each target, then vectors of unit noise: (samples, 2 LABELS)."""


def draw_data(setting, samples: int, generator: np.random.Generator) -> Draw:
    """Rows ~ N(0, 1) in each mode, targets of the condition's energies with random signs, unit noise."""
    of_rows, of_targets, of_noise = generator.spawn(3)
    rows = of_rows.standard_normal((samples, setting["modes"]))
    signs = of_targets.choice([-1.0, 1.0], size=(setting["modes"], LABELS))
    targets = np.sqrt(target_energies(setting))[:, None] * signs
    noise = of_noise.standard_normal((samples, LABELS))
    return Draw(rows, targets, np.concatenate([rows @ targets, noise], axis=1))


def ridge_coefficients(design: np.ndarray, labels: np.ndarray, ridge: float) -> np.ndarray:
    """Minimiser of |design w - label|^2 + ridge |w|^2, that of least norm if ridge is 0: (columns, labels).

    Solved on the smaller side of the design, which is taken to have full rank.
    """
    samples, columns = design.shape
    if samples <= columns:
        return design.T @ np.linalg.solve(design @ design.T + ridge * np.eye(samples), labels)
    return np.linalg.solve(design.T @ design + ridge * np.eye(columns), design.T @ labels)


def errors(draw: Draw, learned, fitted, *, noise_variance, test_variances) -> dict[str, float]:
    """Errors of fits with coefficients `learned` in the modes, (modes, 2 LABELS), and values `fitted` on the rows.

    Test rows have the variance `test_variances` in each mode, (modes,), and noisy labels like the training rows.
    """
    missed = np.mean(test_variances @ (learned[:, :LABELS] - draw.targets) ** 2)
    noise_gain = 1 + np.mean(test_variances @ learned[:, LABELS:] ** 2)
    residuals = (draw.labels - fitted) ** 2
    return {
        "test_risk": missed + noise_variance * noise_gain,
        "excess_risk": missed + noise_variance * (noise_gain - 1),
        "train_error": np.mean(residuals[:, :LABELS]) + noise_variance * np.mean(residuals[:, LABELS:]),
        "noise_gain": noise_gain,
    }


def averages(one_draw: Callable, setting, seeds: np.ndarray) -> dict[str, np.ndarray]:
    """Each error averaged over `draws` draws: (trials,)."""
    trials = []
    for seed in seeds:
        generators = np.random.default_rng(int(seed)).spawn(setting["draws"])
        trials.append([one_draw(setting, generator) for generator in generators])
    return {name: np.array([np.mean([draw[name] for draw in draws]) for draws in trials]) for name in trials[0][0]}
