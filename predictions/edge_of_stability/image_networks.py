"""A convolutional and a residual tanh network in torch, trials as the first axis of every tensor.

convolutional   3 x 3 convolution to c channels, tanh, means over 2 x 2 pixels; 3 x 3 convolution to 2c channels, tanh,
                means over all pixels; linear readout
residual        3 x 3 convolution to c channels, tanh, means over 2 x 2 pixels; two blocks
                h <- h + C tanh(C' h) of 3 x 3 convolutions C, C'; means over all pixels; linear readout

Images keep their size under a convolution (zeros around them). Weights start uniform in +-1/sqrt(fan-in), as by default
in PyTorch; but the readout starts at zero, so that training begins with outputs of zero and a small curvature.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.nn.functional import unfold

COLOURS, KERNEL, BLOCKS = 3, 9, 2


def layer_shapes(architecture: str, *, channels: int, classes: int) -> list[tuple[int, int]]:
    """Fan-in and outputs of each layer."""
    c = channels
    if architecture == "convolutional":
        return [(COLOURS * KERNEL, c), (c * KERNEL, 2 * c), (2 * c, classes)]
    if architecture == "residual":
        return [(COLOURS * KERNEL, c), *[(c * KERNEL, c)] * (2 * BLOCKS), (c, classes)]
    raise ValueError(f"architecture is {architecture!r}, but must be convolutional or residual")


def initial_weights(generator: np.random.Generator, shapes) -> np.ndarray:
    """Matrix and bias of each layer, one after the other, (parameters,)."""
    parts = [generator.uniform(-1, 1, (fan_in + 1) * outputs) / np.sqrt(fan_in) for fan_in, outputs in shapes]
    parts[-1][:] = 0
    return np.concatenate(parts)


def network(architecture: str) -> Callable:
    """The function (layers, images) -> outputs (trials, rows, classes).

    `layers` are pairs of matrix (trials, fan-in, outputs) and bias (trials, outputs), images (trials, rows, colours,
    height, width). A convolution's fan-in is ordered by channel, then by row and column of the kernel.
    """
    return {"convolutional": _convolutional, "residual": _residual}[architecture]


def _convolutional(layers, images):
    first, second, readout = layers
    images = pooled(torch.tanh(_convolved(first, images)))
    return linear(readout, torch.tanh(_convolved(second, images)).mean(dim=(3, 4)))


def _residual(layers, images):
    stem, *blocks, readout = layers
    images = pooled(torch.tanh(_convolved(stem, images)))
    for inner, outer in zip(blocks[::2], blocks[1::2]):
        images = images + _convolved(outer, torch.tanh(_convolved(inner, images)))
    return linear(readout, images.mean(dim=(3, 4)))


def linear(layer, signal):
    """Signal (trials, rows, fan-in) times each trial's matrix, plus its bias."""
    matrix, bias = layer
    return torch.baddbmm(bias[:, None], signal, matrix)


def _convolved(layer, images):
    trials, rows, _, height, width = images.shape
    patches = unfold(images.flatten(0, 1), 3, padding=1)  # (trials rows, fan-in, pixels)
    patches = patches.mT.reshape(trials, rows * height * width, -1)
    return linear(layer, patches).reshape(trials, rows, height * width, -1).mT.unflatten(3, (height, width))


def pooled(images):
    """Means over 2 x 2 pixels of images (trials, rows, channels, height, width)."""
    return images.unflatten(4, (-1, 2)).unflatten(3, (-1, 2)).mean(dim=(4, 6))
