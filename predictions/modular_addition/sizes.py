"""How many weights the network has that adds by cosines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def analytic_network(setting: Mapping[str, Any]) -> int:
    """Of `width` neurons, from two numbers and to their sum, each one of `modulus`."""
    return 3 * setting["modulus"] * setting["width"]
