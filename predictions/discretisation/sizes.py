"""How many parameters the largest of several sizes of a network has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictions.instruments.sizes import image_widths, perceptron

LARGEST = {"width": 16, "step": 4, "batch": 4}
"""How many times the setting's `width`, by what is refined."""


def largest(setting: Mapping[str, Any]) -> int:
    """With the most neurons."""
    return perceptron(image_widths(setting, widening=LARGEST[setting["limit"]]))
