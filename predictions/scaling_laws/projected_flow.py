"""Gradient flow of a linear model on random projections of features with a power-law spectrum.

Model      f = v . (A psi) / sqrt(N), A with N rows of M independent normal entries, of variance k^-`tilt`, fixed; v
           starts at 0. N from `smallest` to `largest`.
Data       features psi with variances lambda_k = k^-b, k = 1 ... M = `modes`; target y = sum_k w_k psi_k with lambda_k
           w_k^2 ~ k^-a and random signs; b = `eigenvalue_exponent`, a = `energy_exponent`.
Loss       L = E (f - y)^2, as with unlimited data.
Training   gradient flow dv/dt = -grad L / 2, solved in eigenvectors; compute is C = N t.
Observed   exponents of the loss in time, size and compute, and that of the best size in compute.
Trial      losses averaged over `draws` projections; a smaller model uses a projection's first rows.

Bordelon et al. 2024 (arXiv 2402.01092), without label noise and with unlimited data.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.instruments.fits import log_slope
from predictions.scaling_laws.flow_schedule import best_sizes, budgets, flow_times, model_sizes, spectrum


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], dict]:
    """Nothing is given: theories need the condition only. Projections are drawn where they are used."""
    return {}, {"seeds": seeds}


def measure(setting: Mapping, state: dict) -> dict[str, np.ndarray]:
    """Slopes of ln L in ln t, ln N and ln C, that of the best ln N in ln C, and the share of optima at an end."""
    sizes, compute = model_sizes(setting), budgets(setting)
    trials = []
    for seed in state["seeds"]:
        generators = np.random.default_rng(int(seed)).spawn(setting["draws"])
        timed, final, spent = (np.mean(kind, axis=0) for kind in zip(*(_losses(setting, it) for it in generators)))
        best = np.argmin(spent, axis=1)
        trials.append(
            {
                "time_slope": log_slope(flow_times(setting), timed),
                "size_slope": log_slope(sizes, final),
                "compute_slope": log_slope(compute, spent.min(axis=1)),
                "best_size_slope": log_slope(compute, best_sizes(sizes, spent)),
                "optima_at_an_end": np.mean((best == 0) | (best == len(sizes) - 1)),
            }
        )
    return {name: np.array([trial[name] for trial in trials]) for name in trials[0]}


def _losses(setting: Mapping, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of one projection: largest model's over the times, every model's in the end, and (budgets, sizes) at C = N t."""
    variances, energies = spectrum(setting)
    sizes, compute = model_sizes(setting), budgets(setting)
    target = np.sqrt(energies) * rng.choice([-1.0, 1.0], size=len(energies))
    tilt = np.arange(1.0, len(energies) + 1) ** -setting["tilt"]
    features = rng.standard_normal((max(sizes), len(energies))) * np.sqrt(tilt * variances)
    models = [_solved(features[:size] / np.sqrt(size), target) for size in sizes]
    timed = models[-1](flow_times(setting))
    final = np.array([model(np.array([np.inf]))[0] for model in models])
    spent = np.array([model(compute / size) for size, model in zip(sizes, models, strict=True)]).T
    return timed, final, spent


def _solved(features: np.ndarray, target: np.ndarray):
    """Loss (times,) of the flow from 0: |target|^2 - sum_i c_i^2 (1 - exp(-2 s_i t)), s_i eigenvalues of the kernel."""
    rates, vectors = np.linalg.eigh(features @ features.T)
    learnable = (vectors.T @ (features @ target)) ** 2 / rates
    return lambda times: target @ target + np.expm1(-2 * times[:, None] * rates) @ learnable
