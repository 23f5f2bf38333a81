"""How many parameters two factors of a 2 x 2 matrix have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

INNER = {"generic": 4}
"""Inner dimension of the factors by their start, where it is not 2."""


def factors(setting: Mapping[str, Any]) -> int:
    """Of both factors."""
    return 2 * 2 * INNER.get(setting["start"], 2)
