"""Losses of the largest language models of thirteen collections, beside fits to the smaller ones.

Data       final losses of 13 collections of language models from 8 laboratories (`data`: published); or losses planted
           at the same sizes and tokens with 0.5% of noise, a fresh surface for each collection: planted-surface
           (exponents .28 to .4), planted-saturated (compute beyond the split buys nothing). Nothing is trained. The
           split is an eighth of a collection's largest 6 N D: runs below are given, runs above ahead.
Observed   losses ahead, the geometric mean of each collection's runs. Given beside them, for each: the geometric means
           that laws fitted to the runs below give to the runs ahead (their sizes and tokens are known beforehand).
Trial      resamples clusters of runs within each collection, on both sides of the split.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from predictions.large_runs.clusters import draw_rows
from predictions.large_runs.drawings import Drawings, equality, joined, places
from predictions.large_runs.sources import COLLECTIONS, Collection, collection
from predictions.scaling_laws.parametric_fit import fit_surface, log_loss

AHEAD = 8  # times the compute of the split
NOISE = 0.005  # of ln L: what the law leaves of Hoffmann et al.'s points; seeds differ by less
FLOOR, TERM = 1.8, 0.4  # of planted surfaces: nats a token; each term at the median size and tokens
EXPONENTS = (0.28, 0.4)
QUARTERS = 4  # of the runs below, in a drawing: at least five runs each


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], tuple[list, dict[str, np.ndarray]]]:
    """Given, each (trials, 13): forecasts, geometric means in the loss's own unit.

    `surface`: E + A N^-alpha + B D^-beta; `saturated`: the same, as if compute beyond the split bought nothing;
    `floorless`: ln L linear in ln N and ln D; `nearest`: the nearest runs below.
    """
    given: dict[str, list] = {}
    state, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        forecasts = [_forecast(name, setting["data"], rng) for name in COLLECTIONS]
        for name in forecasts[0]:
            if name not in ("measured", "below"):
                given.setdefault(name, []).append([it[name] for it in forecasts])
        state.append([it["measured"] for it in forecasts])
        ahead = np.exp([(it["surface"], it["measured"]) for it in forecasts]).T
        below = joined(places(*it["below"], k) for k, it in enumerate(forecasts))
        drawings.add(
            below, places(*ahead, np.arange(len(forecasts))), equality(np.array([ahead.min(), below[:2].max()]))
        )
    return {name: np.exp(values) for name, values in given.items()}, (state, drawings.arrays())


def measure(setting: Mapping, state: tuple[list, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Geometric mean of the losses ahead, of each collection (trials, 13), and what is drawn of them."""
    losses, drawings = state
    return {"loss_ahead": np.exp(losses), **drawings}


def is_ahead(runs: Collection) -> np.ndarray:
    """Which runs are held out (rows,)."""
    return runs.compute > runs.compute.max() / AHEAD


def _forecast(name: str, data: str, rng: np.random.Generator) -> dict:
    """Mean ln L of a resample's runs ahead, measured and by each law; `below` is of `_quarters`."""
    runs = collection(name)
    ahead = is_ahead(runs)
    if data != "published":
        runs = _planted(runs, ahead, data, rng)
    counts = draw_rows(rng, runs.cluster, strata=ahead)
    below, above = runs.where(~ahead), runs.where(ahead)
    weights = counts[ahead]

    def mean(log_losses: np.ndarray) -> float:
        return float(np.average(log_losses, weights=weights))

    surface = fit_surface(below.size, below.tokens, below.loss, draws=counts[~ahead], start=_start(name, data))
    # Of ten drawn runs one term may fall so steeply that its factor is beyond floats: ahead, that term is nothing.
    surface = np.where(np.isfinite(surface), surface, np.finfo(float).tiny)
    shrink = np.sqrt(np.minimum(below.compute.max() / above.compute, 1))
    return {
        "measured": mean(np.log(above.loss)),
        "below": _quarters(below, log_loss(surface, below.size, below.tokens)),
        "surface": mean(log_loss(surface, above.size, above.tokens)),
        "saturated": mean(log_loss(surface, above.size * shrink, above.tokens * shrink)),
        "floorless": mean(_plane(below, counts[~ahead], above)),
        "nearest": mean(_nearest(below, counts[~ahead], above)),
    }


def _quarters(below: Collection, forecasts: np.ndarray) -> np.ndarray:
    """Geometric mean losses (2, 4), forecast and measured, of each quarter of the runs below, by compute."""
    quarters = np.array_split(np.argsort(below.compute, kind="stable"), QUARTERS)
    return np.exp([[values[rows].mean() for rows in quarters] for values in (forecasts, np.log(below.loss))])


def _plane(below: Collection, counts: np.ndarray, above: Collection) -> np.ndarray:
    """ln L of the runs above, linear in ln N and ln D, by least squares of those below."""
    designs = [np.stack([np.ones(len(it.size)), np.log(it.size), np.log(it.tokens)], axis=1) for it in (below, above)]
    root = np.sqrt(counts)
    return designs[1] @ np.linalg.lstsq(designs[0] * root[:, None], np.log(below.loss) * root, rcond=None)[0]


def _nearest(below: Collection, counts: np.ndarray, above: Collection) -> np.ndarray:
    """ln L of the drawn run below that is nearest in ln N and ln D to each run above."""
    drawn = np.flatnonzero(counts)
    apart = np.log(above.size)[:, None] - np.log(below.size[drawn])
    along = np.log(above.tokens)[:, None] - np.log(below.tokens[drawn])
    return np.log(below.loss[drawn])[np.hypot(apart, along).argmin(axis=1)]


def _planted(runs: Collection, ahead: np.ndarray, data: str, rng: np.random.Generator) -> Collection:
    shrink = np.ones(len(runs.size))
    if data == "planted-saturated":
        shrink = np.sqrt(np.minimum(runs.compute[~ahead].max() / runs.compute, 1))
    surface = planted_surface(runs, *rng.uniform(*EXPONENTS, size=2))
    exact = log_loss(surface, runs.size * shrink, runs.tokens * shrink)
    return replace(runs, loss=np.exp(exact + NOISE * rng.standard_normal(len(exact))))


def planted_surface(runs: Collection, alpha: float, beta: float) -> np.ndarray:
    """Parameters (5,) of a surface whose two terms are equal at the collection's median size and tokens."""
    return np.array([FLOOR, TERM * np.median(runs.size) ** alpha, alpha, TERM * np.median(runs.tokens) ** beta, beta])


@cache
def _start(name: str, data: str) -> np.ndarray:
    """Where a resample's fit starts: the best of nine starts on all runs below, or amid the planted exponents."""
    runs = collection(name)
    if data != "published":
        return planted_surface(runs, *(2 * [float(np.mean(EXPONENTS))]))
    below = runs.where(~is_ahead(runs))
    return fit_surface(below.size, below.tokens, below.loss)
