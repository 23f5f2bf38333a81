"""How many parameters a classifier has, with its network or its free features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictions.instruments.sizes import FEATURES, perceptron


def classifier(setting: Mapping[str, Any]) -> int:
    """Free features have `width` numbers a row; the later half of the classes has fewer rows by `imbalance`."""
    classes, width = setting["classes"], setting["width"]
    if setting["features"] == "network":
        return perceptron([FEATURES[setting["data"]], *[width] * setting["hidden_layers"], classes])
    frequent, rows = classes // 2, setting["rows_a_class"]
    free = frequent * rows + (classes - frequent) * (rows // setting["imbalance"])
    return free * width + perceptron([width, classes])
