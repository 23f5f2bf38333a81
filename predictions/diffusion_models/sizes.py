"""How many parameters the networks of `denoising_networks` have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from predictions.instruments.sizes import perceptron

LEVELS, KERNEL, PATCH, BLOCKS = 8, 3, 2, 2
THREE = ("fully-connected", "convolutional", "patch-attention")


def denoiser(setting: Mapping[str, Any]) -> int:
    """Of the setting's architecture."""
    return _of(setting["architecture"], setting)


def largest_of_three(setting: Mapping[str, Any]) -> int:
    """Of the largest of the three architectures that are trained side by side."""
    return max(_of(name, setting) for name in THREE)


def _of(architecture: str, setting: Mapping[str, Any]) -> int:
    side, width = setting["side"], setting["width"]
    if architecture == "fully-connected":
        return perceptron([side**2 + LEVELS, width, width, side**2])
    if architecture == "patch-attention":
        return _patch_attention(side // PATCH, setting["tokens"])
    if architecture == "local":
        return _convolutional(setting["channels"], sides=[KERNEL, 1, 1])
    return _convolutional(setting["channels"], sides=[KERNEL] * (side - 1).bit_length())


def _convolutional(channels: int, *, sides: list[int]) -> int:
    """Kernels with these sides, the first of one channel, each with a gain and a shift by noise level; a readout."""
    kernels = sum(side**2 * inputs for side, inputs in zip(sides, [1, *[channels] * (len(sides) - 1)], strict=True))
    return (kernels + 2 * LEVELS * len(sides) + 1) * channels + 1


def _patch_attention(across: int, width: int) -> int:
    """Patches in and out, places and levels; per block attention and two layers of twice the width."""
    pixels = PATCH**2
    return (pixels + across**2 + LEVELS + 8 * BLOCKS * width + pixels) * width + pixels
