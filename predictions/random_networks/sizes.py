"""How many parameters random networks have, drawn or trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictions.instruments.sizes import CLASSES, FEATURES, perceptron


def square_layers(setting: Mapping[str, Any]) -> int:
    """`depth` layers of `width` units and as many inputs, without biases."""
    return perceptron([setting["width"]] * (setting["depth"] + 1), biases=False)


def square_layers_with_biases(setting: Mapping[str, Any]) -> int:
    """The same with biases."""
    return perceptron([setting["width"]] * (setting["depth"] + 1))


def deep_classifier(setting: Mapping[str, Any]) -> int:
    """`depth` layers of `width` units on a data set, and a readout."""
    return perceptron([FEATURES[setting["data"]], *[setting["width"]] * setting["depth"], CLASSES])
