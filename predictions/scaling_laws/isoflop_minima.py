"""Experiment: how the size of least loss grows with compute, read off the published IsoFLOP curves.

No training: a trial is a resample of the nine budgets and of the runs between them. With their sizes permuted, the
same runs serve as a control.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.scaling_laws.isoflop_curves import Trial, describe_curves, least_losses
from predictions.scaling_laws.language_model_runs import published_runs, resample, shuffled_runs
from predictions.scaling_laws.parametric_fit import fit_surface


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], list[Trial]]:
    """Given: draws, compute and held-out fit of each curve, as `describe_curves` says."""
    published = published_runs()
    start = fit_surface(published.size, published.tokens, published.loss)
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        runs = shuffled_runs(published, rng) if setting["data"] == "shuffled" else published
        trials.append((runs, resample(runs, rng)))
    return describe_curves(trials, start), trials


def measure(setting: Mapping, state: list[Trial]) -> dict[str, np.ndarray]:
    """Sizes of least loss (trials, curves), and the slope of their logarithm (trials,)."""
    return least_losses(state)
