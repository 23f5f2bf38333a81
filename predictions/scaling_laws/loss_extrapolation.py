"""Losses of the runs above 8 10^20 FLOP, beside fits to those below.

Data       the published runs (`data`: published), or losses planted at their sizes and compute: of a known surface
           (planted-surface), or one on which more compute than the split buys nothing (planted-saturated); nothing is
           trained. The split, 8 10^20 FLOP, lies under the IsoFLOP curve of 10^21 FLOP, whose runs come out at 0.86 to
           1.02 10^21.
Observed   mean log loss of the runs above the split; given beside it, fits to those below.
Trial      resamples the runs by clusters of compute, on both sides of the split.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from predictions.scaling_laws.language_model_runs import Runs, planted_runs, published_runs, resample
from predictions.scaling_laws.parametric_fit import fit_surface

SPLIT = 8e20  # FLOP
PLANTED_SURFACE = np.array([1.8, 480.0, 0.35, 2100.0, 0.365])  # E, A, alpha, B, beta


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], list]:
    """Given: size, tokens and draws of the runs above (trials, rows), and two fits to the runs below.

    `surface_below` (trials, 5): E, A, alpha, B, beta; `power_law_below` (trials, 3): k, a, b of k - a ln N - b ln D.
    """
    published = published_runs()
    below = published.compute <= SPLIT
    start = PLANTED_SURFACE
    if setting["data"] == "published":
        lower = published.where(below)
        start = fit_surface(lower.size, lower.tokens, lower.loss)
    given: dict[str, list] = {"size": [], "tokens": [], "draws": [], "surface_below": [], "power_law_below": []}
    state = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        runs = _runs(setting["data"], published, rng)
        draws = resample(runs, rng, split=SPLIT)
        lower, upper = runs.where(below), runs.where(~below)
        surface = fit_surface(lower.size, lower.tokens, lower.loss, draws=draws[below], start=start)
        given["size"].append(upper.size)
        given["tokens"].append(upper.tokens)
        given["draws"].append(draws[~below])
        given["surface_below"].append(surface)
        given["power_law_below"].append(_power_law(lower, draws[below]))
        state.append((upper, draws[~below]))
    return {name: np.array(values) for name, values in given.items()}, state


def measure(setting: Mapping, state: list) -> dict[str, np.ndarray]:
    """Mean over the drawn runs above the split of ln L, L in nats a token: (trials,)."""
    return {"mean_log_loss_above": np.array([np.average(np.log(runs.loss), weights=draws) for runs, draws in state])}


def _runs(data: str, published: Runs, rng: np.random.Generator) -> Runs:
    if data == "published":
        return published
    effective = published
    if data == "planted-saturated":  # more compute than the split buys nothing: as if N and D had stopped there
        shrink = np.sqrt(np.minimum(SPLIT / published.compute, 1))
        effective = replace(published, size=published.size * shrink, compute=published.compute * shrink**2)
    return replace(published, loss=planted_runs(effective, PLANTED_SURFACE, rng).loss)


def _power_law(runs: Runs, draws: np.ndarray) -> np.ndarray:
    """Least-squares k, a, b of ln L = k - a ln N - b ln D, both relative to 10^9: (3,)."""
    design = np.stack([np.ones(len(runs.size)), -np.log(runs.size / 1e9), -np.log(runs.tokens / 1e9)], axis=1)
    root = np.sqrt(draws)
    return np.linalg.lstsq(design * root[:, None], np.log(runs.loss) * root, rcond=None)[0]
