"""Parities on the hypercube {-1, 1}^d: the eigenfunctions of every kernel that depends on angles alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def corners(dimension: int) -> np.ndarray:
    """All rows of signs: (2^dimension, dimension)."""
    return 1.0 - 2.0 * (np.arange(2**dimension)[:, None] >> np.arange(dimension) & 1)


def draw_parity(setting: Mapping, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All corners, which of them are seen, `samples` different ones, and the targets of all.

    Targets are the products of `degree` signs, or where `target` is coins nothing but chance.
    """
    rows = corners(setting["dimension"])
    chosen = rng.choice(len(rows), setting["samples"], replace=False)
    signs = rng.choice(setting["dimension"], setting["degree"], replace=False)
    if setting["target"] == "coins":
        return rows, chosen, rng.choice([-1.0, 1.0], len(rows))
    return rows, chosen, np.prod(rows[:, signs], axis=1)


def architecture(setting: Mapping) -> dict:
    """What a condition says of the network, as arguments of `instruments.kernels`."""
    return {name: setting[name] for name in ("depth", "activation", "weight_std", "bias_std")}
