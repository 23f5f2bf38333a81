"""How the size of least loss grows with compute, read off the published IsoFLOP curves.

Data       the nine published IsoFLOP curves and the runs between them (`data`: published), or the same with their sizes
           permuted (shuffled); nothing is trained.
Observed   sizes of least loss on the curves: at each budget the vertex of a parabola of ln L in ln N (Hoffmann et al.
           2022, section 3.2); the slope of ln N_min against ln C is the allocation exponent. Given beside it, for each
           budget: the five-parameter surface fitted to the resample without that budget's curve.
Trial      a resample of budgets and of the runs between them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.scaling_laws.language_model_runs import Runs, published_runs, resample, shuffled_runs
from predictions.scaling_laws.parametric_fit import fit_surface

Trial = tuple[Runs, np.ndarray]
"""Runs, and how often each counts."""


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], list[Trial]]:
    """Given: draws, compute and held-out fit of each curve, as `describe_curves` says."""
    published = published_runs()
    start = fit_surface(published.size, published.tokens, published.loss)
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        runs = shuffled_runs(published, rng) if setting["data"] == "shuffled" else published
        trials.append((runs, resample(runs, rng)))
    return describe_curves(trials, start), trials


def measure(setting: Mapping, state: list[Trial]) -> dict[str, np.ndarray]:
    """Sizes of least loss (trials, curves), and the slope of their logarithm (trials,)."""
    return least_losses(state)


def describe_curves(trials: list[Trial], start: np.ndarray) -> dict[str, np.ndarray]:
    """How often each curve was drawn, its compute, and the surface fitted without it (nan if not drawn)."""
    return {
        "curve_draws": np.array([_curve_draws(runs, draws) for runs, draws in trials]),  # (trials, curves)
        "curve_compute": np.array([_curve_compute(runs) for runs, _ in trials]),  # (trials, curves), FLOP
        "held_out_fit": np.array([_held_out_fits(runs, draws, start) for runs, draws in trials]),  # (trials, curves, 5)
    }


def least_losses(trials: list[Trial]) -> dict[str, np.ndarray]:
    """Sizes of least loss (trials, curves), and the slope of their logarithm (trials,).

    Both are infinite where a curve that was drawn has no minimum.
    """
    log_sizes = np.array([log_minima(runs) for runs, _ in trials])
    exponents = [
        _weighted_slope(np.log(_curve_compute(runs)), minima, _curve_draws(runs, draws))
        for minima, (runs, draws) in zip(log_sizes, trials, strict=True)
    ]
    with np.errstate(over="ignore"):  # a nearly straight curve has its vertex anywhere
        sizes = np.exp(log_sizes)
    return {"allocation_exponent": np.array(exponents), "optimal_size": sizes}


def log_minima(runs: Runs) -> np.ndarray:
    """ln N at the vertex of each curve's parabola of ln L in ln N (curves,); inf where it opens downwards."""
    vertices = np.full(_curves(runs), np.inf)
    for k in range(_curves(runs)):
        log_size = np.log(runs.size[runs.curve == k])
        quadratic, linear, _ = np.polyfit(log_size - log_size.mean(), np.log(runs.loss[runs.curve == k]), 2)
        if quadratic > 0:
            vertices[k] = log_size.mean() - linear / (2 * quadratic)
    return vertices


def _curves(runs: Runs) -> int:
    return int(runs.curve.max()) + 1


def _curve_draws(runs: Runs, draws: np.ndarray) -> np.ndarray:
    return np.array([draws[runs.curve == k][0] for k in range(_curves(runs))])


def _curve_compute(runs: Runs) -> np.ndarray:
    """Geometric mean of the compute of a curve's runs (curves,)."""
    return np.exp([np.log(runs.compute[runs.curve == k]).mean() for k in range(_curves(runs))])


def _weighted_slope(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """Slope of the least-squares line through the drawn points; inf if one of them is."""
    drawn = weights > 0
    if not np.isfinite(y[drawn]).all():
        return np.inf
    centred = x - np.average(x, weights=weights)
    with np.errstate(invalid="ignore"):  # a single budget, drawn every time, has no slope: 0 / 0
        return float(np.divide(weights[drawn] @ (centred * y)[drawn], weights @ centred**2))


def _held_out_fits(runs: Runs, draws: np.ndarray, start: np.ndarray) -> np.ndarray:
    fits = np.full((_curves(runs), 5), np.nan)
    for k in range(_curves(runs)):
        if draws[runs.curve == k].any():
            others = np.where(runs.curve == k, 0, draws)
            fits[k] = fit_surface(runs.size, runs.tokens, runs.loss, draws=others, start=start)
    return fits
