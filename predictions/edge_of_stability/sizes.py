"""How many parameters networks on images have: convolutional, residual, and those for photographs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictions.instruments.sizes import CLASSES, FEATURES, perceptron

COLOURS, KERNEL = 3, 9
BLOCKS = 2
"""Of two convolutions each, in a residual network on small images."""


def image_network(setting: Mapping[str, Any]) -> int:
    """Of a network of `image_networks`, or a linear one on the pixels."""
    c = setting["channels"]
    if setting["architecture"] == "linear":
        return perceptron([FEATURES[setting["data"]], CLASSES])
    if setting["architecture"] == "convolutional":
        return _convolutions([(COLOURS, c), (c, 2 * c)]) + perceptron([2 * c, CLASSES])
    return _convolutions([(COLOURS, c), *[(c, c)] * (2 * BLOCKS)]) + perceptron([c, CLASSES])


def photograph_network(setting: Mapping[str, Any]) -> int:
    """Of a network of `photograph_networks`; a fully connected one sees no more coordinates than there are rows."""
    name, c = setting["architecture"], setting["width"]
    seen = min(COLOURS * setting["pixels"] ** 2, setting["rows"])
    if name == "linear":
        return perceptron([seen, CLASSES])
    if name in ("tanh", "relu"):
        return perceptron([seen, c, c, CLASSES])
    channels = [(COLOURS, c)]
    if name.startswith("vgg"):
        channels += [(c, 2 * c), (2 * c, 4 * c), (4 * c, 4 * c)]
    else:
        channels += [(stage * c, stage * c) for stage in (1, 2, 4) for _ in range(2)]
    return _convolutions(channels, normalised=name.endswith("batch-norm")) + perceptron([4 * c, CLASSES])


def _convolutions(channels: list[tuple[int, int]], *, normalised: bool = False) -> int:
    """3 x 3 kernels between these channels, each with a bias, or the gain and the shift of its norm."""
    return sum((KERNEL * inner + 1 + normalised) * outer for inner, outer in channels)
