"""Losses of language models under schedules of the learning rate that no fit has seen.

Data       training curves of models of 25M, 100M and 400M parameters (`size`), losses every 128 steps (`data`:
           published); the same with the two fitted curves exchanged (swapped); or curves planted on the same
           schedules, with 0.3% of noise, drawn once, and a known gain by annealing (planted). Nothing is trained.
           Fitted: the cosine and the constant rate over 24,000 steps. Held out: the cosine over 72,000 steps, two
           decays after 20,000 steps of a constant rate and three drops of it at 8,000.
Observed   mean log loss over the last `window` steps of the six curves held out. Given beside it: the constants of
           three laws, of least Huber loss of width 1e-3 of ln L on the two curves.
Trial      resamples the six schedules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
from scipy.optimize import minimize

from predictions.data.runs import multi_power
from predictions.large_runs.annealing_laws import FITTED, HELD_OUT, annealing_curve, multi_power_curve
from predictions.large_runs.clusters import draw
from predictions.large_runs.rate_schedules import EVERY, WARMUP, evaluated

HUBER_WIDTH = 1e-3  # of ln L, as in both papers
NOISE = 0.003  # of ln L between evaluations; the published curves are smoothed and scatter less
PLANTED = (2.6, 2.0, 0.5, 0.3)  # L0, A, a, C
STARTS = {  # of the logarithms of the constants
    annealing_curve: np.log([(2.5, 1.0, 0.5, 0.3), (3.0, 0.5, 1.0, 0.3), (2.0, 2.0, 0.3, 0.3)]),
    multi_power_curve: np.log([(2.5, 1.0, 0.5, 0.4, c, 0.5, 0.6) for c in (0.3, 2.0)]),
}

Curves = dict[str, tuple[int, np.ndarray]]
"""By schedule: the last step, and ln L every 128 steps up to there."""


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], list]:
    """Given: drawn schedules and their last steps (trials, 6); constants of the laws, (4,), (7,) and (3,) a trial.

    `cosine_end` (trials,) is the mean of ln L over the last `window` steps of the shorter cosine.
    """
    curves, fits = _curves(setting["size"], setting["data"]), _fits(setting["size"], setting["data"])
    given: dict[str, list] = {}
    state = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        schedules = draw(rng, len(HELD_OUT))
        ends = [_end(curves[HELD_OUT[k]][1], setting["window"]) for k in schedules]
        row = fits | {
            "schedule": schedules.astype(float),
            "last_step": np.array([float(curves[HELD_OUT[k]][0]) for k in schedules]),
            "cosine_end": _end(curves["cosine_24000"][1], setting["window"]),
        }
        for name, value in row.items():
            given.setdefault(name, []).append(value)
        state.append(ends)
    return {name: np.array(values) for name, values in given.items()}, state


def measure(setting: Mapping, state: list) -> dict[str, np.ndarray]:
    """Mean of ln L over the last `window` steps of the drawn schedules, L in nats a token: (trials,)."""
    return {"mean_log_loss_ahead": np.mean(state, axis=1)}


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
    return float(log_loss[-len(range(0, window, EVERY)) :].mean())


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
