"""The exponents of size and of tokens in the losses of thirteen collections of language models.

Data       final losses of 13 collections of language models from 8 laboratories (`data`: published); or losses planted
           at the same sizes and tokens with 0.5% of noise: alpha from .28 to .4, a fresh one for each collection, and
           beta equal to it (planted-equal) or alpha / (1 + alpha) (planted-quanta). Nothing is trained.
Observed   mean over the collections of the token exponent beta of L = E + A N^-alpha + B D^-beta, all five constants
           fitted anew; the exponents of each stand beside it. Given: the size exponents of the same fits.
Trial      resamples clusters of runs within each collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from predictions.large_runs.clusters import draw_rows
from predictions.large_runs.drawings import NOTHING, Drawings, equality, places
from predictions.large_runs.loss_ahead import EXPONENTS, NOISE, planted_surface
from predictions.large_runs.sources import COLLECTIONS, collection
from predictions.scaling_laws.parametric_fit import fit_surface, log_loss

RANGE = (0.1, 0.8)  # of a drawing's line


def prepare(
    setting: Mapping, seeds: np.ndarray
) -> tuple[dict[str, np.ndarray], tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Given: `size_exponents` (trials, 13), alpha of each collection."""
    trials, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        trials.append([_fit(name, setting["data"], rng)[[2, 4]] for name in COLLECTIONS])
        alpha, beta = np.transpose(trials[-1])
        drawings.add(NOTHING, places(alpha, beta, np.arange(len(alpha))), equality(np.array(RANGE)))
    exponents = np.array(trials)
    return {"size_exponents": exponents[..., 0]}, (exponents, drawings.arrays())


def measure(setting: Mapping, state: tuple[np.ndarray, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Mean beta (trials,), and beta of each collection (trials, 13); the drawing's line is where beta = alpha."""
    exponents, drawings = state
    return {"token_exponent": exponents[..., 1].mean(axis=1), "token_exponents": exponents[..., 1], **drawings}


def _fit(name: str, data: str, rng: np.random.Generator) -> np.ndarray:
    runs = collection(name)
    if data != "published":
        alpha = rng.uniform(*EXPONENTS)
        beta = alpha / (1 + alpha) if data == "planted-quanta" else alpha
        exact = log_loss(planted_surface(runs, alpha, beta), runs.size, runs.tokens)
        runs = replace(runs, loss=np.exp(exact + NOISE * rng.standard_normal(len(exact))))
    counts = draw_rows(rng, runs.cluster)
    return fit_surface(runs.size, runs.tokens, runs.loss, draws=counts, start=_start(name, data))


@cache
def _start(name: str, data: str) -> np.ndarray:
    runs = collection(name)
    if data != "published":
        return planted_surface(runs, *(2 * [float(np.mean(EXPONENTS))]))
    return fit_surface(runs.size, runs.tokens, runs.loss)
