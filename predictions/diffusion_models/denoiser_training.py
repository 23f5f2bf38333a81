"""Train denoising networks, and draw samples from denoisers by a flow without noise of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
import torch

from predictions.data.cifar10 import load_cifar10
from predictions.diffusion_models.denoising_networks import HIGHEST, LOWEST, Architecture, denoised
from predictions.diffusion_models.score_machines import Denoiser
from predictions.hyperparameter_transfer.adam import Adam
from predictions.instruments.tensors import as_tensor


class Task(NamedTuple):
    """One network that is to be trained."""

    network: Architecture
    weights: list[np.ndarray]
    """Before training."""
    images: np.ndarray
    """(images, pixels)"""
    seed: int
    """Of rows, noise levels and noise of its batches: tasks with the same seed and number of images share them."""


def standardised_photographs(side: int) -> np.ndarray:
    """CIFAR-10 in grey (4566, side^2), mean zero in each pixel and mean variance one."""
    images, _ = load_cifar10(pooled=side)
    pixels = images.mean(axis=1).reshape(len(images), -1)
    centred = pixels - pixels.mean(axis=0)
    return centred / np.sqrt(np.mean(centred**2))


def trained(
    tasks: Sequence[Task], *, steps: int, batch: int, learning_rate: float, reduce: Callable = reduce
) -> list[Denoiser]:
    """Each task's network after `steps` of Adam, whose rates rise over a twentieth of them and fall from the middle on.

    Loss: mean over pixels of |D(x + s z, s) - x|^2 (1 + s^2)/s^2, ln s uniform between the lowest and highest level.
    """
    optimisers = []
    for task in tasks:
        weights = [as_tensor(weight).requires_grad_() for weight in task.weights]
        optimisers.append(Adam(weights, [learning_rate] * len(weights)))

    def advance(carries, step: int):
        schedule = min(1, 20 * (step + 1) / steps, 2 * (1 - step / steps))
        for task, adam, carry in zip(tasks, optimisers, carries):
            adam.carry = carry
            adam.weights = [weight.requires_grad_() for weight in adam.weights]  # a kept carry may have lost it
            clean, level, noise = _batch(task, step, batch)
            output = denoised(task.network, adam.weights, clean + level[:, None] * noise, level)
            weighted = (output - clean).square().mean(dim=1) * (1 + level**2) / level**2
            adam.step(weighted.mean(), schedule=schedule)
        return [adam.carry for adam in optimisers]

    carries = reduce(advance, range(steps), [adam.carry for adam in optimisers])
    return [_denoiser(task.network, weights) for task, (weights, *_) in zip(tasks, carries)]


def probability_flow(denoise: Denoiser, noise: np.ndarray, steps: int) -> np.ndarray:
    """Samples (samples, pixels) out of noise of variance one: `steps` of DDIM down evenly spaced ln s, then D itself.

    dx/ds = (x - D(x, s))/s, begun at x = s z at the highest level, with D held fixed within a step: where D is constant
    that is exact (Song, Meng and Ermon 2021, eq. 12 and 14).
    """
    levels = np.geomspace(HIGHEST, LOWEST, steps + 1)
    samples = levels[0] * noise
    for level, following in zip(levels, [*levels[1:], 0.0]):
        clean = denoise(samples, float(level))
        samples = clean + following / level * (samples - clean)
    return samples


def nonlinear_part(outputs: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """What of the outputs (rows, pixels) no affine map of the inputs (rows, pixels) explains: least squares' residual.

    Affine maps hold whatever a Gaussian model of the data could do, with any mean and covariance: it is gone.
    """
    regressors = np.column_stack([inputs, np.ones(len(inputs))])
    return outputs - regressors @ np.linalg.lstsq(regressors, outputs, rcond=None)[0]


def cosine(one: np.ndarray, two: np.ndarray) -> float:
    """Over all rows and pixels."""
    return float(np.sum(one * two) / np.sqrt(np.sum(one**2) * np.sum(two**2)))


def _batch(task: Task, step: int, size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Clean images (size, pixels), noise levels (size,) and noise (size, pixels)."""
    rng = np.random.default_rng([task.seed, step])
    clean = task.images[rng.integers(len(task.images), size=size)]
    level = LOWEST * (HIGHEST / LOWEST) ** rng.random(size)
    return as_tensor(clean), as_tensor(level), as_tensor(rng.standard_normal(clean.shape))


def _denoiser(network: Architecture, weights: list[torch.Tensor]) -> Denoiser:
    def denoise(noisy: np.ndarray, level: float) -> np.ndarray:
        images = as_tensor(noisy)
        with torch.no_grad():
            output = denoised(network, weights, images, torch.full_like(images[:, 0], level))
        return output.cpu().numpy().astype(float)

    return denoise
