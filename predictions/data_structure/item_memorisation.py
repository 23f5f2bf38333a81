"""A learner that knows exactly the items that it has seen, shown items of unequal frequency one at a time.

Model      a table: it is right about an item from the first time that it was shown, and wrong before.
Data       item i of `items` with frequency theta_i (`frequencies`): proportional to i^{-(1 + `alpha`)} (power) or to
           e^{-i / (100 `alpha`)} (exponential); items have nothing in common.
Observed   the probability that the next item is one not seen in the first `samples`.
Trial      `streams` independent streams of `most_samples` items, of which shorter ones see the first; the error is
           averaged.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np


def prepare(setting, seeds):
    """Nothing is given: the frequencies are the condition's. State: the seeds."""
    return {}, seeds


def measure(setting, state):
    """Probability that the next item is one not seen in the first `samples`, mean over the streams (trials,)."""
    frequencies, cumulative = _world(setting["frequencies"], float(setting["alpha"]), setting["items"])
    errors = []
    for seed in state:
        rng = np.random.default_rng(int(seed))
        unseen = []
        for _ in range(setting["streams"]):
            # a longer stream of the same trial begins with the shorter one
            drawn = np.searchsorted(cumulative, rng.random(setting["most_samples"])[: setting["samples"]])
            unseen.append(1 - frequencies[np.unique(drawn)].sum())
        errors.append(np.mean(unseen))
    return {"error": np.array(errors)}


@lru_cache(maxsize=4)
def _world(kind: str, alpha: float, items: int) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies (items,), most frequent first, and their running sums."""
    rank = np.arange(1, items + 1, dtype=float)
    weight = rank ** -(1 + alpha) if kind == "power" else np.exp(-rank / (100 * alpha))
    frequencies = weight / weight.sum()
    return frequencies, np.minimum(np.cumsum(frequencies), 1.0)
