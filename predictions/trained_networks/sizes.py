"""How many parameters the widest network of a grid has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictions.instruments.sizes import CLASSES, FEATURES, perceptron

WIDEST = 9
"""How many times the setting's `width`."""


def widest(setting: Mapping[str, Any]) -> int:
    """One hidden layer on the rows of a data set."""
    return perceptron([FEATURES[setting["data"]], WIDEST * setting["width"], CLASSES])
