"""The exponent of compute-optimal size under five protocols that lead from Kaplan et al. to Hoffmann et al.

Data       Porian et al.'s IsoFLOP curves on OpenWebText2, 11 or 12 budgets from 10^16 to 3 10^19 FLOP, and the same on
           RefinedWeb (`data`: published); the sizes on OpenWebText2 permuted (shuffled); or losses planted on the
           sizes and budgets of both with 0.2% of noise and a best size that grows as C^.5 (planted). Nothing is
           trained. `protocol`: kaplan (all as in 2020), last-layer (its parameters count), warm-up (short for small
           models), decay (over each run's own length), tuned (rate, batch and beta_2 for each size). The seven sizes
           nearest to that of least loss make a curve.
Observed   the slope of the logarithm of the size of least loss, the vertex of a parabola of ln L in ln N, against that
           of compute, on OpenWebText2. Given beside it: the same on RefinedWeb; and, of OpenWebText2's curves that
           count the last layer, the additive surface, with the sizes of all models by both counts.
Trial      resamples budgets, the same for both corpora and counts; planted losses have fresh noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from predictions.large_runs.clusters import draw, weighted_slope
from predictions.large_runs.sources import nearest_sizes, porian_curves
from predictions.scaling_laws.parametric_fit import fit_surface, log_loss

PROTOCOLS = {
    "kaplan": "base/long/kaplan/kaplan/train",
    "last-layer": "base/long/kaplan/standard/val",
    "warm-up": "base/short/kaplan/standard/val",
    "decay": "base/short/chinchilla/standard/val",
    "tuned": "tuned/short/const/standard/val",
}
MEASURED, GIVEN = "owt2", "rw"
NOISE = 0.002  # of ln L; seeds of the same setting differ by as much
PLANTED = np.array([1.8, 220.0, 0.35, 700.0, 0.35])  # E, A, alpha, B, beta: the best size grows as C^.5

Curves = dict[float, tuple[np.ndarray, np.ndarray, np.ndarray]]
"""By budget, in FLOP: sizes, tokens and losses."""


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Given: `other_corpus` (trials,), the exponent on RefinedWeb; `budgets` (trials, n), those drawn, in FLOP.

    `counted` (trials, 5): E, A, alpha, B, beta of the drawn curves that count the last layer; `sizes` (trials, 16, 2):
    parameters without and with it.
    """
    protocol, data = setting["protocol"], setting["data"]
    here, there = (_curves(corpus, PROTOCOLS[protocol]) for corpus in (MEASURED, GIVEN))
    shared = np.array(sorted(set(_with_minimum(here)) & set(_with_minimum(there))))
    given: dict[str, list] = {"other_corpus": [], "budgets": [], "counted": [], "sizes": []}
    exponents = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        ours, theirs, counted = here, there, _curves(MEASURED, PROTOCOLS["last-layer"])
        if data == "planted":
            ours, theirs, counted = (_planted(curves, rng) for curves in (ours, theirs, counted))
        elif data == "shuffled":
            ours = _shuffled(here, rng)
        drawn = shared[draw(rng, len(shared))]
        given["other_corpus"].append(_exponent(theirs, drawn)[0])
        given["budgets"].append(drawn)
        given["counted"].append(_surface(counted, drawn, data))
        given["sizes"].append(_both_counts())
        exponents.append(_exponent(ours, drawn))
    return {name: np.array(values) for name, values in given.items()}, np.array(exponents)


def measure(setting: Mapping, state: np.ndarray) -> dict[str, np.ndarray]:
    """Slope of ln N of least loss against ln C, infinite where a drawn curve has no minimum, and the share with one.

    Both (trials,).
    """
    return {"allocation_exponent": state[:, 0], "with_minimum": state[:, 1]}


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
    return [
        budget
        for budget, (size, _, loss) in curves.items()
        if 0 < np.argsort(size).tolist().index(loss.argmin()) < len(size) - 1
    ]


def _planted(curves: Curves, rng: np.random.Generator) -> Curves:
    return {
        budget: (size, tokens, np.exp(log_loss(PLANTED, size, tokens) + NOISE * rng.standard_normal(len(size))))
        for budget, (size, tokens, _) in curves.items()
    }


def _shuffled(curves: Curves, rng: np.random.Generator) -> Curves:
    """Sizes permuted among all runs of all budgets."""
    sizes = rng.permutation(np.concatenate([size for size, _, _ in curves.values()]))
    ends = np.cumsum([len(size) for size, _, _ in curves.values()])
    return {
        budget: (permuted, tokens, loss)
        for (budget, (_, tokens, loss)), permuted in zip(curves.items(), np.split(sizes, ends[:-1]), strict=True)
    }


def _surface(curves: Curves, budgets: np.ndarray, data: str) -> np.ndarray:
    drawn = [curves[budget] for budget in budgets if budget in curves]
    size, tokens, loss = (np.concatenate(values) for values in zip(*drawn, strict=True))
    return fit_surface(size, tokens, loss, start=PLANTED if data == "planted" else _start())


@cache
def _start() -> np.ndarray:
    curves = _curves(MEASURED, PROTOCOLS["last-layer"])
    return fit_surface(*(np.concatenate(values) for values in zip(*curves.values(), strict=True)))


@cache
def _curves(corpus: str, protocol: str) -> Curves:
    return {
        float(budget): tuple(rows[name].to_numpy() for name in ("parameters", "tokens", "loss"))
        for budget, rows in porian_curves(corpus, protocol).groupby("flop")
    }


@cache
def _both_counts() -> np.ndarray:
    """Parameters of the same models without and with the last layer, in the order of their size (16, 2)."""
    counted = (porian_curves(MEASURED, PROTOCOLS[name])["parameters"].unique() for name in ("kaplan", "last-layer"))
    return np.stack([np.sort(sizes) for sizes in counted], axis=1)
