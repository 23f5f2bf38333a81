"""Losses of language models under schedules of the learning rate that no fit has seen.

Data       training curves of models of 25M, 100M and 400M parameters, losses every 128 steps (`data`: published); the
           same with the two fitted curves exchanged (swapped); or curves planted on the same schedules, with 0.3% of
           noise, drawn once, and a known gain by annealing (planted). Nothing is trained. Fitted, for each size: the
           cosine and the constant rate over 24,000 steps. Held out: the cosine over 72,000 steps, two decays after
           20,000 steps of a constant rate and three drops of it at 8,000.
Observed   loss at the end of each of the six curves held out, of each size: the geometric mean over the last `window`
           steps. Given beside it: the constants of three laws, of least Huber loss of width 1e-3 of ln L on the two
           curves.
Trial      resamples the six schedules, the same for all sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from scipy.optimize import minimize

from predictions.data.runs import multi_power
from predictions.large_runs.annealing_laws import FITTED, HELD_OUT, annealing_curve, multi_power_curve
from predictions.large_runs.clusters import draw
from predictions.large_runs.drawings import Drawings, joined, places
from predictions.large_runs.rate_schedules import EVERY, WARMUP, evaluated

SIZES = ("25M", "100M", "400M")
HUBER_WIDTH = 1e-3  # of ln L, as in both papers
NOISE = 0.003  # of ln L between evaluations; the published curves are smoothed and scatter less
DRAWN, FIRST, SHOWN = "100M", 12, 16  # of a drawing: size, first evaluation and number of them
PLANTED = (2.6, 2.0, 0.5, 0.3)  # L0, A, a, C
STARTS = {  # of the logarithms of the constants
    annealing_curve: np.log([(2.5, 1.0, 0.5, 0.3), (3.0, 0.5, 1.0, 0.3), (2.0, 2.0, 0.3, 0.3)]),
    multi_power_curve: np.log([(2.5, 1.0, 0.5, 0.4, c, 0.5, 0.6) for c in (0.3, 2.0)]),
}

Curves = dict[str, tuple[int, np.ndarray]]
"""By schedule: the last step, and ln L every 128 steps up to there."""


def prepare(
    setting: Mapping, seeds: np.ndarray
) -> tuple[dict[str, np.ndarray], tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Given: drawn schedules and their last steps (trials, 6); constants (trials, 3, ...) of the laws for each size.

    `cosine_end` (trials, 3) is the loss at the end of the shorter cosine.
    """
    data, window = setting["data"], setting["window"]
    curves = {size: _curves(size, data) for size in SIZES}
    fits = {name: np.stack([_fits(size, data)[name] for size in SIZES]) for name in _fits(SIZES[0], data)}
    cosine_end = np.array([_end(curves[size]["cosine_24000"][1], window) for size in SIZES])
    last_step = np.array([float(curves[SIZES[0]][schedule][0]) for schedule in HELD_OUT])
    ends = np.array([[_end(curves[size][schedule][1], window) for schedule in HELD_OUT] for size in SIZES])
    drawn = np.array([draw(np.random.default_rng(int(seed)), len(HELD_OUT)) for seed in seeds])
    every = {
        name: np.repeat(value[None], len(seeds), axis=0) for name, value in (fits | {"cosine_end": cosine_end}).items()
    }
    given = every | {"schedule": drawn.astype(float), "last_step": last_step[drawn]}
    drawings = Drawings()
    for _ in seeds:
        drawings.add(*_drawn(curves[DRAWN], fits["annealing"][SIZES.index(DRAWN)]))
    return given, (np.moveaxis(ends[:, drawn], 0, 1), drawings.arrays())


def measure(setting: Mapping, state: tuple[np.ndarray, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Losses at the ends of the drawn schedules, nats a token: (trials, 3, 6); and what is drawn of one size."""
    ends, drawings = state
    return {"end_losses": ends, **drawings}


def fit_curve(law: Callable, curves: Curves, starts: np.ndarray) -> np.ndarray:
    """Constants, all positive, of least summed Huber loss on the curves; the best of the starts (their logarithms)."""

    def objective(logs: np.ndarray) -> float:
        value = 0.0
        for schedule, (last, log_loss) in curves.items():
            predicted = law(np.exp(logs), schedule, last, evaluated(last))
            if not np.all(predicted > 0):
                return 1e6
            residuals = np.log(predicted) - log_loss
            clipped = np.clip(residuals, -HUBER_WIDTH, HUBER_WIDTH)
            value += np.sum(clipped * (residuals - clipped / 2)) / HUBER_WIDTH**2
        return value / 1e3

    with np.errstate(over="ignore", invalid="ignore"):  # the line search may try constants at which a term is infinite
        options = {"maxiter": 500, "maxfun": 20_000, "ftol": 1e-12}
        fits = [minimize(objective, start, method="L-BFGS-B", options=options) for start in starts]
    return np.exp(min(fits, key=lambda fit: fit.fun).x)


def _end(log_loss: np.ndarray, window: int) -> float:
    return float(np.exp(log_loss[-len(range(0, window, EVERY)) :].mean()))


def _drawn(curves: Curves, law: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Thinned curves fitted and held out, and the annealing law's of the latter; series are schedules."""
    order = (*FITTED, *HELD_OUT)

    def thinned(schedule: str, log_loss: np.ndarray) -> np.ndarray:
        steps = WARMUP + evaluated(curves[schedule][0])
        rows = np.linspace(FIRST, len(steps) - 1, SHOWN).astype(int)
        return places(steps[rows], np.exp(log_loss[rows]), order.index(schedule))

    def forecast(schedule: str) -> np.ndarray:
        last = curves[schedule][0]
        return np.log(annealing_curve(law, schedule, last, evaluated(last)))

    measured = [joined(thinned(it, curves[it][1]) for it in schedules) for schedules in (FITTED, HELD_OUT)]
    return measured[0], measured[1], joined(thinned(it, forecast(it)) for it in HELD_OUT)


@cache
def _fits(size: str, data: str) -> dict[str, np.ndarray]:
    fitted = {schedule: _curves(size, data)[schedule] for schedule in FITTED}
    alone = STARTS[annealing_curve][:, :3]
    return {
        "annealing": fit_curve(annealing_curve, fitted, STARTS[annealing_curve]),
        "multi_power": fit_curve(multi_power_curve, fitted, STARTS[multi_power_curve]),
        "rate_sum_alone": fit_curve(lambda constants, *at: annealing_curve([*constants, 0.0], *at), fitted, alone),
    }


@cache
def _curves(size: str, data: str) -> Curves:
    """Curves at the steps of `evaluated`: their own, interpolated by less than 128 steps, or planted."""
    table = multi_power.table()
    curves = {}
    noise = np.random.default_rng(0)
    for schedule in (*FITTED, *HELD_OUT):
        rows = table[table["run"] == f"{size} {schedule}"]
        last = int(rows["step"].max())
        if data == "planted":
            exact = np.log(annealing_curve(PLANTED, schedule, last, evaluated(last)))
            curves[schedule] = (last, exact + NOISE * noise.standard_normal(len(exact)))
        else:
            curves[schedule] = (last, np.interp(WARMUP + evaluated(last), rows["step"], np.log(rows["loss"])))
    if data == "swapped":
        first, second = FITTED
        shared = min(curves[first][0], curves[second][0])
        assert len(evaluated(shared)) == len(curves[first][1]) == len(curves[second][1])
        curves[first], curves[second] = curves[second], curves[first]
    return curves
