"""Seeds are data: hashed from named axes, recorded, never global."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import numpy as np

Purpose = Literal["record", "explore"]


def derive_seed(experiment: str, purpose: Purpose, repeat: int) -> int:
    """Seed of one trial, in [0, 2^63). All conditions of an experiment share it, so that comparisons are paired."""
    digest = sha256(f"{experiment}/{purpose}/{repeat}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def derive_seeds(experiment: str, purpose: Purpose, repeats: range) -> np.ndarray:
    """Seeds of a block of trials: (trials,), uint64."""
    return np.array([derive_seed(experiment, purpose, repeat) for repeat in repeats], dtype=np.uint64)
