"""The learning rates of Luo et al.'s training curves (arXiv 2503.12811), and the sums that laws take of them.

A warm-up of 2,160 steps, which no curve shows, then the peak rate times the share below. Rates are in units of the
peak, sums in thousands of steps at the peak.
"""

from __future__ import annotations

from functools import cache

import numpy as np

WARMUP = 2160  # steps
UNIT = 1000.0
MEMORY = 0.999  # lambda of Tissue et al. 2024 (arXiv 2408.11029): annealing is felt for about a thousand steps
EVERY = 128  # steps between evaluations


@cache
def rates(schedule: str, last: int) -> np.ndarray:
    """Rate of each step from the end of the warm-up to `last`, in units of the peak (steps,)."""
    step = np.arange(WARMUP, last + 1)
    kind, *numbers = schedule.split("_")
    if kind == "constant":
        return np.ones(len(step))
    if kind == "cosine":
        return 0.1 + 0.45 * (1 + np.cos(np.pi * (step - WARMUP) / (int(numbers[0]) - WARMUP)))
    if kind == "wsdcon":  # the peak is 3e-4, the rate after step 8,000 a number of 1e-5
        return np.where(step < 8000, 1.0, int(numbers[0]) / 30)
    decayed = np.clip((step - int(numbers[0])) / (int(numbers[1]) - int(numbers[0])), 0, 1)
    return 0.1**decayed if kind == "wsd" else 1 - 0.9 * decayed


@cache
def rate_sum(schedule: str, last: int) -> np.ndarray:
    """S1 after each step (steps,): the sum of all rates so far, the warm-up's included."""
    return (WARMUP / 2 + np.cumsum(rates(schedule, last))) / UNIT


@cache
def annealing_sum(schedule: str, last: int) -> np.ndarray:
    """S2 after each step (steps,): the sum over i of sum over k <= i of (eta_(k-1) - eta_k) lambda^(i - k)."""
    from scipy.signal import lfilter

    falls = -np.diff(rates(schedule, last), prepend=1.0)
    return np.cumsum(lfilter([1.0], [1.0, -MEMORY], falls)) / UNIT


def evaluated(last: int, window: float = np.inf) -> np.ndarray:
    """Indices of the steps at which the loss is known, or those within the last `window` steps, ascending."""
    back = np.arange(0, last - WARMUP + 1, EVERY)
    return (last - WARMUP - back[back < window])[::-1]
