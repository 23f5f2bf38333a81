"""How many parameters a Hopfield network has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def couplings(setting: Mapping[str, Any]) -> int:
    """One for each pair of `neurons`."""
    return setting["neurons"] * (setting["neurons"] - 1) // 2
