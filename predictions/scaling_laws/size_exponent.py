"""The exponent alpha with which the loss of language models falls in their size.

Data       the published runs (`data`: published), or planted ones whose exponents are known (planted-steep,
           planted-shallow, planted-equal, planted-slow-data); nothing is trained.
Observed   the exponent alpha with which the loss falls in size: all five constants of L = E + A N^-alpha + B D^-beta
           are fitted anew.
Trial      resamples runs by clusters of compute.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.scaling_laws.language_model_runs import drawn_runs, resample, starting_surface
from predictions.scaling_laws.parametric_fit import fit_surface


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], tuple]:
    """Nothing is given: the resamples are drawn here, and fitted by `measure`."""
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        runs = drawn_runs(setting["data"], rng)
        trials.append((runs, resample(runs, rng)))
    return {}, (trials, starting_surface(setting["data"]))


def measure(setting: Mapping, state: tuple) -> dict[str, np.ndarray]:
    """alpha of each resample: (trials,)."""
    trials, start = state
    fits = [fit_surface(runs.size, runs.tokens, runs.loss, draws=draws, start=start) for runs, draws in trials]
    return {"size_exponent": np.array([fit[2] for fit in fits])}
