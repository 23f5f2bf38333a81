"""How many patterns a Hopfield network keeps: one after the other is stored until half of them are lost.

Model      N = `neurons` spins with `couplings` hebb, J = (1/N) sum_m x_m x_m' without self-couplings, or clipped, their
           signs alone.
Data       random patterns x of +-1.
Observed   half load: number of patterns over N at which half of the first `starts` patterns are lost. A pattern is kept
           if the state to which the network falls from it, spins against their field being turned in random order,
           overlaps with it by more than a half. Loads rise from `least_load` to at most `most_load` by the factor
           1 + `finer`; between two of them the share is interpolated.
Trial      patterns and order; the mean half load of `networks` networks.
"""

from __future__ import annotations

import numpy as np


def prepare(setting, seeds):
    """Nothing is given: theories need the condition only."""
    return {}, [np.random.default_rng(int(seed)) for seed in seeds]


def measure(setting, state):
    """The load at which half of the patterns are lost, mean over networks: (trials,)."""
    return {
        "half_load": np.array(
            [np.mean([_half_load(setting, child) for child in rng.spawn(setting["networks"])]) for rng in state]
        )
    }


def _half_load(setting, generator: np.random.Generator) -> float:
    """First crossing of one half, from above, of the share of patterns that are kept; infinite if there is none."""
    neurons = setting["neurons"]
    steps = int(np.log(setting["most_load"] / setting["least_load"]) / np.log1p(setting["finer"]))
    loads = setting["least_load"] * (1 + setting["finer"]) ** np.arange(steps + 1)
    patterns = generator.choice(np.array([-1, 1], dtype=np.float32), size=(round(loads[-1] * neurons), neurons))
    sums = np.zeros((neurons, neurons), dtype=np.float32)
    stored, before = 0, 1.0
    for place, load in enumerate(loads):
        more = patterns[stored : round(load * neurons)]
        stored += len(more)
        sums += more.T @ more
        np.fill_diagonal(sums, 0)
        couplings = np.sign(sums) if setting["couplings"] == "clipped" else sums
        kept = np.mean([retrieved(couplings, x, generator) > 0.5 for x in patterns[: setting["starts"]]])
        if kept < 0.5:
            share = (before - 0.5) / (before - kept)
            return load * (1 + setting["finer"]) ** (share - 1) if place else load
        before = kept
    return np.inf


def retrieved(couplings: np.ndarray, pattern: np.ndarray, generator: np.random.Generator) -> float:
    """Overlap with the pattern of the state to which the network falls from it; 0 once it is below a half."""
    state = pattern.copy()
    field = couplings @ state
    while True:
        unstable = np.flatnonzero(field * state < 0)
        if not len(unstable):
            return float(state @ pattern) / len(pattern)
        for i in generator.permutation(unstable):
            if field[i] * state[i] < 0:
                state[i] = -state[i]
                field += 2 * state[i] * couplings[i]
        if state @ pattern < 0.5 * len(pattern):
            return 0.0
