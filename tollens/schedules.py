"""Loss under another schedule of the learning rate, from the curve of one run, or of a few.

    fitted = fit(pandas.read_csv("curve.csv"))      # columns step, rate, loss (nats, empty where there is none)
    fitted.loss(other_rates)                         # under other rates, one a step: the loss after each

L = L0 + A S1^-a - C S2 (Tissue et al. 2024, arXiv 2408.11029, eq. 1): S1 the sum of the rates so far, S2 what their
falls leave in a memory of a thousand steps. It holds for one model, batch, peak rate and warm-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.signal import lfilter

from predictions.large_runs.rate_schedules import MEMORY
from predictions.scaling_laws.parametric_fit import HUBER_WIDTH

FEWEST_LOOKS, LEAST_FALL, SAME_PEAK = 20, 0.3, 0.01


class CannotTell(ValueError):
    """The curves cannot tell the law's terms apart; the message says what is missing."""


@dataclass(frozen=True)
class ScheduleFit:
    """The law's constants; they hold for the model, data and batch of the curves that it was fitted to."""

    floor: float
    """L0, nats."""
    factor: float
    """A, at the largest sum of rates that was fitted."""
    exponent: float
    """a."""
    gain: float
    """C, at a fall of the peak rate."""
    largest_sum: float
    peak: float
    error: float
    """Root mean square of ln loss about the law."""

    def loss(self, rates: Sequence[float] | np.ndarray) -> np.ndarray:
        """(steps,): loss after each step under these rates, of the same peak as those of the fitted curves.

        Infinite while no rate was above 0.
        """
        s1, s2 = sums(np.asarray(rates, dtype=float))
        with np.errstate(divide="ignore"):
            power = (s1 / self.largest_sum) ** -self.exponent
        return self.floor + self.factor * power - self.gain * s2 / self.peak

    def beyond(self, rates: Sequence[float] | np.ndarray) -> float:
        """How many times the largest sum of rates that was fitted these reach."""
        return float(np.sum(rates) / self.largest_sum)


def sums(rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S1 and S2 after each step, (steps,): S2 sums the memory m_i = MEMORY m_(i-1) + (eta_(i-1) - eta_i) from the first
    step at the peak rate on, so that a warm-up counts for S1 alone."""
    falls = -np.diff(rates, prepend=rates[0])
    falls[: int(np.argmax(rates)) + 1] = 0.0
    return np.cumsum(rates), np.cumsum(lfilter([1.0], [1.0, -MEMORY], falls))


def fit(
    curves: pd.DataFrame, *, step: str = "step", rate: str = "rate", loss: str = "loss", run: str | None = None
) -> ScheduleFit:
    """Fit the law to curves: a row a step with its rate, and the loss where it was evaluated (else empty).

    `run` names the column that tells several runs apart. Raises CannotTell where a rate never falls, say.
    """
    if missing := [name for name in (step, rate, loss, *([run] if run else [])) if name not in curves.columns]:
        raise ValueError(f"there is no column {missing[0]!r}; there are {', '.join(map(str, curves.columns))}")
    if curves.empty:
        raise CannotTell("there are no curves")
    parts = [part for _, part in curves.groupby(run)] if run else [curves]
    s1: list[np.ndarray] = []
    s2: list[np.ndarray] = []
    logs: list[np.ndarray] = []
    peaks, falls = [], []
    for part in parts:
        part = part.sort_values(step)
        if not np.array_equal(part[step], np.arange(len(part)) + part[step].iloc[0]):
            raise CannotTell(f"{step} has gaps or repeats; give a row a step, the loss left empty where there is none")
        rates, losses = part[rate].to_numpy(float), part[loss].to_numpy(float)
        if not (np.isfinite(rates) & (rates >= 0)).all():
            raise CannotTell("a rate is missing or below 0; it is needed at every step")
        seen = np.isfinite(losses)
        if (losses[seen] <= 0).any():
            raise CannotTell("a loss is not above 0; it is in nats")
        one, two = sums(rates)
        seen &= one > 0
        s1, s2, logs = [*s1, one[seen]], [*s2, two[seen]], [*logs, np.log(losses[seen])]
        peaks.append(rates.max())
        falls.append(1 - rates[int(np.argmax(rates)) :].min() / rates.max() if rates.max() else 0.0)
    if max(peaks) > (1 + SAME_PEAK) * min(peaks):
        raise CannotTell(f"the peak rates are from {min(peaks):.3g} to {max(peaks):.3g}; the law holds for one")
    first, second, measured = map(np.concatenate, (s1, s2, logs))
    if len(measured) < FEWEST_LOOKS:
        raise CannotTell(f"{len(measured)} losses for a law of four constants; at least {FEWEST_LOOKS}")
    if max(falls) < LEAST_FALL:
        raise CannotTell(
            f"after its peak the rate falls by less than {LEAST_FALL:.0%}: what annealing gains cannot be told"
        )
    largest, peak = float(first.max()), max(peaks)
    return _fitted(first / largest, second / peak, measured, largest, peak)


def _fitted(s1: np.ndarray, s2: np.ndarray, logs: np.ndarray, largest: float, peak: float) -> ScheduleFit:
    """Least Huber loss of ln L, all constants positive, from several starts."""

    def predicted(parameters: np.ndarray) -> np.ndarray:
        floor, factor, exponent, gain = np.exp(parameters)
        return floor + factor * s1**-exponent - gain * s2

    def objective(parameters: np.ndarray) -> float:
        told = predicted(parameters)
        if not (told > 0).all():
            return 1e6
        residuals = np.log(told) - logs
        clipped = np.clip(residuals, -HUBER_WIDTH, HUBER_WIDTH)
        return float(np.sum(clipped * (residuals - 0.5 * clipped))) / HUBER_WIDTH / len(logs)

    last = float(np.exp(logs.min()))
    starts = [np.log([share * last, (1 - share) * last, a, 1e-4]) for share in (0.9, 0.7) for a in (0.2, 0.5, 1.0)]
    options = {"maxiter": 8000, "xatol": 1e-7, "fatol": 1e-10}
    with np.errstate(over="ignore", invalid="ignore"):
        fits = [minimize(objective, start, method="Nelder-Mead", options=options) for start in starts]
    best = min(fits, key=lambda it: it.fun).x
    error = float(np.sqrt(np.mean((np.log(predicted(best)) - logs) ** 2)))
    floor, factor, exponent, gain = map(float, np.exp(best))
    return ScheduleFit(floor, factor, exponent, gain, largest, peak, error)
