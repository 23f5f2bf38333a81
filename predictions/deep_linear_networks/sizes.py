"""How many weights deep linear networks have; layers that are not trained count, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictions.instruments.sizes import CLASSES, FEATURES, perceptron


def hidden_layers(setting: Mapping[str, Any]) -> int:
    """`depth` layers between `inputs` and `outputs`, all others of `hidden` units."""
    hidden = [setting["hidden"]] * (setting["depth"] - 1)
    return perceptron([setting["inputs"], *hidden, setting["outputs"]], biases=False)


def square_layers(setting: Mapping[str, Any]) -> int:
    """`depth` layers of `dimension` units."""
    return setting["depth"] * setting["dimension"] ** 2


def two_layers(setting: Mapping[str, Any]) -> int:
    """`hidden` units between a data set's features and its classes."""
    return perceptron([FEATURES[setting["data"]], setting["hidden"], CLASSES], biases=False)
