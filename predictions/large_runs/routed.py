"""Losses of routed language models at a size, or at numbers of experts, that no fit has seen.

Data       final losses on held-out text of models of 15M to 1.3B parameters a token with 2 to 512 experts behind a
           router (`router`); or losses planted at the same sizes and experts with 0.3% of noise (`data`): planted-law,
           with an interaction of size and experts, or planted-saturated, the same if neither more than 4 10^8
           parameters nor more than 64 experts bought anything. Nothing is trained. `ahead` says what is held out: the
           largest size (size), or 256 and 512 experts (experts).
Observed   mean log loss of the models held out; given beside it: two fits to the others, and the nearest of them.
Trial      resamples numbers of experts if a size is ahead, sizes if experts are, on both sides of the split alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from predictions.data.runs import routing
from predictions.large_runs.clusters import draw_rows
from predictions.large_runs.drawings import Drawings, places

LARGEST = 1e9  # parameters a token: above it lies the 1.3B model alone
FEWEST_AHEAD = 256
NOISE = 0.003  # of ln L: what three decimals of the published coefficients leave, and more than seeds differ by
PLANTED = (-0.082, -0.108, 0.009, 1.104)  # a, b, c, d of log10 L: Clark et al. 2022, table 3, S-Base
SATURATED = np.log10([4e8, 64])  # size and experts beyond which nothing is gained


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], tuple[list, dict[str, np.ndarray]]]:
    """Given: log10 of size and experts of the models ahead and how often each counts (trials, rows); two fits.

    `law` (trials, 4): a, b, c, d of ln L = a log N + b log E + c log N log E + d; `separable` (trials, 3): a, b, d;
    `nearest` (trials,): mean log loss of the nearest models that were not held out.
    """
    size, experts, published = _published(setting["router"])
    ahead = size > np.log10(LARGEST) if setting["ahead"] == "size" else experts >= np.log10(FEWEST_AHEAD)
    along = experts if setting["ahead"] == "size" else size  # what is resampled
    given: dict[str, list] = {name: [] for name in ("size", "experts", "counts", "law", "separable", "nearest")}
    state, drawings = [], Drawings()
    _, series = np.unique(size, return_inverse=True)
    order = np.lexsort((experts, size))
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        log_loss = published
        if setting["data"] != "published":
            most = SATURATED if setting["data"] == "planted-saturated" else (np.inf, np.inf)
            law = np.log(10) * _design(np.minimum(size, most[0]), np.minimum(experts, most[1])) @ PLANTED
            log_loss = law + NOISE * rng.standard_normal(len(size))
        counts = draw_rows(rng, along)
        given["size"].append(size[ahead])
        given["experts"].append(experts[ahead])
        given["counts"].append(counts[ahead])
        given["law"].append(_fit(_design(size, experts)[~ahead], log_loss[~ahead], counts[~ahead]))
        given["separable"].append(_fit(_design(size, experts)[~ahead][:, [0, 1, 3]], log_loss[~ahead], counts[~ahead]))
        given["nearest"].append(_nearest(size, experts, log_loss, ahead, counts))
        state.append((log_loss[ahead], counts[ahead]))
        law_loss = np.exp(_design(size, experts) @ given["law"][-1])
        side = order[ahead[order]]
        points = places(10**experts, np.exp(log_loss), series)
        drawings.add(points[:, ~ahead], points[:, ahead], places(10 ** experts[side], law_loss[side], series[side]))
    return {name: np.array(values) for name, values in given.items()}, (state, drawings.arrays())


def measure(setting: Mapping, state: tuple[list, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Mean over the drawn models ahead of ln L, L in nats a token: (trials,); and what is drawn of the models."""
    losses, drawings = state
    means = [np.average(log_loss, weights=counts) for log_loss, counts in losses]
    return {"mean_log_loss_ahead": np.array(means), **drawings}


def _design(size: np.ndarray, experts: np.ndarray) -> np.ndarray:
    return np.stack([size, experts, size * experts, np.ones_like(size)], axis=1)


def _fit(design: np.ndarray, log_loss: np.ndarray, counts: np.ndarray) -> np.ndarray:
    root = np.sqrt(counts)
    return np.linalg.lstsq(design * root[:, None], log_loss * root, rcond=None)[0]


def _nearest(size, experts, log_loss, ahead, counts) -> float:
    """Mean log loss of each drawn model's nearest drawn neighbour below, by log10 of N and E."""
    below = np.flatnonzero(~ahead & (counts > 0))
    apart = np.hypot(size[ahead][:, None] - size[below], experts[ahead][:, None] - experts[below])
    return float(np.average(log_loss[below[apart.argmin(axis=1)]], weights=counts[ahead]))


@cache
def _published(router: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log10 N, log10 E and ln L of the models that Clark et al. fit: one expert a token, every other layer routed."""
    runs = routing.table().query("final and k == 1 and routing_frequency == 0.5 and seed == 42 and router == @router")
    return (
        np.log10(runs["parameters"].to_numpy()),
        np.log10(runs["experts"].to_numpy()),
        np.log(runs["loss"].to_numpy()),
    )
