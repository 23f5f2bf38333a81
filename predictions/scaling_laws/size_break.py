"""Whether the size term of the loss bends at 10^9 parameters.

Data       the published runs (`data`: published), or planted bends (smooth, break-10 ... break-75) with the published
           runs' sizes, compute and unbent surface; their residuals are drawn anew from that surface's own; nothing is
           trained.
Observed   the exponent of the size term above 10^9 parameters over that below: all six parameters of the bent surface
           are fitted anew; up to 10^9 parameters it is L = E + A N^-alpha + B D^-beta; above, the size term goes on as
           N^-(slope_ratio alpha).
Trial      a resample of the runs by clusters of compute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from predictions.scaling_laws.language_model_runs import Runs, published_runs, resample
from predictions.scaling_laws.parametric_fit import BREAK_STARTS, fit_surface, log_loss

PLANTED_RATIOS = {"smooth": 1.0, "break-10": 0.9, "break-25": 0.75, "break-50": 0.5, "break-75": 0.25}


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], tuple]:
    """Nothing is given: the resamples are drawn here, and fitted by `measure`."""
    published = published_runs()
    unbent = fit_surface(published.size, published.tokens, published.loss)
    if setting["data"] in PLANTED_RATIOS:
        start = np.append(unbent, PLANTED_RATIOS[setting["data"]])
    else:
        start = fit_surface(published.size, published.tokens, published.loss, bent=True)
    # the objective of a resample can have two minima, a bend and a smaller floor: every fit tries five slope ratios
    starts = np.repeat(start[None], 1 + len(BREAK_STARTS), axis=0)
    starts[1:, 5] = BREAK_STARTS
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        runs = published
        if setting["data"] in PLANTED_RATIOS:
            runs = _with_break(published, unbent, start, rng)
        trials.append((runs, resample(runs, rng)))
    return {}, (trials, starts)


def measure(setting: Mapping, state: tuple) -> dict[str, np.ndarray]:
    """Exponent of the size term above 10^9 parameters over that below, and alpha below: (trials,)."""
    trials, starts = state
    fits = [fit_surface(runs.size, runs.tokens, runs.loss, draws=draws, start=starts) for runs, draws in trials]
    return {
        "slope_ratio": np.array([fit[5] for fit in fits]),
        "size_exponent_below": np.array([fit[2] for fit in fits]),
    }


def _with_break(runs: Runs, unbent: np.ndarray, bent: np.ndarray, rng: np.random.Generator) -> Runs:
    residuals = np.log(runs.loss) - log_loss(unbent, runs.size, runs.tokens)
    drawn = rng.choice(residuals, size=len(residuals))
    return replace(runs, loss=np.exp(log_loss(bent, runs.size, runs.tokens) + drawn))
