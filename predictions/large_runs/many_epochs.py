"""Losses of language models that see the same tokens again and again, beside fits to those that do so rarely.

Data       final losses on held-out text of the 182 runs that the authors fit, 7M to 8.7B parameters, up to 9,000
           epochs; or losses planted at the same sizes, tokens and epochs with 1% of noise (`data`): planted-decay, by
           the published law, or planted-worthless, where a repeated token teaches nothing. Nothing is trained. Fitted:
           runs of at most `fitted_epochs` epochs; ahead: runs of more.
Observed   mean log loss of the runs ahead. Given beside it: how fast repeats decay in the runs below the split, and
           sizes, tokens and unique tokens of the runs ahead.
Trial      resamples sizes on both sides of the split.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.optimize import least_squares

from predictions.data.runs import repetition
from predictions.large_runs.clusters import draw_rows
from predictions.large_runs.drawings import Drawings, equality, places
from predictions.large_runs.repetition_law import PUBLISHED, repeated_loss

NOISE = 0.01  # of ln L


def prepare(
    setting: Mapping, seeds: np.ndarray
) -> tuple[dict[str, np.ndarray], tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Given: `ahead` (trials, 3, rows) with `counts` (trials, rows), and two fits.

    `decays` (trials, 2): R*_D and R*_N, the published constants of runs without repeats beside them.
    `nearest` (trials,): mean log loss of the runs nearest to those ahead.
    """
    inputs, published = _published()
    size, tokens, unique = inputs
    ahead = tokens / unique > setting["fitted_epochs"]
    given: dict[str, list] = {name: [] for name in ("ahead", "counts", "decays", "nearest")}
    state, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        log_loss = published if setting["data"] == "published" else _planted(setting["data"], inputs, rng)
        counts = draw_rows(rng, size, strata=ahead)
        given["ahead"].append(inputs[:, ahead])
        given["counts"].append(counts[ahead])
        given["decays"].append(fit_decays(inputs[:, ~ahead], log_loss[~ahead], counts[~ahead]))
        given["nearest"].append(_nearest(inputs, log_loss, ahead, counts))
        state.append(np.average(log_loss[ahead], weights=counts[ahead]))
        forecasts = repeated_loss(np.append(PUBLISHED[:4], given["decays"][-1]), *inputs)
        both = places(forecasts, np.exp(log_loss))
        drawings.add(both[:, ~ahead][:, ::2], both[:, ahead], equality(forecasts))
    return {name: np.array(values) for name, values in given.items()}, (np.array(state), drawings.arrays())


def measure(setting: Mapping, state: tuple[np.ndarray, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Mean ln L of the drawn runs ahead, L in nats a token: (trials,); the drawing has every other run below."""
    losses, drawings = state
    return {"mean_log_loss_ahead": losses, **drawings}


def fit_decays(inputs: np.ndarray, log_loss: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """R*_D and R*_N (2,) of least squares of ln L, the other constants as published."""
    drawn = counts > 0
    rows, root = inputs[:, drawn], np.sqrt(counts[drawn])

    def residuals(logs: np.ndarray) -> np.ndarray:
        constants = np.append(PUBLISHED[:4], np.exp(logs))
        return root * (np.log(repeated_loss(constants, *rows)) - log_loss[drawn])

    # beyond 10^3 repeats nothing decays, below one everything does
    return np.exp(least_squares(residuals, np.log(PUBLISHED[4:]), bounds=(0, np.log(1e3))).x)


def _planted(data: str, inputs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size, tokens, unique = inputs
    exact = np.log(repeated_loss(PUBLISHED, size, unique if data == "planted-worthless" else tokens, unique))
    return exact + NOISE * rng.standard_normal(len(exact))


def _nearest(inputs: np.ndarray, log_loss: np.ndarray, ahead: np.ndarray, counts: np.ndarray) -> float:
    """Mean log loss of the nearest drawn run below the split by size, tokens and unique tokens."""
    below = np.flatnonzero(~ahead & (counts > 0))
    logs = np.log(inputs)
    apart = np.linalg.norm(logs[:, ahead][:, :, None] - logs[:, below][:, None, :], axis=0)
    return float(np.average(log_loss[below[apart.argmin(axis=1)]], weights=counts[ahead]))


@cache
def _published() -> tuple[np.ndarray, np.ndarray]:
    """Parameters, tokens and unique tokens (3, rows) of the runs that the authors fit, and their ln L (rows,)."""
    runs = repetition.table().query("fitted")
    return runs[["parameters", "tokens", "unique_tokens"]].to_numpy(float).T, np.log(runs["loss"].to_numpy())
