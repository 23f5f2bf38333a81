"""How many parameters networks of `depth` weight layers with one output have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictions.instruments.sizes import FEATURES, perceptron

INPUTS = FEATURES | {"gaussian": 64}


def on_rows(setting: Mapping[str, Any]) -> int:
    """On rows of `data`; a `bottleneck` narrows the middle one of the hidden layers."""
    hidden = [setting["width"]] * (setting["depth"] - 1)
    if setting.get("bottleneck"):
        hidden[len(hidden) // 2] = setting["bottleneck"]
    return perceptron([INPUTS[setting["data"]], *hidden, 1])


def on_corners(setting: Mapping[str, Any]) -> int:
    """On corners of a hypercube of this `dimension`."""
    return perceptron([setting["dimension"], *[setting["width"]] * (setting["depth"] - 1), 1])
