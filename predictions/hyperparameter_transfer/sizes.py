"""How many parameters the widest network of a sweep has, perceptrons and transformers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictions.instruments.sizes import FEATURES, image_widths, perceptron

ALPHABETS = {"standard-library": 96, "tiny-shakespeare": 65}
"""Different ASCII characters of a text; the library's are Python 3.11's, and one more adds two rows of weights."""


def first_steps(setting: Mapping[str, Any]) -> int:
    """Of two hidden layers on digits, one output."""
    return perceptron([FEATURES["digits"], setting["width"], setting["width"], 1], biases=False)


def widest_perceptron(setting: Mapping[str, Any]) -> int:
    """Of the last doubling of the width."""
    return perceptron(image_widths(setting, widening=2 ** setting["doublings"]), biases=False)


def transformer(setting: Mapping[str, Any]) -> int:
    """Of a `character_transformer`: tables of characters and places, blocks, logits."""
    width, alphabet = setting["width"], ALPHABETS[setting["text"]]
    block = 4 * width + 2 * 4 * width  # queries, keys, values, joining; up to four times the width and down
    return width * (alphabet + setting["context"] + setting["blocks"] * block + alphabet)


def widest_transformer(setting: Mapping[str, Any]) -> int:
    """Of the last doubling of the width."""
    return transformer({**setting, "width": setting["width"] * 2 ** setting["doublings"]})
