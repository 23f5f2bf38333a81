"""Many parities of unequal frequency, learned from a common stream of samples.

Model      exact inference: on a test input in the span, over the field of two elements, of its task's training inputs
           it is certain, on any other it knows nothing. One more input raises the rank r with probability 1 - 2^(r -
           bits).
Data       `tasks` tasks; each is the parity of an unknown subset of `bits` bits; task k occurs (`frequencies`) with a
           zipf frequency k^-(1 + alpha), alpha = `frequency_exponent`, or a steep one, alpha larger by a third. A
           sample names its task and has uniform random bits; `fewest_samples` of them and on by factors of two.
Loss       in bits: the probability that a test input is outside the span.
Observed   slope of the loss in the number of samples, and the weight of the tasks that are partly learned.
Trial      one stream at each number of samples D.

After the multitask sparse parity of Michaud et al. 2023 (arXiv 2303.13506), which is learned by networks there.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.instruments.fits import log_slope
from predictions.scaling_laws.quanta_setting import frequencies_of, sample_sizes


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Nothing is given: theories need the condition only."""
    return {}, seeds


def measure(setting: Mapping, state: np.ndarray) -> dict[str, np.ndarray]:
    """Slope of ln L in ln D, and at the most samples the weight of the tasks that are partly learned: (trials,)."""
    slopes, partial = [], []
    for seed in state:
        rng = np.random.default_rng(int(seed))
        losses = []
        for samples in sample_sizes(setting):
            frequencies = frequencies_of(setting)
            counts = rng.multinomial(samples, frequencies)
            missing = setting["bits"] - ranks(counts, setting["bits"], rng)
            losses.append(frequencies @ (1 - 2.0**-missing))
        slopes.append(log_slope(sample_sizes(setting), losses))
        partial.append(frequencies @ ((counts > 0) & (missing > 0)))
    return {"token_slope": np.array(slopes), "partly_learned": np.array(partial)}


def ranks(counts: np.ndarray, bits: int, rng: np.random.Generator) -> np.ndarray:
    """Rank over two elements of so many random inputs of so many bits: (tasks,)."""
    rank = np.zeros(len(counts), dtype=int)
    drawn = 0
    growing = np.flatnonzero(counts > 0)
    while len(growing):
        rank[growing] += rng.random(len(growing)) < 1 - 2.0 ** (rank[growing] - bits)
        drawn += 1
        growing = growing[(counts[growing] > drawn) & (rank[growing] < bits)]
    return rank
