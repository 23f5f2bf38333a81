"""How the loss falls in data if skills are learned whole or not at all, in the order of their frequency.

Michaud et al. 2023 (arXiv 2303.13506), section 2. Frequencies p_k ~ k^-(1 + alpha); the loss is the weight of the tasks
that are not learned.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import poisson

from predictions.scaling_laws.log_slope import log_slope
from predictions.scaling_laws.quanta_setting import frequencies_of, sample_sizes, zipf_frequencies


def quantum_slope(setting, given):
    """Slope of ln L in ln D if a parity of n bits is learned once n samples of it are expected, and not before.

    -alpha/(1 + alpha) for infinitely many tasks; the number of tasks is that of the condition.
    """
    frequencies = zipf_frequencies(setting)
    samples = sample_sizes(setting)
    losses = [frequencies[count * frequencies < setting["bits"]].sum() for count in samples]
    return log_slope(samples, losses)


def asymptotic_quantum_slope(setting, given):
    """-alpha/(1 + alpha)."""
    alpha = setting["frequency_exponent"]
    return -alpha / (1 + alpha)


def size_slope(setting, given):
    """-alpha, the exponent in the number of tasks that a model can hold, as if data had the same."""
    return -setting["frequency_exponent"]


def gradual_slope(setting, given):
    """Slope of the expected loss itself, for any frequencies: ranks grow one by one, counts are Poisson."""
    frequencies, samples = frequencies_of(setting), sample_sizes(setting)
    missed = missed_after(np.arange(4 * setting["bits"]), setting["bits"])
    losses = [frequencies @ (poisson.pmf(np.arange(len(missed)), count * frequencies[:, None]) @ missed)
              for count in samples]  # fmt: skip
    return log_slope(samples, losses)


def missed_after(counts: np.ndarray, bits: int) -> np.ndarray:
    """Probability that a random input is outside the span of so many others, over two elements: for 0, 1, 2, ..."""
    growth = 1 - 2.0 ** (np.arange(bits + 1) - bits)  # probability that an input raises the rank
    of_rank = np.zeros(bits + 1)
    of_rank[0] = 1.0
    missed = []
    for _ in counts:
        missed.append(of_rank @ growth)
        of_rank = of_rank * (1 - growth) + np.append(0.0, (of_rank * growth)[:-1])
    return np.array(missed)
