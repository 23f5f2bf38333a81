"""The evidence on a mean: Student's t, with an allowance for skewness that counts against every decision.

No sample can tell of every distribution what its mean is (Bahadur and Savage 1956): an event that is rarer than the
draws are many may move it as far as one likes. What a test can do is hold its error for means of which the sample shows
how skewed they are, and refuse the others:

* The t of skewed trials is skewed the other way: if large values are rare, their absence makes both mean and spread too
  small, and the mean is said to lie below an edge with too large a chance. Hall's cubic (1992, section 3.9.4; Johnson
  1978 without the cubic term) undoes that to the order 1/n, with the sample's skewness on the side where it makes a
  decision harder, and never on the other.
* Few trials show too little of a skewness. `UNSEEN` is added to it on either side, and p-values are doubled: the
  smallest numbers with which `tollens calibrate` finds the error to hold for averages of 32 draws that are log-normal
  (sigma up to 2, skewness 414), Pareto (tail index from 2.2 on), Student's t3, or events of one draw in a hundred.
* The cubic saturates: beyond a skewness no distance from an edge is enough, and the condition stays undecided.
* Equal trials decide nothing, for nobody knows how far from them others would lie.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from runners.rule.intervals import UNKNOWN, Chances, Limits, Source

UNSEEN = 0.8
"""Skewness that is added to the sample's."""


class Mean(Source):
    """The mean by Student's t on the linear scale; a value that is not finite or not known leaves it unbounded."""

    words = "Student's t"
    cost = 2

    def chances(self, values: np.ndarray, admitted: np.ndarray) -> Chances:
        (low, high), n = self.region, values.shape[-1]
        known = np.all(admitted & np.isfinite(values), axis=-1)
        finite = np.where(known[..., None], values, 0.0)
        centre, error, skewness = moments(finite)
        spread = known & (error > 0)

        def p_beyond(excess: np.ndarray, skewness: np.ndarray) -> np.ndarray:
            """That the mean lies beyond an edge so far away, with the skewness of values towards that edge."""
            t = excess / np.where(spread, error, 1.0)
            p = self.cost * special.stdtr(n - 1, -_corrected(t, _step(skewness, n)))
            return np.where(spread, np.where(np.isposinf(excess), 0.0, np.minimum(1.0, p)), 1.0)

        agree = np.maximum(p_beyond(centre - low, -skewness), p_beyond(high - centre, skewness))
        disagree = np.minimum(p_beyond(low - centre, skewness), p_beyond(centre - high, -skewness))
        return agree, np.minimum(1.0, 2 * disagree)

    def estimate(self, known: np.ndarray, alpha: float, missing: int) -> tuple[float, Limits]:
        if missing or not np.all(np.isfinite(known)):
            return float("nan"), UNKNOWN
        centre, error, skewness = (float(it) for it in moments(known))
        if not error > 0:
            return centre, UNKNOWN
        down, up = (float(self.needed_t(alpha, len(known), sign * skewness)) for sign in (-1, 1))
        return centre, (centre - down * error, centre + up * error)

    def doubt(self, known: np.ndarray, alpha: float, missing: int) -> str | None:
        centre, interval = self.estimate(known, alpha, missing)
        if missing or not np.isfinite(centre):
            return "a mean is not known while a trial is missing or infinite"
        if interval == UNKNOWN and not float(moments(known)[1]) > 0:
            return "too alike for a mean: all trials are equal, which shows nothing of those that are not"
        if not np.all(np.isfinite(interval)):
            return f"too skewed for a mean: skewness {float(moments(known)[2]):+.2g} of {len(known)} trials"
        return None

    def needed_t(self, alpha: float, n: int, skewness: np.ndarray | float) -> np.ndarray:
        """Distance of the mean from an edge above it, in standard errors, from which it lies below with p <= alpha."""
        step = _step(skewness, n)
        t = -special.stdtrit(n - 1, alpha / self.cost)
        left = 1 - 3 * step * (t + step / 2)
        return np.where(left > 0, (1 - np.cbrt(np.maximum(left, 0.0))) / step, np.inf)

    def most_skewness(self, alpha: float, n: int) -> float:
        """The skewness of n trials, towards an edge, from which on no distance suffices."""
        t = -float(special.stdtrit(n - 1, alpha / self.cost))
        return 3 * float(np.sqrt(n) * (np.sqrt(t**2 + 2 / 3) - t)) - UNSEEN


def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, its standard error (0 where trials differ by rounding only) and the trials' skewness (...), corrected."""
    n = values.shape[-1]
    centre = np.mean(values, axis=-1)
    centred = values - centre[..., None]
    scale = np.max(np.abs(centred), axis=-1)
    varied = scale > 1e-12 * np.max(np.abs(values), axis=-1)
    scaled = centred / np.where(varied, scale, 1.0)[..., None]
    second, third = (np.mean(scaled**power, axis=-1) for power in (2, 3))
    skewness = np.sqrt(n * (n - 1)) / max(1, n - 2) * third / np.where(varied, second, 1.0) ** 1.5
    error = scale * np.sqrt(second / max(1, n - 1))
    return centre, np.where(varied, error, 0.0), np.where(varied, skewness, 0.0)


def _step(skewness: np.ndarray | float, n: int) -> np.ndarray:
    """What Hall's cubic is written in: skewness / (3 sqrt(n)), here of what the sample shows upwards and UNSEEN."""
    return (np.maximum(skewness, 0.0) + UNSEEN) / (3 * np.sqrt(n))


def _corrected(t: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Hall's cubic of a mean t standard errors below an edge: less than t, and at most 1 / (3 step) - step / 2."""
    return (1 - np.maximum(1 - step * t, 0.0) ** 3) / (3 * step) - step / 2
