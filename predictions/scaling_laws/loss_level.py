"""The mean log loss of the published language-model runs.

Data       the published language-model runs (`data`: published), with the five of highest loss (`outliers`: kept) or
           without (dropped); or losses of a known surface planted at the same sizes and compute (planted-unrounded,
           planted-rounded); nothing is trained.
Observed   mean log loss of the runs.
Trial      a resample of the runs by clusters of compute.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.scaling_laws.language_model_runs import planted_runs, published_runs, resample

# E, A, alpha, B, beta: a surface, and the same surface with E, alpha and beta cut to two decimals
PLANTED_SURFACES = {
    "planted-unrounded": np.array([np.exp(0.5267228), np.exp(6.0073404), 0.33917084, np.exp(6.0179186), 0.2849083]),
    "planted-rounded": np.array([1.69, 406.4, 0.34, 410.7, 0.28]),
}


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], list]:
    """Given: size, tokens and number of draws of each run, all (trials, rows)."""
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        runs = published_runs(outliers=setting["outliers"])
        if setting["data"] in PLANTED_SURFACES:
            runs = planted_runs(runs, PLANTED_SURFACES[setting["data"]], rng)
        trials.append((runs, resample(runs, rng)))
    given = {
        "size": np.array([runs.size for runs, _ in trials]),
        "tokens": np.array([runs.tokens for runs, _ in trials]),
        "draws": np.array([draws for _, draws in trials]),
    }
    return given, trials


def measure(setting: Mapping, state: list) -> dict[str, np.ndarray]:
    """Mean over the drawn runs of ln L, L in nats a token: (trials,)."""
    return {"mean_log_loss": np.array([np.average(np.log(runs.loss), weights=draws) for runs, draws in state])}
