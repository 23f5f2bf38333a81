"""What experiment and theory have in common: the inputs' variances, and how much longer prompts are in a test."""

from __future__ import annotations

import numpy as np

LONGER = 4  # times as many examples as in training


def variances(setting) -> np.ndarray:
    """Diagonal of L, proportional to i^-a, a = `spectrum_exponent`, of sum 1: (dimension,)."""
    powers = np.arange(1.0, setting["dimension"] + 1) ** -setting["spectrum_exponent"]
    return powers / powers.sum()
