"""Targets with known singular vectors, and the initial weights of a linear network that is to learn them.

Everything is drawn with numpy from one seed a trial, target first, so that all conditions of a trial share their
target and all backends start from the same numbers.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

SMALLEST_SINGULAR_VALUE = (0.35, 0.7)  # below 1, so that a law in 1/s^2 cannot pass for one in 1/s
RATIO_OF_NEIGHBOURS = (1.3, 1.4)
INITIAL_SHARE = (3e-3, 3e-2)  # a mode's initial strength over its singular value, if it starts aligned
SMALL = 1e-3  # standard deviation of small random weights
LARGE = 3.0  # that of large ones, times sqrt(hidden): their product is far larger than the target
UNBALANCE = 10.0  # first layer over each other layer
FROZEN_GAIN = (0.7, 1.4)  # of the first layer along each mode, if that layer is not trained


class Target(NamedTuple):
    """A matrix of rank `modes`: left @ diag(singular_values) @ right.T, largest singular value first."""

    singular_values: np.ndarray  # (modes,)
    left: np.ndarray  # (outputs, modes), orthonormal columns
    right: np.ndarray  # (inputs, modes), orthonormal columns

    @property
    def matrix(self) -> np.ndarray:
        """The target itself: (outputs, inputs)."""
        return (self.left * self.singular_values) @ self.right.T


def draw_target(rng: np.random.Generator, *, inputs: int, outputs: int, modes: int) -> Target:
    """A target whose smallest singular value, gaps and singular vectors are random."""
    smallest = np.exp(rng.uniform(*np.log(SMALLEST_SINGULAR_VALUE)))
    ratios = rng.uniform(*RATIO_OF_NEIGHBOURS, size=modes - 1)
    singular_values = smallest * np.cumprod(np.append(1.0, ratios))[::-1]
    return Target(singular_values, random_frame(rng, outputs, modes), random_frame(rng, inputs, modes))


def random_frame(rng: np.random.Generator, dimension: int, count: int) -> np.ndarray:
    """Orthonormal random columns: (dimension, count)."""
    return np.linalg.qr(rng.standard_normal((dimension, count)))[0]


def draw_layers(rng: np.random.Generator, target: Target, *, init: str, depth: int, hidden: int) -> list[np.ndarray]:
    """Initial weights [W_1, ..., W_depth], each (rows, columns), so that the network is W_depth ... W_1.

    `aligned`, `unbalanced` and `frozen` weights carry each mode of the target on its own path of hidden units, in a
    random basis, and start from the same drawn strengths: equal gains in all layers; a first layer with ten times the
    gain of the others; a first layer of random gains. `random` and `large` weights are Gaussian.
    """
    modes = len(target.singular_values)
    features = np.exp(rng.uniform(*np.log(FROZEN_GAIN), size=modes))
    strengths = target.singular_values * np.exp(rng.uniform(*np.log(INITIAL_SHARE), size=modes))
    widths = [len(target.right), *[hidden] * (depth - 1), len(target.left)]
    if init in ("random", "large"):
        deviation = SMALL if init == "random" else LARGE / np.sqrt(hidden)
        return [deviation * rng.standard_normal((rows, columns)) for columns, rows in pairwise(widths)]
    gains = aligned_gains(strengths, features, init=init, depth=depth)
    frames = [target.right, *(random_frame(rng, hidden, modes) for _ in range(depth - 1)), target.left]
    return [(after * gain) @ before.T for gain, (before, after) in zip(gains, pairwise(frames))]


def aligned_gains(strengths: np.ndarray, features: np.ndarray, *, init: str, depth: int) -> np.ndarray:
    """Gain of each layer along each mode, (depth, modes); the product over layers is the mode's strength.

    `features` are the first layer's gains if that layer is to be frozen.
    """
    if init == "aligned":
        return np.broadcast_to(strengths ** (1 / depth), (depth, len(strengths)))
    if init == "unbalanced":
        others = (strengths / UNBALANCE) ** (1 / depth)
        return np.stack([UNBALANCE * others, *[others] * (depth - 1)])
    if init == "frozen":
        return np.stack([features, *[(strengths / features) ** (1 / (depth - 1))] * (depth - 1)])
    raise ValueError(f"init is {init!r}, but must be one of aligned, unbalanced, frozen, random, large")


def mode_strengths(layers: list[np.ndarray], target: Target) -> np.ndarray:
    """Strength of each mode, l_i . W_L ... W_1 r_i: (modes,)."""
    images = target.right
    for layer in layers:
        images = layer @ images
    return np.sum(target.left * images, axis=0)


def layer_gains(layers: list[np.ndarray], target: Target) -> np.ndarray:
    """Gain of each layer on a mode's path, (depth, modes): forward from r_i, in the last layer backward from l_i."""
    gains, images = [], target.right
    for layer in layers[:-1]:
        before, images = images, layer @ images
        gains.append(np.linalg.norm(images, axis=0) / np.linalg.norm(before, axis=0))
    return np.stack([*gains, np.linalg.norm(layers[-1].T @ target.left, axis=0)])


def hidden_gram(layers: list[np.ndarray], target: Target) -> np.ndarray:
    """Inner products of the hidden vectors W_1 r_i (first half) and W_L^T l_i (second half): (2 modes, 2 modes)."""
    vectors = np.concatenate([layers[0] @ target.right, layers[-1].T @ target.left], axis=1)  # (hidden, 2 modes)
    return vectors.T @ vectors
