"""Where the loss is least in learning rate and batch.

Li et al. 2025 (arXiv 2503.04715), eq. 1 (Step Law): rate ~ N^a D^b and batch ~ D^c; published a = -.713, b = .307,
c = .571. Here the exponents and levels come from cells of less compute; `shapes` holds ln N, ln D and ln width.
"""

from __future__ import annotations

import numpy as np


def step_law_rate(setting, given):
    """Best rates of the drawn cells ahead (8,), by a power of size and one of tokens."""
    level, by_size, by_tokens = given["rate_law"]
    return np.exp(level + by_size * given["shapes"][:, 0] + by_tokens * given["shapes"][:, 1])


def published_rate(setting, given):
    """The same with the published constants, which were fitted to these cells, too."""
    return 1.79 * np.exp(-0.713 * given["shapes"][:, 0] + 0.307 * given["shapes"][:, 1])


def width_rate(setting, given):
    """The rate falls as one over the width alone: maximal-update parametrisation's rule for Adam."""
    return np.exp(given["offsets"][0] - given["shapes"][:, 2])


def compute_rate(setting, given):
    """A power of compute alone, as DeepSeek 2024 (arXiv 2401.02954) fit it."""
    level, slope = given["by_compute"][0]
    return np.exp(level + slope * _log_compute(given))


def constant_rate(setting, given):
    """The geometric mean of the best rates of the other cells."""
    return np.full(len(given["shapes"]), np.exp(given["offsets"][1]))


def step_law_batch(setting, given):
    """Best batches in tokens (8,), by a power of the tokens trained on."""
    level, by_tokens = given["batch_law"]
    return np.exp(level + by_tokens * given["shapes"][:, 1])


def published_batch(setting, given):
    """The same with the published constants."""
    return 0.58 * np.exp(0.571 * given["shapes"][:, 1])


def compute_batch(setting, given):
    """A power of compute alone, as DeepSeek 2024 fit it."""
    level, slope = given["by_compute"][1]
    return np.exp(level + slope * _log_compute(given))


def constant_batch(setting, given):
    """The geometric mean of the best batches of the other cells."""
    return np.full(len(given["shapes"]), np.exp(given["mean_batch"]))


def _log_compute(given):
    return np.log(6) + given["shapes"][:, 0] + given["shapes"][:, 1]
