"""Runs whose exponents are to be measured: the published ones, and planted ones whose exponents are known."""

from __future__ import annotations

import numpy as np

from predictions.scaling_laws.language_model_runs import BUDGETS, Runs, designed_runs, planted_runs, published_runs
from predictions.scaling_laws.parametric_fit import fit_surface
from predictions.scaling_laws.planted_isoflop import planted_surface

CURVES = 40
# alpha and beta of L = E + A N^-alpha + B D^-beta
EXPONENTS = {
    "planted-steep": (0.396, 0.367),
    "planted-shallow": (0.3, 0.367),
    "planted-equal": (0.35, 0.35),
    "planted-slow-data": (0.35, 0.259),
}


def drawn_runs(data: str, rng: np.random.Generator) -> Runs:
    """The 240 published runs, or 800 on forty IsoFLOP curves with losses of a known surface and 0.48% of noise."""
    if data == "published":
        return published_runs()
    design = designed_runs(np.geomspace(BUDGETS[0], BUDGETS[-1], CURVES))
    return planted_runs(design, planted_surface(*EXPONENTS[data]), rng)


def starting_surface(data: str) -> np.ndarray:
    """Parameters (5,) at which the fit of a resample starts: the fit to all published runs, or what was planted."""
    if data == "published":
        runs = published_runs()
        return fit_surface(runs.size, runs.tokens, runs.loss)
    return planted_surface(*EXPONENTS[data])
