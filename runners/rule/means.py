"""The evidence on a mean: Student's t, with an allowance for skewness that counts against every decision.

No sample can tell of every distribution what its mean is (Bahadur and Savage 1956): an event that is rarer than the
draws are many may move it as far as one likes. What a test can do is hold its error for means of which the sample shows
how skewed they are, and refuse the others.

The t of skewed trials is skewed the other way: if large values are rare, their absence makes both mean and spread too
small, and the mean is said to lie below an edge too easily. A monotone transformation of t undoes that to the order 1/n
(Johnson 1978, Hall 1992), here the exponential one of Zhou and Gao (2000, equation 4): its second-order terms are
Hall's, and it does not saturate. With g = skewness / sqrt(n), t standard errors have to become

    (exp(2/3 g (t + g / 6)) - 1) / (2/3 g).

The skewness is that towards the edge, where values may be unseen; skewness away from it never makes a decision easier.
Few trials show too little of it: it is counted `SHOWN` times, `UNSEEN` is added, and p-values are doubled, the smallest
numbers with which `tollens calibrate` finds the error to hold for averages of 32 draws that are log-normal (sigma up to
2, skewness 414), Pareto (tail index from 2.2 on, infinite skewness), Student's t3, or events of one draw in a hundred.
Trials whose mean is more skewed than `MOST` decide nothing, nor do equal ones: nobody knows how far others would lie.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from runners.rule.intervals import UNKNOWN, Chances, Limits, Source

SHOWN = 2
"""How often the sample's skewness is counted."""
UNSEEN = 1.0
"""Skewness that is added to it."""
MOST = 0.5
"""Largest skewness / sqrt(n), the skewness of a mean of n such trials, with which the mean is judged."""


class Mean(Source):
    """The mean by Student's t on the linear scale; a value that is not finite or not known leaves it unbounded."""

    words = "Student's t"
    cost = 2

    def chances(self, values: np.ndarray, admitted: np.ndarray) -> Chances:
        (low, high), n = self.region, values.shape[-1]
        known = np.all(admitted & np.isfinite(values), axis=-1)
        centre, error, skewness = moments(np.where(known[..., None], values, 0.0))
        judged = known & (error > 0) & (np.abs(skewness) <= MOST * np.sqrt(n))

        def p_beyond(excess: np.ndarray, skewness: np.ndarray) -> np.ndarray:
            """That the mean lies beyond an edge so far away, with the skewness of values towards that edge."""
            g = self.allowed(skewness, n)
            t = np.maximum(excess, 0.0) / np.where(judged, error, 1.0)
            p = self.cost * special.stdtr(n - 1, g / 6 - np.log1p(2 / 3 * g * t) / (2 / 3 * g))
            return np.where(judged, np.minimum(1.0, p), 1.0)

        agree = np.maximum(p_beyond(centre - low, -skewness), p_beyond(high - centre, skewness))
        disagree = np.minimum(p_beyond(low - centre, skewness), p_beyond(centre - high, -skewness))
        return agree, np.minimum(1.0, 2 * disagree)

    def estimate(self, known: np.ndarray, alpha: float, missing: int) -> tuple[float, Limits]:
        if missing or not np.all(np.isfinite(known)):
            return float("nan"), UNKNOWN
        centre, error, skewness = (float(it) for it in moments(known))
        if not error or abs(skewness) > MOST * np.sqrt(len(known)):
            return centre, UNKNOWN
        down, up = (self.needed_t(alpha, len(known), sign * skewness) for sign in (-1, 1))
        return centre, (centre - down * error, centre + up * error)

    def doubt(self, known: np.ndarray, missing: int) -> str | None:
        if missing or not np.all(np.isfinite(known)):
            return "a mean is not known while a trial is missing or infinite"
        _, error, skewness = (float(it) for it in moments(known))
        if not error:
            return "too alike for a mean: equal trials show nothing of those that are not"
        if abs(skewness) > MOST * np.sqrt(len(known)):
            return f"too skewed for a mean: skewness {skewness:+.2g} of {len(known)} trials"
        return None

    def allowed(self, skewness: np.ndarray | float, n: int) -> np.ndarray:
        """g, the skewness of a mean of n trials that is corrected for, where they show this one towards an edge."""
        return (SHOWN * np.maximum(skewness, 0.0) + UNSEEN) / np.sqrt(n)

    def needed_t(self, alpha: float, n: int, skewness: float) -> float:
        """Standard errors from which a mean lies beyond an edge with p <= alpha, at this skewness towards the edge."""
        g = float(self.allowed(skewness, n))
        t = -float(special.stdtrit(n - 1, alpha / self.cost))
        return float(np.expm1(2 / 3 * g * (t + g / 6)) / (2 / 3 * g))


def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, its standard error (0 where trials differ by rounding only) and the trials' skewness (...), corrected."""
    n = values.shape[-1]
    centre = np.mean(values, axis=-1)
    centred = values - centre[..., None]
    scale = np.max(np.abs(centred), axis=-1)
    varied = scale > 1e-12 * np.max(np.abs(values), axis=-1)
    scaled = centred / np.where(varied, scale, 1.0)[..., None]
    squares = scaled * scaled
    second, third = np.mean(squares, axis=-1), np.mean(squares * scaled, axis=-1)
    skewness = np.sqrt(n * (n - 1)) / max(1, n - 2) * third / np.where(varied, second, 1.0) ** 1.5
    error = scale * np.sqrt(second / max(1, n - 1))
    return centre, np.where(varied, error, 0.0), np.where(varied, skewness, 0.0)
