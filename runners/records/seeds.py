"""Seeds are data: hashed from named axes, recorded, never global."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import numpy as np

Purpose = Literal["record", "explore", "confirm"]
"""What trials are for: the record, exploring, or confirming what a search found."""


def derive_seed(experiment: str, purpose: Purpose, repeat: int, *, salt: str = "") -> int:
    """Seed of one trial, in [0, 2^63). All conditions of an experiment share it, so that comparisons are paired.

    `salt` is the epoch's; exploring seeds have none, and are the same in every epoch.
    """
    axes = [experiment, purpose, "" if purpose == "explore" else salt, str(repeat)]
    digest = sha256("/".join(axes).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def derive_seeds(experiment: str, purpose: Purpose, repeats: range, *, salt: str = "") -> np.ndarray:
    """Seeds of a block of trials: (trials,), uint64."""
    return np.array([derive_seed(experiment, purpose, repeat, salt=salt) for repeat in repeats], dtype=np.uint64)
