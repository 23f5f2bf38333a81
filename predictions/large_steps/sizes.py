"""How many parameters a two-layer network of one input and one output has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def two_layers(setting: Mapping[str, Any]) -> int:
    """A weight in and one out for each of `width` units."""
    return 2 * setting["width"]
