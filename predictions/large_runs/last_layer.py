"""What leaving the last layer out of the count of parameters does to the exponent of compute-optimal size.

Data       Porian et al.'s IsoFLOP curves on OpenWebText2 under Kaplan et al.'s protocol, the budgets of 1.25 10^16 to
           1.28 10^19 FLOP that have a minimum on RefinedWeb, too (`data`: published); or losses planted on their sizes
           and budgets with 0.2% of noise and a best size that grows as C^.5 (planted). Nothing is trained. The seven
           sizes nearest to that of least loss make a curve.
Observed   the slope of the logarithm of the size of least loss, the vertex of a parabola of ln L in ln N, against that
           of compute, sizes counted without the last layer. Given beside it, of the curves that count it: the additive
           surface, with the sizes of all models by both counts.
Trial      resamples budgets, the same for both counts; planted losses have fresh noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from predictions.large_runs.clusters import draw
from predictions.large_runs.drawings import Drawings, places, power_through
from predictions.large_runs.five_protocols import (
    GIVEN,
    MEASURED,
    PROTOCOLS,
    SAME,
    Curves,
    _curves,
    _exponent,
    _log_minimum,
    _with_minimum,
)
from predictions.large_runs.sources import porian_curves
from predictions.scaling_laws.parametric_fit import fit_surface, log_loss

NOISE = 0.002  # of ln L; seeds of the same setting differ by as much


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], tuple]:
    """Given: `budgets` (trials, n), those drawn, in FLOP.

    `counted` (trials, 5): E, A, alpha, B, beta of the drawn curves that count the last layer; `sizes` (trials, 16, 2):
    parameters without and with it.
    """
    planted = setting["data"] == "planted"
    here, elsewhere = (_curves(corpus, PROTOCOLS["kaplan"]) for corpus in (MEASURED, GIVEN))
    with_layer = _curves(MEASURED, PROTOCOLS["last-layer"])
    shared = np.array(sorted(set(_with_minimum(here)) & set(_with_minimum(elsewhere))))
    given: dict[str, list] = {"budgets": [], "counted": []}
    exponents, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        ours, counted = (_planted(it, rng) if planted else it for it in (here, with_layer))
        drawn = shared[draw(rng, len(shared))]
        given["budgets"].append(drawn)
        given["counted"].append(_surface(counted, drawn, SAME if planted else _start()))
        exponents.append(_exponent(ours, drawn))
        both = [budget for budget in shared if budget in with_layer]
        sizes = [np.exp([_log_minimum(*curves[budget]) for budget in both]) for curves in (counted, ours)]
        slope = exponents[-1][0] if np.isfinite(exponents[-1][0]) else np.nan
        line = power_through(np.array(both), sizes[1], slope, np.array(both))
        drawings.add(places(np.array(both), sizes[0], 1), places(np.array(both), sizes[1]), line)
    models = np.repeat(_both_counts()[None], len(seeds), axis=0)
    return {name: np.array(values) for name, values in given.items()} | {"sizes": models}, (
        np.array(exponents),
        drawings.arrays(),
    )


def measure(setting: Mapping, state: tuple) -> dict[str, np.ndarray]:
    """Slope of ln N of least loss against ln C, infinite where a drawn curve has no minimum, and the share with one.

    Both (trials,). The drawing has the minima by both counts, and the power law of the drawn ones without.
    """
    exponents, drawings = state
    return {"allocation_exponent": exponents[:, 0], "with_minimum": exponents[:, 1], **drawings}


def _planted(curves: Curves, rng: np.random.Generator) -> Curves:
    return {
        budget: (size, tokens, np.exp(log_loss(SAME, size, tokens) + NOISE * rng.standard_normal(len(size))))
        for budget, (size, tokens, _) in curves.items()
    }


def _surface(curves: Curves, budgets: np.ndarray, start: np.ndarray) -> np.ndarray:
    drawn = [curves[budget] for budget in budgets if budget in curves]
    return fit_surface(*(np.concatenate(values) for values in zip(*drawn, strict=True)), start=start)


@cache
def _start() -> np.ndarray:
    curves = _curves(MEASURED, PROTOCOLS["last-layer"])
    return fit_surface(*(np.concatenate(values) for values in zip(*curves.values(), strict=True)))


@cache
def _both_counts() -> np.ndarray:
    """Parameters of the same models without and with the last layer, in the order of their size (16, 2)."""
    counted = (porian_curves(MEASURED, PROTOCOLS[name])["parameters"].unique() for name in ("kaplan", "last-layer"))
    return np.stack([np.sort(sizes) for sizes in counted], axis=1)
