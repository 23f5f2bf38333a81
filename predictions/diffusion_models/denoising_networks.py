"""Networks of four architectures that denoise square images in grey, in torch: one network at a time.

All compute D(y, s) = y/(1 + s^2) + s/sqrt(1 + s^2) F(y/sqrt(1 + s^2), s), for images of variance one under noise of
variance s^2, so that what F takes in and what it should give out have variance one at every s (Karras et al. 2022,
section 5). The level s is shown to F as `LEVELS` bumps over ln s, e below.

fully-connected   pixels and e, two hidden ReLU layers of `width` units
convolutional     layers h <- h + relu((1 + A e) C h + B e) of `channels` channels; the 3 x 3 kernels of C are spread by
                  1, 2, 4 ... pixels until every pixel sees the whole image; zeros around it
local             two such layers spread by 1 pixel, then one that sees single pixels: fields of 5 x 5 pixels
patch-attention   patches of 2 x 2 pixels as tokens, learned places, e added; two blocks of attention with four heads
                  and a ReLU layer, each after a norm; linear readout of each token's patch
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import conv2d, scaled_dot_product_attention

LEVELS = 8  # bumps
LOWEST, HIGHEST = 0.1, 10.0  # noise levels, as standard deviations
LOCAL_RADIUS = 1  # pixels that a `local` network sees to each side
PATCH, BLOCKS, HEADS = 2, 2, 4
SMALL = 0.01  # variance of the first outputs, about


class Architecture(NamedTuple):
    """A family of functions F(y, e)."""

    initial: Callable[[np.random.Generator], list[np.ndarray]]
    """Weights before training: Gaussian, and biases at zero."""
    outputs: Callable[[Sequence[torch.Tensor], torch.Tensor, torch.Tensor], torch.Tensor]
    """Weights, images (images, pixels) and bumps (images, LEVELS) -> (images, pixels)."""


def architecture(name: str, *, side: int, width: int, channels: int, tokens: int) -> Architecture:
    """The one that is named, for images of `side` x `side` pixels; `tokens` is the width of a token."""
    if name == "fully-connected":
        return fully_connected(side * side, width)
    if name == "convolutional":
        return convolutional(side, channels, spreads=[2**layer for layer in range(int(np.ceil(np.log2(side))))])
    if name == "local":
        return convolutional(side, channels, spreads=[1] * LOCAL_RADIUS + [0, 0])
    if name == "patch-attention":
        return patch_attention(side, tokens)
    raise ValueError(f"architecture is {name}, which is none of those that `denoising_networks` describes")


def denoised(network: Architecture, weights, noisy: torch.Tensor, level: torch.Tensor) -> torch.Tensor:
    """D(y, s) of images (images, pixels), s (images,) their noise levels."""
    level = level[:, None]
    scale = torch.sqrt(1 + level**2)
    return noisy / scale**2 + level / scale * network.outputs(weights, noisy / scale, bumps(level))


def bumps(level: torch.Tensor) -> torch.Tensor:
    """Gaussians of ln s, evenly between those of the lowest and the highest level and as wide as they are apart."""
    place = (torch.log(level) - np.log(LOWEST)) / np.log(HIGHEST / LOWEST) * (LEVELS - 1)
    return torch.exp(-0.5 * (place - torch.arange(LEVELS, dtype=level.dtype, device=level.device)) ** 2)


def fully_connected(pixels: int, width: int) -> Architecture:
    """Two hidden layers."""

    def initial(generator):
        sizes = [(pixels + LEVELS, width, 2.0), (width, width, 2.0), (width, pixels, SMALL)]
        return [each for sizes in sizes for each in (_matrix(generator, *sizes), np.zeros(sizes[1]))]

    def outputs(weights, images, level):
        first, bias, second, shift, last, offset = weights
        hidden = torch.relu(torch.cat([images, level], dim=1) @ first + bias)
        return torch.relu(hidden @ second + shift) @ last + offset

    return Architecture(initial, outputs)


def convolutional(side: int, channels: int, *, spreads: Sequence[int]) -> Architecture:
    """A layer for each of `spreads`: pixels between the points of its kernel, or 0 for kernels of a single pixel."""

    def initial(generator):
        weights, inputs = [], 1
        for spread in spreads:
            points = 3 if spread else 1
            kernel = _matrix(generator, inputs * points**2, channels, 2.0)
            weights.append(kernel.T.reshape(channels, inputs, points, points))
            weights += [_matrix(generator, LEVELS, channels, 0.1) for _ in range(2)]
            inputs = channels
        return [*weights, _matrix(generator, channels, 1, SMALL).reshape(1, channels, 1, 1), np.zeros(1)]

    def outputs(weights, images, level):
        *layers, readout, offset = weights
        signal = images.unflatten(1, (1, side, side))
        for spread, kernel, gain, shift in zip(spreads, *(layers[place::3] for place in range(3)), strict=True):
            mixed = conv2d(signal, kernel, padding=spread, dilation=max(spread, 1))
            signal = signal + torch.relu(mixed * _per_channel(1 + level @ gain) + _per_channel(level @ shift))
        return conv2d(signal, readout, offset).flatten(1)

    return Architecture(initial, outputs)


def patch_attention(side: int, width: int) -> Architecture:
    """A transformer on patches."""
    across, pixels = side // PATCH, PATCH * PATCH

    def initial(generator):
        weights = [_matrix(generator, pixels, width), 0.3 * generator.standard_normal((across**2, width))]
        weights.append(_matrix(generator, LEVELS, width))
        for _ in range(BLOCKS):
            for inputs, units, gain in ((1, 3, 1.0), (1, 1, 0.1), (1, 2, 2.0), (2, 1, 0.1)):
                weights.append(_matrix(generator, inputs * width, units * width, gain))
        return [*weights, _matrix(generator, width, pixels, SMALL), np.zeros(pixels)]

    def outputs(weights, images, level):
        enter, places, levels, *blocks, leave, offset = weights
        patches = images.unflatten(1, (across, PATCH, across, PATCH)).transpose(2, 3).reshape(-1, across**2, pixels)
        stream = patches @ enter + places + (level @ levels)[:, None]
        for attend, joined, up, down in zip(*[iter(blocks)] * 4):
            query, key, value = (
                part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in (_normed(stream) @ attend).chunk(3, dim=2)
            )
            stream = stream + scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2) @ joined
            stream = stream + torch.relu(_normed(stream) @ up) @ down
        patches = _normed(stream) @ leave + offset
        return patches.unflatten(2, (PATCH, PATCH)).unflatten(1, (across, across)).transpose(2, 3).reshape(images.shape)

    return Architecture(initial, outputs)


def _matrix(generator: np.random.Generator, inputs: int, outputs: int, gain: float = 1.0) -> np.ndarray:
    return generator.standard_normal((inputs, outputs)) * np.sqrt(gain / inputs)


def _per_channel(values: torch.Tensor) -> torch.Tensor:
    return values[:, :, None, None]


def _normed(stream: torch.Tensor) -> torch.Tensor:
    return stream * torch.rsqrt(stream.square().mean(dim=-1, keepdim=True) + 1e-6)
