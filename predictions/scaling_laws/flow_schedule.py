"""What a condition fixes for gradient flow on projected features: spectrum, model sizes, times, compute budgets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def spectrum(setting: Mapping) -> tuple[np.ndarray, np.ndarray]:
    """Variances lambda_k = k^-b and energies lambda_k w_k^2 = k^-a of sum 1: (modes,) each."""
    modes = np.arange(1.0, setting["modes"] + 1)
    energies = modes ** -setting["energy_exponent"]
    return modes ** -setting["eigenvalue_exponent"], energies / energies.sum()


def model_sizes(setting: Mapping) -> list[int]:
    """Numbers of parameters N, from `smallest` to `largest` in steps of about 2^(1/2)."""
    steps = round(2 * np.log2(setting["largest"] / setting["smallest"]))
    return [int(size) for size in np.round(setting["smallest"] * np.sqrt(2.0) ** np.arange(steps + 1))]


def flow_times(setting: Mapping) -> np.ndarray:
    """Times at which the largest model's loss is read: from when the 4th mode is learned until the N/8-th: (8,)."""
    return np.geomspace(4, setting["largest"] / 8, 8) ** setting["eigenvalue_exponent"]


def budgets(setting: Mapping) -> np.ndarray:
    """Compute C = N t of models that learn all their modes, from half the smallest to an eighth of the largest: (7,).

    The best sizes are then about four times as large. `largest` is more than four times `smallest`.
    """
    sizes = np.geomspace(setting["smallest"] / 2, setting["largest"] / 8, 7)
    return sizes ** (1 + setting["eigenvalue_exponent"])


def best_sizes(sizes, losses: np.ndarray) -> np.ndarray:
    """Size of least loss (budgets,) for losses (budgets, sizes).

    The vertex of the parabola of ln L in ln N through the least loss and its neighbours, or the end if it lies there.
    """
    log_sizes, log_losses = np.log(sizes), np.log(losses)
    best = []
    for row in log_losses:
        middle = int(np.clip(np.argmin(row), 1, len(row) - 2))
        near = slice(middle - 1, middle + 2)
        quadratic, linear, _ = np.polyfit(log_sizes[near] - log_sizes[middle], row[near], 2)
        inside = middle == np.argmin(row) and quadratic > 0
        best.append(log_sizes[middle] - linear / (2 * quadratic) if inside else log_sizes[np.argmin(row)])
    return np.exp(best)
