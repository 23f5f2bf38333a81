"""Odd activations between -1 and 1, and their slopes, in numpy: name -> (phi, phi')."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import erf


class Sigmoid(NamedTuple):
    """An activation and its slope, both element by element."""

    phi: Callable
    slope: Callable


SIGMOIDS = {
    "tanh": Sigmoid(np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "erf": Sigmoid(erf, lambda z: np.exp(-(z**2)) * 2 / math.sqrt(math.pi)),
    "arctan": Sigmoid(lambda z: np.arctan(math.pi / 2 * z) * 2 / math.pi, lambda z: 1 / (1 + (math.pi / 2 * z) ** 2)),
}
