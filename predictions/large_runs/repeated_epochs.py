"""Losses of language models that see the same tokens again and again, beside fits to those that do so rarely.

Data       final losses on held-out text of the 182 runs that the authors fit, 7M to 8.7B parameters, up to 9,000
           epochs; or losses planted at the same sizes, tokens and epochs with 1% of noise (`data`): planted-decay, by
           the published law, or planted-worthless, where a repeated token teaches nothing. Nothing is trained. Fitted:
           runs of at most `fitted_epochs` epochs; ahead: runs of more.
Observed   mean log loss of the runs ahead; and over pairs of runs of one size and one number of tokens the excess in
           log loss of two to four epochs over one. Given beside them: how fast repeats decay in the runs below the
           split, and sizes, tokens and unique tokens of the runs ahead and of the pairs.
Trial      resamples sizes on both sides of the split, and pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import least_squares

from predictions.data.runs import repetition
from predictions.large_runs.clusters import draw, draw_rows
from predictions.large_runs.repetition_law import PUBLISHED, repeated_loss

FEW = (1.5, 4.1)  # epochs of a pair's repeated run: "up to four", and no name is exact
NOISE = 0.01  # of ln L


@dataclass(frozen=True)
class Repeats:
    """Runs: parameters, tokens, unique tokens and ln L (rows,), L in nats a token."""

    size: np.ndarray
    tokens: np.ndarray
    unique: np.ndarray
    log_loss: np.ndarray

    @property
    def inputs(self) -> np.ndarray:
        """Parameters, tokens and unique tokens: (3, rows)."""
        return np.stack([self.size, self.tokens, self.unique])


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], list]:
    """Given: `ahead` (trials, 3, rows) with `counts` (trials, rows), `pairs` (trials, 3, pairs), and two fits.

    `decays` (trials, 2): R*_D and R*_N, the published constants of runs without repeats beside them.
    `nearest` (trials,): mean log loss of the runs nearest to those ahead.
    """
    runs = _published()
    epochs = runs.tokens / runs.unique
    ahead = epochs > setting["fitted_epochs"]
    once, again = _pairs(runs)
    given: dict[str, list] = {name: [] for name in ("ahead", "counts", "pairs", "decays", "nearest")}
    state = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        log_loss = _log_loss(setting["data"], runs, rng)
        counts = draw_rows(rng, runs.size, strata=ahead)
        drawn = draw(rng, len(once))
        given["ahead"].append(runs.inputs[:, ahead])
        given["counts"].append(counts[ahead])
        given["pairs"].append(runs.inputs[:, again[drawn]])
        given["decays"].append(fit_decays(runs.inputs[:, ~ahead], log_loss[~ahead], counts[~ahead]))
        given["nearest"].append(_nearest(runs, log_loss, ahead, counts))
        excess = (log_loss[again] - log_loss[once])[drawn].mean()
        state.append((np.average(log_loss[ahead], weights=counts[ahead]), excess))
    return {name: np.array(values) for name, values in given.items()}, state


def measure(setting: Mapping, state: list) -> dict[str, np.ndarray]:
    """Mean ln L of the drawn runs ahead, and mean excess of ln L of few epochs over one: (trials,) both."""
    found = np.array(state)
    return {"mean_log_loss_ahead": found[:, 0], "excess_of_few_epochs": found[:, 1]}


def fit_decays(inputs: np.ndarray, log_loss: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """R*_D and R*_N (2,) of least squares of ln L, the other constants as published."""
    drawn = counts > 0
    rows, root = inputs[:, drawn], np.sqrt(counts[drawn])

    def residuals(logs: np.ndarray) -> np.ndarray:
        constants = np.append(PUBLISHED[:4], np.exp(logs))
        return root * (np.log(repeated_loss(constants, *rows)) - log_loss[drawn])

    # beyond 10^3 repeats nothing decays, below one everything does
    return np.exp(least_squares(residuals, np.log(PUBLISHED[4:]), bounds=(0, np.log(1e3))).x)


def _log_loss(data: str, runs: Repeats, rng: np.random.Generator) -> np.ndarray:
    if data == "published":
        return runs.log_loss
    tokens = runs.unique if data == "planted-worthless" else runs.tokens
    exact = np.log(repeated_loss(PUBLISHED, runs.size, tokens, runs.unique))
    return exact + NOISE * rng.standard_normal(len(exact))


def _pairs(runs: Repeats) -> tuple[np.ndarray, np.ndarray]:
    """Rows with one epoch, and those with the most epochs up to four of the same size and tokens: (pairs,) both."""
    epochs = runs.tokens / runs.unique
    once, again = [], []
    for row in np.flatnonzero(epochs == 1):
        same = (runs.size == runs.size[row]) & (runs.tokens == runs.tokens[row])
        few = np.flatnonzero(same & (epochs > FEW[0]) & (epochs < FEW[1]))
        if len(few):
            once.append(row)
            again.append(few[np.argmax(epochs[few])])
    return np.array(once), np.array(again)


def _nearest(runs: Repeats, log_loss: np.ndarray, ahead: np.ndarray, counts: np.ndarray) -> float:
    """Mean log loss of the nearest drawn run below the split by size, tokens and unique tokens."""
    below = np.flatnonzero(~ahead & (counts > 0))
    logs = np.log(runs.inputs)
    apart = np.linalg.norm(logs[:, ahead][:, :, None] - logs[:, below][:, None, :], axis=0)
    return float(np.average(log_loss[below[apart.argmin(axis=1)]], weights=counts[ahead]))


@cache
def _published() -> Repeats:
    runs = repetition.table().query("fitted")
    size, tokens, unique, loss = runs[["parameters", "tokens", "unique_tokens", "loss"]].to_numpy().T
    return Repeats(size, tokens, unique, np.log(loss))
