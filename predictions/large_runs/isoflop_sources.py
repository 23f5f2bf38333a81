"""How the size of least loss grows with compute, on the IsoFLOP curves of seven sources.

Data       IsoFLOP curves of seven sources from four laboratories, six to twelve budgets each (`data`: published); the
           same with sizes permuted within each source (shuffled); or losses planted at the same sizes and budgets with
           each source's own noise, whose best size grows as C^.5 (planted-equal) or C^.65 (planted-steep). Nothing is
           trained. The accounting of sizes is each source's own. Points that the curves' compilers set aside are left
           out; of Porian et al.'s wide curves the seven sizes nearest to that of least loss are kept.
Observed   the slope of the logarithm of the size of least loss against that of compute, mean over the sources, sizes
           at the vertices of parabolas of ln L in ln N; each source's slope stands beside it. Nothing is given.
Trial      resamples the budgets of each source; planted losses have fresh noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from predictions.large_runs.clusters import draw, weighted_slope
from predictions.large_runs.drawings import NOTHING, Drawings, joined, places, power_through
from predictions.large_runs.sources import CURVES, isoflop_curves
from predictions.scaling_laws.isoflop_minima import log_minima
from predictions.scaling_laws.language_model_runs import Runs, shuffled_runs
from predictions.scaling_laws.parametric_fit import log_loss

FLOOR, TERM = 1.8, 0.35  # of planted surfaces: nats a token; each term at the middle of the curves
PLANTED = {"planted-equal": (0.35, 0.35), "planted-steep": (0.26, 0.48)}  # alpha, beta
Measured = tuple[np.ndarray, dict[str, np.ndarray]]
"""Slopes and shares of minima, and the drawings."""
TO_SIGMA = 1.48  # median absolute deviation of a normal distribution to its standard deviation


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], Measured]:
    """Nothing is given; what is measured is slope and share of minima of each source (trials, 7, 2)."""
    slopes, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        found = [_minima(source, setting["data"], rng) for source in CURVES]
        slopes.append([_slope(*it) for it in found])
        drawings.add(NOTHING, *_drawn(found, [slope for slope, _ in slopes[-1]]))
    return {}, (np.array(slopes), drawings.arrays())


def measure(setting: Mapping, state: Measured) -> dict[str, np.ndarray]:
    """Mean over the sources of the allocation exponent and of the share of curves with a minimum (trials,).

    Each source's exponent (trials, 7) is infinite where a drawn curve has none. The drawing has all minima, and the
    power law through the drawn ones.
    """
    slopes, drawings = state
    return {
        "allocation_exponent": slopes[..., 0].mean(axis=1),
        "allocation_exponents": slopes[..., 0],
        "with_minimum": slopes[..., 1].mean(axis=1),
        **drawings,
    }


def _slope(compute: np.ndarray, minima: np.ndarray, drawn: np.ndarray) -> tuple[float, float]:
    """Slope of ln N of least loss in ln C over the drawn budgets of one source, and their share with a minimum."""
    found = np.isfinite(minima[drawn])
    ones = np.ones(len(drawn))
    slope = weighted_slope(np.log(compute[drawn]), minima[drawn], ones) if found.all() else np.inf
    return slope, float(found.mean())


def _drawn(found: list, slopes: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Sizes of least loss of all sources, and the power laws."""
    with np.errstate(over="ignore"):
        sizes = [np.exp(minima) for _, minima, _ in found]
    points = [places(it[0], size, k) for k, (it, size) in enumerate(zip(found, sizes, strict=True))]
    lines = [
        power_through(compute[drawn], size[drawn], slope if np.isfinite(slope) else np.nan, compute, k)
        for k, ((compute, _, drawn), size, slope) in enumerate(zip(found, sizes, slopes, strict=True))
    ]
    return joined(points), joined(lines)


def _minima(source: str, data: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute and ln N of least loss of each budget of one source, and which budgets are drawn."""
    runs = isoflop_curves(source)
    if data == "shuffled":
        runs = shuffled_runs(runs, rng)
    elif data != "published":
        exact = log_loss(_surface(runs, *PLANTED[data]), runs.size, runs.tokens)
        runs = replace(runs, loss=np.exp(exact + noise_of(source) * rng.standard_normal(len(exact))))
    compute = np.array([runs.compute[runs.curve == k][0] for k in range(int(runs.curve.max()) + 1)])
    return compute, log_minima(runs), draw(rng, len(compute))


def _surface(runs: Runs, alpha: float, beta: float) -> np.ndarray:
    """Parameters (5,) of a surface whose size of least loss at the curves' middle is that of their middle."""
    size, tokens = np.exp(np.log(runs.size).mean()), np.exp(np.log(runs.tokens).mean())
    size_term = 2 * TERM * beta / (alpha + beta)
    return np.array([FLOOR, size_term * size**alpha, alpha, (2 * TERM - size_term) * tokens**beta, beta])


@cache
def noise_of(source: str) -> float:
    """Standard deviation of ln L about cubics through a source's curves, as wide ones are skew; by the median."""
    runs = isoflop_curves(source)
    deviations = []
    for k in range(int(runs.curve.max()) + 1):
        log_size, log_losses = np.log(runs.size[runs.curve == k]), np.log(runs.loss[runs.curve == k])
        residuals = log_losses - np.polyval(
            np.polyfit(log_size - log_size.mean(), log_losses, 3), log_size - log_size.mean()
        )
        deviations.append(np.abs(residuals) * np.sqrt(len(residuals) / (len(residuals) - 4)))
    return TO_SIGMA * float(np.median(np.concatenate(deviations)))
