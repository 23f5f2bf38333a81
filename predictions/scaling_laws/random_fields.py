"""Random functions on the cube [-1, 1]^d: Gaussian fields as sums of many plane waves.

f(x) = (2/K)^(1/2) sum_k cos(omega_k . x + phase_k), K = 256, of variance 1. Frequencies ~ N(0, s^2) in each coordinate
give a smooth field of length 1/s; divided by the modulus of one more normal variable, they give the field of covariance
exp(-s |x - x'|), which is nowhere differentiable (Hoelder exponent 1/2). Divided by the length of two such, they give
Matern's covariance of smoothness 1: a field of Hoelder exponent just below 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

WAVES = 256
FREQUENCY = 1.5


class Field(NamedTuple):
    """Frequencies (d, WAVES) and phases (WAVES,)."""

    frequencies: np.ndarray
    phases: np.ndarray


def draw_field(kind: str, dimension: int, rng: np.random.Generator) -> Field:
    """A "smooth", a "rough" or a "creased" field, the last of Hoelder exponent 1."""
    frequencies = FREQUENCY * rng.standard_normal((dimension, WAVES))
    if kind == "rough":
        frequencies = frequencies / np.abs(rng.standard_normal(WAVES))
    if kind == "creased":
        frequencies = frequencies / np.linalg.norm(rng.standard_normal((2, WAVES)), axis=0)
    return Field(frequencies, rng.uniform(0, 2 * np.pi, WAVES))


def field_values(field: Field, points: np.ndarray) -> np.ndarray:
    """f (rows,) at points (rows, d)."""
    return np.sqrt(2 / WAVES) * np.cos(points @ field.frequencies + field.phases).sum(axis=1)
