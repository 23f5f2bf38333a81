"""Experiment: how the size of least loss grows with compute, read off IsoFLOP curves.

Hoffmann et al. 2022, section 3.2: at each budget a parabola of ln L in ln N; the slope of ln N_min against ln C over
the budgets is the allocation exponent. A trial is a resample of the budgets and of the runs between them. Beside it
goes, for each budget, the five-parameter surface fitted to the resample without that budget's curve.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.scaling_laws.language_model_runs import (
    BUDGETS,
    Runs,
    curve_of,
    designed_runs,
    planted_runs,
    published_runs,
    resample,
    shuffled_runs,
)
from predictions.scaling_laws.parametric_fit import fit_surface

# exponents alpha, beta of planted surfaces: the size of least loss grows as C^(beta / (alpha + beta))
PLANTED_EXPONENTS = {"planted-balanced": (0.35, 0.35), "planted-unequal": (0.25, 0.45), "planted-steep": (0.2, 0.54)}
PLANTED_FLOOR, PLANTED_REDUCIBLE = 1.8, 0.7  # nats a token, the latter at 10^9 parameters and 10^20 FLOP


def prepare(condition: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], list]:
    """Given: how often each curve was drawn, its compute, and the surface fitted without it (nan if not drawn)."""
    data = condition["data"]
    if data in PLANTED_EXPONENTS:
        source, start = designed_runs(), planted_surface(*PLANTED_EXPONENTS[data])
    else:
        source = published_runs()
        start = fit_surface(source.size, source.tokens, source.loss)
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        runs = source
        if data in PLANTED_EXPONENTS:
            runs = planted_runs(source, start, rng)
        elif data == "shuffled":
            runs = shuffled_runs(source, rng)
        trials.append((runs, resample(runs, rng)))
    given = {
        "curve_draws": np.array([_curve_draws(runs, draws) for runs, draws in trials]),  # (trials, curves)
        "curve_compute": np.array([_curve_compute(runs) for runs, _ in trials]),  # (trials, curves), FLOP
        "held_out_fit": np.array([_held_out_fits(runs, draws, start) for runs, draws in trials]),  # (trials, curves, 5)
    }
    return given, trials


def measure(condition: Mapping, state: list) -> dict[str, np.ndarray]:
    """Sizes of least loss (trials, curves), and the slope of their logarithm (trials,).

    Both are infinite where a curve that was drawn has no minimum.
    """
    log_sizes = np.array([_minima(runs) for runs, _ in state])
    exponents = [
        _weighted_slope(np.log(_curve_compute(runs)), minima, _curve_draws(runs, draws))
        for minima, (runs, draws) in zip(log_sizes, state, strict=True)
    ]
    return {"allocation_exponent": np.array(exponents), "optimal_size": np.exp(log_sizes)}


def planted_surface(alpha: float, beta: float) -> np.ndarray:
    """Parameters (5,) of a surface whose size of least loss at 10^20 FLOP is 10^9."""
    tokens = 1e20 / (6 * 1e9)
    size_term = PLANTED_REDUCIBLE * beta / (alpha + beta)
    token_term = PLANTED_REDUCIBLE - size_term
    return np.array([PLANTED_FLOOR, size_term * 1e9**alpha, alpha, token_term * tokens**beta, beta])


def _curve_draws(runs: Runs, draws: np.ndarray) -> np.ndarray:
    curve = curve_of(runs.compute)
    return np.array([draws[curve == k][0] for k in range(len(BUDGETS))])


def _curve_compute(runs: Runs) -> np.ndarray:
    """Geometric mean of the compute of a curve's runs (curves,)."""
    curve = curve_of(runs.compute)
    return np.exp([np.log(runs.compute[curve == k]).mean() for k in range(len(BUDGETS))])


def _minima(runs: Runs) -> np.ndarray:
    """ln N at the vertex of each curve's parabola of ln L in ln N (curves,); inf where it opens downwards."""
    curve = curve_of(runs.compute)
    vertices = np.full(len(BUDGETS), np.inf)
    for k in range(len(BUDGETS)):
        log_size = np.log(runs.size[curve == k])
        quadratic, linear, _ = np.polyfit(log_size - log_size.mean(), np.log(runs.loss[curve == k]), 2)
        if quadratic > 0:
            vertices[k] = log_size.mean() - linear / (2 * quadratic)
    return vertices


def _weighted_slope(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> float:
    """Slope of the least-squares line through the drawn points; inf if one of them is."""
    drawn = weights > 0
    if not np.isfinite(y[drawn]).all():
        return np.inf
    centred = x - np.average(x, weights=weights)
    with np.errstate(invalid="ignore"):  # a single budget, drawn nine times, has no slope: 0 / 0
        return float(np.divide(weights[drawn] @ (centred * y)[drawn], weights @ centred**2))


def _held_out_fits(runs: Runs, draws: np.ndarray, start: np.ndarray) -> np.ndarray:
    curve = curve_of(runs.compute)
    fits = np.full((len(BUDGETS), 5), np.nan)
    for k in range(len(BUDGETS)):
        if draws[curve == k].any():
            others = np.where(curve == k, 0, draws)
            fits[k] = fit_surface(runs.size, runs.tokens, runs.loss, draws=others, start=start)
    return fits
