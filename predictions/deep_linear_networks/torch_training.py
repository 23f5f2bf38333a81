"""Gradient descent on a product of matrices in torch: trials batched, the gradient of the product written out."""

from __future__ import annotations

import numpy as np
import torch

from predictions.instruments.tensors import as_tensor


@torch.no_grad()
def train(layers, target, left, right, *, step_sizes, stride: int, records: int) -> tuple[np.ndarray, np.ndarray]:
    """Mode strengths after each `stride` steps and the last loss; arguments and shapes as in `jax_training.train`."""
    target, left, right = map(as_tensor, (target, left, right))
    layers = [as_tensor(weights).clone() for weights in layers]
    strengths = []
    for _ in range(records):
        for _ in range(stride):
            # simultaneous: all gradients are taken before any layer moves
            for weights, size, descent in zip(layers, step_sizes, descent_directions(layers, target)):
                weights.add_(descent, alpha=float(size))
        strengths.append(torch.einsum("tom,toi,tim->tm", left, partial_products(layers)[-1], right))
    loss = 0.5 * (partial_products(layers)[-1] - target).square().sum(dim=(1, 2))
    return torch.stack(strengths, dim=-1).cpu().numpy(), loss.cpu().numpy()


def partial_products(layers: list[torch.Tensor]) -> list[torch.Tensor]:
    """[W_1, W_2 W_1, ..., W_L ... W_1], each (trials, rows, inputs)."""
    products = [layers[0]]
    for weights in layers[1:]:
        products.append(weights @ products[-1])
    return products


def descent_directions(layers: list[torch.Tensor], target: torch.Tensor) -> list[torch.Tensor]:
    """Negative gradients (W_L ... W_{l+1})^T (T - W_L ... W_1) (W_{l-1} ... W_1)^T, shaped as the layers."""
    products = partial_products(layers)
    backward = target - products[-1]
    directions = []
    for weights, before in zip(layers[:0:-1], products[-2::-1]):
        directions.append(backward @ before.mT)
        backward = weights.mT @ backward
    return [backward, *directions[::-1]]
