"""How the learning rate of least loss of language models grows with the batch, at fixed size and tokens.

Data       losses of 1,911 language models over learning rate and batch in 17 cells of (N, D) (`data`: published); or
           losses planted on the same grids with 0.2% of noise, the best rate growing as the batch to the power .2 or
           .5 (planted-fifth, planted-half). Nothing is trained.
Observed   slope of the logarithm of the best rate against that of the batch, mean over cells: at each batch the vertex
           of a parabola of ln L in ln rate around the best run. Nothing is given.
Trial      resamples cells; planted losses have fresh noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from predictions.data.runs import steplaw
from predictions.large_runs.clusters import draw

NEAR = np.log(4.001)  # of the rate, around the best run: two octaves
FEWEST = 5  # rates at one batch for a parabola
NOISE = 0.002  # of ln L; neighbouring points of a grid differ by about as much
PLANTED = {"planted-fifth": 0.2, "planted-half": 0.5}
LEVEL, CENTRE, CURVATURE = np.log(1e-3), np.log(5e5), 0.01  # planted: ln rate at the ln batch in the middle; of ln L


@dataclass(frozen=True)
class Cell:
    """The runs of one size and number of tokens: ln rate, ln batch (in tokens) and ln L (rows,)."""

    log_rate: np.ndarray
    log_batch: np.ndarray
    log_loss: np.ndarray


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Nothing is given; what is measured is the slope of each drawn cell (trials, 17)."""
    drawn = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        slopes = _published_slopes()
        if setting["data"] in PLANTED:
            slopes = np.array([slope_in_batch(_planted(cell, PLANTED[setting["data"]], rng)) for cell in _published()])
        drawn.append(slopes[draw(rng, len(slopes))])
    return {}, np.array(drawn)


def measure(setting: Mapping, state: np.ndarray) -> dict[str, np.ndarray]:
    """Mean over the drawn cells of the slope (trials,), and that of each (trials, 17)."""
    return {"rate_slope_in_batch": np.nanmean(state, axis=1), "rate_slopes": state}


def slope_in_batch(cell: Cell) -> float:
    """Slope in ln batch of the ln rate of least loss at that batch; NaN if fewer than three batches have one."""
    batches, rates = [], []
    for batch in np.unique(cell.log_batch):
        rows = cell.log_batch == batch
        rate, log_loss = cell.log_rate[rows], cell.log_loss[rows]
        near = np.abs(rate - rate[np.argmin(log_loss)]) < NEAR
        if near.sum() < FEWEST or not rate.min() < rate[np.argmin(log_loss)] < rate.max():
            continue  # the best rate lies at an end of the grid, or too near to it
        quadratic, linear, _ = np.polyfit(rate[near] - rate[near].mean(), log_loss[near], 2)
        if quadratic > 0:
            batches.append(batch)
            rates.append(rate[near].mean() - linear / (2 * quadratic))
    return float(np.polyfit(batches, rates, 1)[0]) if len(batches) > 2 else np.nan


def _planted(cell: Cell, slope: float, rng: np.random.Generator) -> Cell:
    apart = cell.log_rate - LEVEL - slope * (cell.log_batch - CENTRE)
    return replace(cell, log_loss=CURVATURE * apart**2 + NOISE * rng.standard_normal(len(apart)))


@cache
def _published_slopes() -> np.ndarray:
    return np.array([slope_in_batch(cell) for cell in _published()])


@cache
def _published() -> list[Cell]:
    """The 17 cells."""
    groups = steplaw.table().groupby(["parameters", "tokens"])
    return [Cell(*np.log(runs[["rate", "batch", "loss"]].to_numpy().T)) for _, runs in groups]
