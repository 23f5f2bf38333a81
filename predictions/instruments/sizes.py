"""How many parameters networks have, counted from settings; imports no framework, as reports ask for it.

Rooms whose networks are of another kind have a `sizes` of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

FEATURES = {"cifar10": 192, "digits": 64, "mnist1d": 40}
CLASSES = 10
"""Of the data sets of `predictions.data.datasets`."""


def perceptron(widths: Sequence[int], *, biases: bool = True) -> int:
    """Weights, and biases unless there are none, of layers between these widths, inputs first."""
    return sum((inputs + biases) * outputs for inputs, outputs in pairwise(widths))


def image_widths(setting: Mapping[str, Any], *, widening: int = 1) -> list[int]:
    """Features of the setting's `data`, `hidden_layers` times its `width`, classes."""
    return [FEATURES[setting["data"]], *[widening * setting["width"]] * setting["hidden_layers"], CLASSES]


def image_perceptron(setting: Mapping[str, Any]) -> int:
    """Of a fully connected network with biases on the setting's `data`."""
    return perceptron(image_widths(setting))


def image_perceptron_without_biases(setting: Mapping[str, Any]) -> int:
    """The same without biases."""
    return perceptron(image_widths(setting), biases=False)
