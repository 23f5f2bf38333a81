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
from predictions.large_runs.drawings import NOTHING, Drawings, places, power_through

NEAR = np.log(4.001)  # of the rate, around the best run: two octaves
FEWEST = 5  # rates at one batch for a parabola
NOISE = 0.002  # of ln L; neighbouring points of a grid differ by about as much
OCTAVES = (15, 23)  # of a drawing: batches of 2^15 to 2^22 tokens
PLANTED = {"planted-fifth": 0.2, "planted-half": 0.5}
LEVEL, CENTRE, CURVATURE = np.log(1e-3), np.log(5e5), 0.01  # planted: ln rate at the ln batch in the middle; of ln L


@dataclass(frozen=True)
class Cell:
    """The runs of one size and number of tokens: ln rate, ln batch (in tokens) and ln L (rows,)."""

    log_rate: np.ndarray
    log_batch: np.ndarray
    log_loss: np.ndarray


def prepare(
    setting: Mapping, seeds: np.ndarray
) -> tuple[dict[str, np.ndarray], tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Nothing is given; what is measured is the slope of each drawn cell (trials, 17)."""
    drawn, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        best = _published_best()
        if setting["data"] in PLANTED:
            best = [best_rates(_planted(cell, PLANTED[setting["data"]], rng)) for cell in _published()]
        slopes = np.array([slope_of(*it) for it in best])
        drawn.append(slopes[draw(rng, len(slopes))])
        drawings.add(NOTHING, *_drawn(best, float(np.nanmean(drawn[-1]))))
    return {}, (np.array(drawn), drawings.arrays())


def measure(setting: Mapping, state: tuple[np.ndarray, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Mean over the drawn cells of the slope (trials,), and that of each (trials, 17).

    The drawing has the geometric mean over cells of the best rate at each batch, in units of each cell's own.
    """
    slopes, drawings = state
    return {"rate_slope_in_batch": np.nanmean(slopes, axis=1), "rate_slopes": slopes, **drawings}


def slope_of(log_batch: np.ndarray, log_rate: np.ndarray) -> float:
    """Slope of best rates in the batch; NaN if fewer than three batches have one."""
    return float(np.polyfit(log_batch, log_rate, 1)[0]) if len(log_batch) > 2 else np.nan


def best_rates(cell: Cell) -> tuple[np.ndarray, np.ndarray]:
    """ln batches, and the ln rate of least loss at each of them that has one."""
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
    return np.array(batches), np.array(rates)


def _drawn(best: list[tuple[np.ndarray, np.ndarray]], slope: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean over cells of ln rate at each octave of the batch, less each cell's own mean; and a power law's line."""
    octaves = np.arange(*OCTAVES)
    cells = [it for it in best if len(it[0]) > 2]
    nearest = [np.abs(np.log2(np.exp(batch))[:, None] - octaves).argmin(axis=1) for batch, _ in cells]
    apart = [rate - rate.mean() for _, rate in cells]
    at, values = np.concatenate(nearest), np.concatenate(apart)
    counts = np.bincount(at, minlength=len(octaves))
    with np.errstate(invalid="ignore"):  # an octave without a best rate has no mean
        mean = np.where(counts > 1, np.bincount(at, values, minlength=len(octaves)) / counts, np.nan)
    batch, rate = 2.0**octaves, np.exp(mean)
    found = np.isfinite(rate)
    return places(batch, rate), power_through(batch[found], rate[found], slope, batch)


def _planted(cell: Cell, slope: float, rng: np.random.Generator) -> Cell:
    apart = cell.log_rate - LEVEL - slope * (cell.log_batch - CENTRE)
    return replace(cell, log_loss=CURVATURE * apart**2 + NOISE * rng.standard_normal(len(apart)))


@cache
def _published_best() -> list[tuple[np.ndarray, np.ndarray]]:
    return [best_rates(cell) for cell in _published()]


@cache
def _published() -> list[Cell]:
    """The 17 cells."""
    groups = steplaw.table().groupby(["parameters", "tokens"])
    return [Cell(*np.log(runs[["rate", "batch", "loss"]].to_numpy().T)) for _, runs in groups]
