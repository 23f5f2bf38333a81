"""What a condition fixes: the spectrum of the features, the target's energy in each mode, and the sizes.

Inputs are phi ~ N(0, 1) in each of M = `modes` modes; feature i is sqrt(lambda_i) phi_i, the target sum_i v_i phi_i.
"""

from __future__ import annotations

import numpy as np


def mode_numbers(setting) -> np.ndarray:
    """1, 2, ..., M: (modes,)."""
    return np.arange(1.0, setting["modes"] + 1)


def eigenvalues(setting) -> np.ndarray:
    """Kernel eigenvalues lambda_i = i^-a, a = `eigenvalue_exponent`: (modes,)."""
    return mode_numbers(setting) ** -setting["eigenvalue_exponent"]


def feature_eigenvalues(setting) -> np.ndarray:
    """Expected eigenvalues of the random-feature kernel, lambda_i i^-c for weights of variance i^-c: (modes,)."""
    return eigenvalues(setting) * mode_numbers(setting) ** -setting["weight_exponent"]


def target_energies(setting) -> np.ndarray:
    """Target coefficients squared, v_i^2 proportional to i^-b, b = `target_exponent`, of sum 1: (modes,)."""
    energies = mode_numbers(setting) ** -setting["target_exponent"]
    return energies / energies.sum()


def test_variances(setting) -> np.ndarray:
    """Variance of each phi_i in test rows whose features have the spectrum i^-`test_exponent`: (modes,)."""
    return mode_numbers(setting) ** (setting["eigenvalue_exponent"] - setting["test_exponent"])


def sample_count(setting) -> int:
    """n, with finitely many features or without."""
    return setting["samples"] if "samples" in setting else samples_and_features(setting)[0]


def samples_and_features(setting) -> tuple[int, int]:
    """n and k: the smaller is `size`, their ratio k/n is `features_per_sample`."""
    size, ratio = setting["size"], setting["features_per_sample"]
    return round(size * max(1.0, 1 / ratio)), round(size * max(1.0, ratio))
