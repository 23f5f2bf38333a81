"""What a condition fixes for many tasks of unequal frequency: how often each occurs, and how many samples are drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

DECAY = 60  # tasks over which geometric frequencies fall by a factor e


def zipf_frequencies(setting: Mapping) -> np.ndarray:
    """p_k proportional to k^-(1 + alpha), alpha = `frequency_exponent`, of sum 1: (tasks,)."""
    frequencies = np.arange(1.0, setting["tasks"] + 1) ** -(1 + setting["frequency_exponent"])
    return frequencies / frequencies.sum()


def frequencies_of(setting: Mapping) -> np.ndarray:
    """Zipf frequencies, or "geometric" ones, p_k proportional to exp(-k / 60): (tasks,)."""
    if setting["frequencies"] == "zipf":
        return zipf_frequencies(setting)
    frequencies = np.exp(-np.arange(setting["tasks"]) / DECAY)
    return frequencies / frequencies.sum()


def sample_sizes(setting: Mapping) -> np.ndarray:
    """Numbers of samples D, from `fewest_samples` in seven steps up to 64 times as many: (7,)."""
    return setting["fewest_samples"] * 2 ** np.arange(7)
