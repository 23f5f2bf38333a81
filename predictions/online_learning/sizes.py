"""How many parameters a single neuron has that searches for a direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def single_neuron(setting: Mapping[str, Any]) -> int:
    """In the larger of the two dimensions that a trial compares."""
    return 2 * setting["dimension"]
