"""The exponent of compute-optimal size under five protocols that lead from Kaplan et al. to Hoffmann et al.

Data       Porian et al.'s IsoFLOP curves on OpenWebText2, 10 to 12 budgets from 10^16 to 3 10^19 FLOP, and the same on
           RefinedWeb (`data`: published); or losses planted on the sizes and budgets of both with 0.05% of noise, the
           best size growing as C^.5 on both (planted-same) or as C^.73 on OpenWebText2 (planted-apart). Nothing is
           trained. `protocol`: kaplan (all as in 2020), last-layer (its parameters count), warm-up (short for small
           models), decay (over each run's own length), tuned (rate, batch and beta_2 for each size). The seven sizes
           nearest to that of least loss make a curve.
Observed   the slope of the logarithm of the size of least loss, the vertex of a parabola of ln L in ln N, against that
           of compute, on OpenWebText2. Given beside it: the same on RefinedWeb.
Trial      resamples budgets, the same for both corpora; planted losses have fresh noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from predictions.large_runs.clusters import draw, weighted_slope
from predictions.large_runs.drawings import Drawings, places, power_through
from predictions.large_runs.sources import nearest_sizes, porian_curves
from predictions.scaling_laws.parametric_fit import log_loss

PROTOCOLS = {
    "kaplan": "base/long/kaplan/kaplan/train",
    "last-layer": "base/long/kaplan/standard/val",
    "warm-up": "base/short/kaplan/standard/val",
    "decay": "base/short/chinchilla/standard/val",
    "tuned": "tuned/short/const/standard/val",
}
MEASURED, GIVEN = "owt2", "rw"
NOISE = 0.0005  # of ln L: with it planted exponents scatter over budgets as much as published ones
SAME = np.array([1.8, 220.0, 0.35, 700.0, 0.35])  # E, A, alpha, B, beta: the best size grows as C^.5
APART = np.array([1.8, 20.0, 0.2, 1.9e4, 0.54])  # as C^.73, with the same best size amid the budgets

Curves = dict[float, tuple[np.ndarray, np.ndarray, np.ndarray]]
"""By budget, in FLOP: sizes, tokens and losses."""


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], tuple]:
    """Given: `other_corpus` (trials,), the exponent on RefinedWeb."""
    data = setting["data"]
    here, there = (_curves(corpus, PROTOCOLS[setting["protocol"]]) for corpus in (MEASURED, GIVEN))
    shared = np.array(sorted(set(_with_minimum(here)) & set(_with_minimum(there))))
    given, exponents, drawings = [], [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        ours, theirs = here, there
        if data != "published":
            ours, theirs = _planted(here, APART if data == "planted-apart" else SAME, rng), _planted(there, SAME, rng)
        drawn = shared[draw(rng, len(shared))]
        given.append(_exponent(theirs, drawn)[0])
        exponents.append(_exponent(ours, drawn))
        sizes = {
            side: np.exp([_log_minimum(*curves[budget]) for budget in shared])
            for side, curves in (("given", theirs), ("ahead", ours))
        }
        line = power_through(shared, sizes["ahead"], given[-1] if np.isfinite(given[-1]) else np.nan, shared)
        drawings.add(places(shared, sizes["given"], 1), places(shared, sizes["ahead"]), line)
    return {"other_corpus": np.array(given)}, (np.array(exponents), drawings.arrays())


def measure(setting: Mapping, state: tuple) -> dict[str, np.ndarray]:
    """Slope of ln N of least loss against ln C, infinite where a drawn curve has no minimum, and the share with one.

    Both (trials,). The drawing has the minima on both corpora; its line has the slope of RefinedWeb's.
    """
    exponents, drawings = state
    return {"allocation_exponent": exponents[:, 0], "with_minimum": exponents[:, 1], **drawings}


def _exponent(curves: Curves, budgets: np.ndarray) -> tuple[float, float]:
    """Slope of ln N of least loss in ln C, and the share of curves that have a minimum."""
    minima = np.array([_log_minimum(*curves[budget]) for budget in budgets])
    found = np.isfinite(minima)
    slope = weighted_slope(np.log(budgets), minima, np.ones(len(budgets))) if found.all() else np.inf
    return slope, float(found.mean())


def _log_minimum(size: np.ndarray, _: np.ndarray, loss: np.ndarray) -> float:
    """ln N at the vertex of the parabola through the sizes near that of least loss; inf if it opens downwards."""
    near = nearest_sizes(size, loss)
    log_size = np.log(size[near])
    quadratic, linear, _ = np.polyfit(log_size - log_size.mean(), np.log(loss[near]), 2)
    return log_size.mean() - linear / (2 * quadratic) if quadratic > 0 else np.inf


def _with_minimum(curves: Curves) -> list[float]:
    """Budgets whose least loss is at neither end of the sizes, as the authors choose theirs."""
    return [budget for budget, (size, _, loss) in curves.items() if size.min() < size[loss.argmin()] < size.max()]


def _planted(curves: Curves, surface: np.ndarray, rng: np.random.Generator) -> Curves:
    return {
        budget: (size, tokens, np.exp(log_loss(surface, size, tokens) + NOISE * rng.standard_normal(len(size))))
        for budget, (size, tokens, _) in curves.items()
    }


@cache
def _curves(corpus: str, protocol: str) -> Curves:
    return {
        float(budget): tuple(rows[name].to_numpy() for name in ("parameters", "tokens", "loss"))
        for budget, rows in porian_curves(corpus, protocol).groupby("flop")
    }
