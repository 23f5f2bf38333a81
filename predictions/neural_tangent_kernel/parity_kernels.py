"""Regression of parities with the tangent and the Gaussian-process kernel of infinitely wide networks.

Model      kernel regression without ridge, by the kernel of networks of `depth` weight layers in NTK parametrisation
           (`activation`, `weight_std`, `bias_std`) when all of them are trained, or the readout alone (`trained`).
Data       `samples` different corners of {-1, 1}^`dimension`; the target is the product of `degree` of their signs,
           or a coin toss a corner (`target`).
Observed   learnability, the mean of output times target over all corners, and mean squared error over all corners.
Trial      the mean over `draws` draws of corners and signs.

Simon et al. 2021 (arXiv 2110.03922).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictions.instruments.kernels import infinite_width_kernels
from predictions.neural_tangent_kernel.hypercube import architecture, corners, draw_parity


def prepare(setting: Mapping, seeds: np.ndarray):
    """Nothing is given: theories need the condition only. What each draw of each trial sees, and wants to learn."""
    generators = [np.random.default_rng(int(seed)).spawn(setting["draws"]) for seed in seeds]
    return {}, [[draw_parity(setting, rng)[1:] for rng in draws] for draws in generators]


def measure(setting: Mapping, state) -> dict[str, np.ndarray]:
    """Learnability and risk over all corners: (trials,)."""
    kernels = infinite_width_kernels(corners(setting["dimension"]), **architecture(setting))
    kernel = kernels.ntk if setting["trained"] == "all" else kernels.nngp
    found = []
    for draws in state:
        targets = np.stack([targets for _, targets in draws])
        fits = [kernel[:, seen] @ np.linalg.solve(kernel[np.ix_(seen, seen)], wanted[seen]) for seen, wanted in draws]
        found.append((np.mean(fits * targets), np.mean((fits - targets) ** 2)))
    return dict(zip(("learnability", "risk"), np.transpose(found), strict=True))
