"""What a condition fixes for many tasks of unequal frequency: how often each occurs, and how many samples are drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

STEEP = 4 / 3  # exponent alpha of steep frequencies over the condition's


def zipf_frequencies(setting: Mapping) -> np.ndarray:
    """p_k proportional to k^-(1 + alpha), alpha = `frequency_exponent`, of sum 1: (tasks,)."""
    frequencies = np.arange(1.0, setting["tasks"] + 1) ** -(1 + setting["frequency_exponent"])
    return frequencies / frequencies.sum()


def frequencies_of(setting: Mapping) -> np.ndarray:
    """Zipf frequencies, or "steep" ones, whose alpha is larger by a third: (tasks,)."""
    if setting["frequencies"] == "zipf":
        return zipf_frequencies(setting)
    return zipf_frequencies({**setting, "frequency_exponent": STEEP * setting["frequency_exponent"]})


def sample_sizes(setting: Mapping) -> np.ndarray:
    """Numbers of samples D, from `fewest_samples` in seven steps up to 64 times as many: (7,)."""
    return setting["fewest_samples"] * 2 ** np.arange(7)
