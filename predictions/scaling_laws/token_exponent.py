"""The exponent beta with which the loss of language models falls in training tokens, beside alpha.

Data       the published runs (`data`: published), or planted ones whose exponents are known (planted-steep,
           planted-shallow, planted-equal, planted-slow-data); nothing is trained.
Observed   the exponent beta with which the loss falls in tokens: all five constants of L = E + A N^-alpha + B D^-beta
           are fitted anew. alpha is given, beta measured, both from the same fit, so that their correlation is kept.
Trial      resamples runs by clusters of compute.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.scaling_laws.language_model_runs import drawn_runs, resample, starting_surface
from predictions.scaling_laws.parametric_fit import fit_surface


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Given: `size_exponent` alpha (trials,)."""
    start = starting_surface(setting["data"])
    fits = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        runs = drawn_runs(setting["data"], rng)
        fits.append(fit_surface(runs.size, runs.tokens, runs.loss, draws=resample(runs, rng), start=start))
    fits = np.array(fits)
    return {"size_exponent": fits[:, 2]}, fits[:, 4]


def measure(setting: Mapping, state: np.ndarray) -> dict[str, np.ndarray]:
    """beta of each resample: (trials,)."""
    return {"token_exponent": state}
