"""How the size of least loss grows with compute on IsoFLOP curves whose law is known.

Data       forty IsoFLOP curves over the published range of compute, twenty sizes each, with losses of a known surface
           and fresh noise; `data` names its exponents (balanced, unequal, steep), or permutes the sizes (shuffled).
Observed   sizes of least loss on the curves and the slope of their logarithm, as in `isoflop_minima`.
Trial      fresh noise and a resample of the curves, so that trials scatter by more than resamples of a single data set.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.scaling_laws.isoflop_minima import Trial, describe_curves, least_losses
from predictions.scaling_laws.language_model_runs import (
    BUDGETS,
    Runs,
    designed_runs,
    planted_runs,
    planted_surface,
    resample,
    shuffled_runs,
)
from predictions.scaling_laws.parametric_fit import fit_surface

CURVES = 40
# exponents alpha, beta: the size of least loss grows as C^(beta / (alpha + beta))
EXPONENTS = {"balanced": (0.35, 0.35), "unequal": (0.25, 0.45), "steep": (0.2, 0.54), "shuffled": (0.35, 0.35)}


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], list[Trial]]:
    """Given: draws, compute and held-out fit of each curve, as `describe_curves` says."""
    data = setting["data"]
    surface = planted_surface(*EXPONENTS[data])
    start = surface
    if data == "shuffled":  # far from the surface: start at the fit to one permutation, the same for all trials
        runs = _runs(data, surface, np.random.default_rng(0))
        start = fit_surface(runs.size, runs.tokens, runs.loss)
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        runs = _runs(data, surface, rng)
        trials.append((runs, resample(runs, rng)))
    return describe_curves(trials, start), trials


def measure(setting: Mapping, state: list[Trial]) -> dict[str, np.ndarray]:
    """Sizes of least loss (trials, curves), and the slope of their logarithm (trials,)."""
    return least_losses(state)


def _runs(data: str, surface: np.ndarray, rng: np.random.Generator) -> Runs:
    design = designed_runs(np.geomspace(BUDGETS[0], BUDGETS[-1], CURVES))
    runs = planted_runs(design, surface, rng)
    return shuffled_runs(runs, rng) if data == "shuffled" else runs
