"""Order of data mixtures by the losses of language models of a billion parameters, from models of a million.

Data       losses on 13 of the Pile's domains of models of 1M parameters trained on 512 mixtures of its 17 domains, and
           of models of 1B on 64 others (`data`: published); or the losses at 1B planted, with the scatter that the
           regression has at 1M: in the order of the regression (planted-same), or of the weight of the domain on which
           the loss is taken (planted-target); or those at 1M permuted among their mixtures (shuffled). Nothing is
           trained.
Observed   ranks of the drawn mixtures by the losses at 1B, for each domain. Given beside them: ranks by a regression
           of the losses at 1M on the square roots of the weights, as a domain helps most at first; by a regression on
           the weights themselves; of the nearest of the 512; and by the weight of the domain itself. Ranks are centred
           and have length 1.
Trial      resamples the mixtures of both sizes; scatter is fresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.stats import rankdata

from predictions.data.runs import regmix
from predictions.large_runs.clusters import draw
from predictions.large_runs.drawings import NAMES, Drawings, places

FOLDS = 5
DRAWN = "loss_pile_cc"  # the domain that the authors regress, and of which the drawing is
STEP = 8  # of the 512 mixtures, every eighth is drawn
FORECASTS = ("roots", "weights", "nearest", "target_weight")


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Given, each (trials, 13, 64): `roots`, `weights`, `nearest`, `target_weight`, ranks of the drawn mixtures."""
    weights, losses, domains, target = _table("1m")
    ahead, published, _, _ = _table("1B")
    shown = domains.index(DRAWN)
    given: dict[str, list] = {name: [] for name in FORECASTS}
    measured, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        below = rng.permutation(losses) if setting["data"] == "shuffled" else losses
        ours, theirs = draw(rng, len(weights)), draw(rng, len(ahead))
        forecasts = {
            "roots": regression(np.sqrt(weights[ours]), below[ours], np.sqrt(ahead)),
            "weights": regression(weights[ours], below[ours], ahead),
            "nearest": below[ours][np.linalg.norm(ahead[:, None] - weights[ours], axis=2).argmin(axis=1)],
            "target_weight": -ahead[:, target],
        }
        truth = published
        if setting["data"].startswith("planted"):
            order = forecasts["target_weight" if setting["data"] == "planted-target" else "roots"]
            truth = (order - order.mean(axis=0)) / order.std(axis=0) + _scatter() * rng.standard_normal(order.shape)
        measured.append(ranks(truth[theirs]))
        for name, forecast in forecasts.items():
            given[name].append(ranks(forecast[theirs]))
        forecast = forecasts["roots"][:, shown]
        drawings.add(
            places(_held_out()[:, shown], losses[:, shown])[:, ::STEP],
            places(forecast, truth[:, shown], 1),
            places(np.sort(forecast), np.sort(truth[:, shown]), 1)[:, ::STEP],
        )
    arrays = {name: np.array(values) for name, values in given.items()}
    return arrays, {"ranks": np.array(measured), **drawings.arrays()}


def measure(setting: Mapping, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Ranks of the drawn mixtures at 1B on each domain (trials, 13, 64), and what is drawn of them.

    The drawing's line is where all mixtures would lie if none changed its rank.
    """
    return {"mixture_ranks": state["ranks"], **{name: state[name] for name in NAMES}}


def regression(design: np.ndarray, losses: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Losses (64, domains) by least squares of those (mixtures, domains), linear in the design (mixtures, 17)."""
    fit = np.linalg.lstsq(np.column_stack([design, np.ones(len(design))]), losses, rcond=None)[0]
    return np.column_stack([ahead, np.ones(len(ahead))]) @ fit


def ranks(values: np.ndarray) -> np.ndarray:
    """Ranks (domains, n) of values (n, domains), of mean 0 and length 1.

    The distance of two such is sqrt(2 - 2 rho), rho being Spearman's correlation.
    """
    found = rankdata(values, axis=0)
    found -= found.mean(axis=0)
    return (found / np.linalg.norm(found, axis=0)).T


@cache
def _held_out() -> np.ndarray:
    """Losses at 1M by the regression on roots of those that are not in the same fifth (512, 13)."""
    weights, losses, _, _ = _table("1m")
    fold = np.arange(len(weights)) % FOLDS
    found = np.empty_like(losses)
    for k in range(FOLDS):
        here = fold == k
        found[here] = regression(np.sqrt(weights[~here]), losses[~here], np.sqrt(weights[here]))
    return found


@cache
def _scatter() -> np.ndarray:
    """Standard deviation of the losses about these, in units of the losses' own (13,)."""
    losses = _table("1m")[1]
    return np.std(losses - _held_out(), axis=0) / losses.std(axis=0)


@cache
def _table(size: str) -> tuple[np.ndarray, np.ndarray, list[str], list[int]]:
    """Weights (mixtures, 17), losses (mixtures, 13), their names, and which weight is that of each one's domain."""
    rows = regmix.table().query("family == @size")
    weights = [name for name in rows if name.startswith("weight_")]
    losses = [name for name in rows if name.startswith("loss_") and name.replace("loss_", "weight_") in weights]
    target = [weights.index(name.replace("loss_", "weight_")) for name in losses]
    return rows[weights].to_numpy(), rows[losses].to_numpy(), losses, target
