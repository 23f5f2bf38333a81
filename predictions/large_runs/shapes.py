"""Losses of language models whose shape is unusual, beside a curve in the number of parameters of usual ones.

Data       losses after 350 billion tokens of 22 shapes, 256 to 3,072 wide and 3 to 80 layers deep, of 22M to 1.8B
           parameters without embeddings (`data`: published); or losses planted on these shapes with 0.25% of noise: by
           that curve (planted-none), or the same with a cost of ln L that grows as the square of the logarithm of the
           shape and is 5% for a decade (planted-cost); or sizes permuted among the usual shapes (shuffled). Nothing is
           trained. Usual are the 13 shapes whose ratio of width to depth is within the square root of 10 of the median,
           37 (given); ahead are the nine others, up to a decade and a bit narrower or wider.
Observed   losses of the drawn shapes ahead. Given beside them: the curve L = E + A N^-a of the usual shapes, and what
           else might tell the losses.
Trial      resamples the usual shapes and the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.optimize import least_squares

from predictions.data.runs import gemstones
from predictions.large_runs.clusters import draw
from predictions.large_runs.drawings import NAMES, Drawings, along, places
from predictions.large_runs.shape_curve import curve_log_loss

USUAL = np.sqrt(10)  # a factor either way
NOISE = 0.0025  # of ln L: what the usual shapes scatter by about their curve
COST = 0.05  # of ln L, for a decade of the shape
CURVE = (np.log(1.66), np.log(1.33), 0.16)  # ln E, ln A, a of planted losses


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Given: `curve` and `curve_with_embeddings` (trials, 3), `by_width` (trials, 2), `usual_loss` (trials,).

    `ahead` (trials, 9, 3): parameters without and with embeddings and width of the drawn shapes ahead.
    """
    shapes, ratio, published = _published()
    usual = np.abs(np.log(ratio / np.median(ratio))) < np.log(USUAL)
    names = ("curve", "curve_with_embeddings", "by_width", "usual_loss", "ahead")
    given: dict[str, list] = {name: [] for name in names}
    losses, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        log_losses = _log_losses(setting["data"], shapes, ratio, published, usual, rng)
        ours, theirs = np.flatnonzero(usual), np.flatnonzero(~usual)
        drawn, ahead = ours[draw(rng, len(ours))], theirs[draw(rng, len(theirs))]
        given["curve"].append(fit_curve(shapes[drawn, 0], log_losses[drawn]))
        given["curve_with_embeddings"].append(fit_curve(shapes[drawn, 1], log_losses[drawn]))
        given["by_width"].append(np.polyfit(np.log(shapes[drawn, 2]), log_losses[drawn], 1))
        given["usual_loss"].append(np.exp(log_losses[drawn].mean()))
        given["ahead"].append(shapes[ahead])
        losses.append(np.exp(log_losses[ahead]))
        line = along(shapes[:, 0])
        drawings.add(
            *(places(shapes[rows, 0], np.exp(log_losses[rows])) for rows in (usual, ~usual)),
            places(line, np.exp(curve_log_loss(given["curve"][-1], line))),
        )
    arrays = {name: np.array(values) for name, values in given.items()}
    return arrays, {"losses": np.array(losses), **drawings.arrays()}


def measure(setting: Mapping, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Losses of the drawn shapes ahead (trials, 9), nats a token, and what is drawn of them."""
    return {"shape_losses": state["losses"], **{name: state[name] for name in NAMES}}


def fit_curve(size: np.ndarray, log_losses: np.ndarray) -> np.ndarray:
    """ln E, ln A at 10^8 parameters, and a (3,), of least squares of ln L."""
    start = [np.log(0.75) + log_losses.min(), np.log(0.25) + log_losses.mean(), 0.2]
    bounds = ([-3, -5, 0.01], [2, 5, 2])
    return least_squares(lambda it: curve_log_loss(it, size) - log_losses, start, bounds=bounds).x


def _log_losses(data, shapes, ratio, published, usual, rng) -> np.ndarray:
    if data == "published":
        return published
    if data == "shuffled":
        return np.where(usual, rng.permutation(published), published)
    cost = COST * np.log10(ratio / np.median(ratio)) ** 2 * (data == "planted-cost")
    return curve_log_loss(CURVE, shapes[:, 0]) + cost + NOISE * rng.standard_normal(len(ratio))


@cache
def _published() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parameters without and with embeddings and width (22, 3), width over depth and ln L (22,)."""
    rows = gemstones.table().query("final")
    shapes = rows[["non_embedding", "parameters", "width"]].to_numpy(float)
    return shapes, (rows["width"] / rows["layers"]).to_numpy(), np.log(rows["loss"].to_numpy())
