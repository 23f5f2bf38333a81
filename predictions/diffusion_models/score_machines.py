"""Denoisers that training images and an architecture's symmetries determine: nothing in them is trained.

The minimum of the denoising loss over all functions is the posterior mean over the training images. Over functions
whose pixel p depends on the patch of y around p alone, it is that over the images' patches at p: the local score
machine. Over those that, besides, treat all places alike, it is that over patches from all places: the equivariant
local score machine. Zeros around an image tell places at its edges apart: a patch that an edge cuts is compared with
those that an edge cuts alike. Kamb and Ganguli 2024 (arXiv 2412.20292); noise y = x + s z here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Denoiser = Callable[[np.ndarray, float], np.ndarray]
"""Noisy images (images, pixels) and their noise level s -> denoised images."""
PLACES = "places", "anywhere"


def score_machine(samples: np.ndarray, *, radius: int, patches: str) -> Denoiser:
    """The machine of training images (samples, pixels) that sees `radius` pixels to each side.

    `patches`: from the same places only, or anywhere. With a radius of a side less one both are the posterior mean
    over whole images.
    """
    if patches not in PLACES:
        raise ValueError(f"patches is {patches}, but they are taken from {' or '.join(PLACES)}")
    side = round(samples.shape[1] ** 0.5)
    known = samples.reshape(-1, side, side)
    groups = [
        (places, np.concatenate([_patch(known, *place, radius) for place in places]), _pixels(known, places))
        for places in _alike(side, radius, patches)
    ]

    def denoise(noisy: np.ndarray, level: float) -> np.ndarray:
        images = noisy.reshape(-1, side, side)
        denoised = np.empty_like(images)
        for places, known_patches, centres in groups:
            for row, column in places:
                weights = posterior(known_patches, _patch(images, row, column, radius), level)
                denoised[:, row, column] = weights @ centres
        return denoised.reshape(noisy.shape)

    return denoise


def exact_denoiser(samples: np.ndarray) -> Denoiser:
    """The posterior mean over training images (samples, pixels): the score of their own empirical distribution."""

    def denoise(noisy: np.ndarray, level: float) -> np.ndarray:
        return posterior(samples, noisy, level) @ samples

    return denoise


def posterior(known: np.ndarray, noisy: np.ndarray, level: float) -> np.ndarray:
    """Probability (noisy, known) of each known row behind each noisy one, if all were equally likely before."""
    log_weight = (noisy @ known.T - np.sum(known**2, axis=1) / 2) / level**2
    log_weight -= log_weight.max(axis=1, keepdims=True)
    weight = np.exp(log_weight, out=log_weight)
    weight /= weight.sum(axis=1, keepdims=True)
    return weight


def _alike(side: int, radius: int, patches: str) -> list[list[tuple[int, int]]]:
    """Places (row, column) in groups whose patches are compared with each other."""
    groups: dict[tuple, list[tuple[int, int]]] = {}
    for row in range(side):
        for column in range(side):
            seen = [min(reach, radius) for at in (row, column) for reach in (at, side - 1 - at)]
            groups.setdefault(tuple(seen) if patches == "anywhere" else (row, column), []).append((row, column))
    return list(groups.values())


def _patch(images: np.ndarray, row: int, column: int, radius: int) -> np.ndarray:
    """What of the square around a place lies inside (images, pixels of the patch)."""
    rows, columns = (slice(max(at - radius, 0), at + radius + 1) for at in (row, column))
    return images[:, rows, columns].reshape(len(images), -1)


def _pixels(images: np.ndarray, places: list[tuple[int, int]]) -> np.ndarray:
    """Pixels at the places, one place after the other (places x images,)."""
    return np.concatenate([images[:, row, column] for row, column in places])
