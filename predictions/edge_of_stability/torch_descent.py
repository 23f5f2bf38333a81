"""The loop of `descent` in torch, for heavy ball on all rows: trials are the first axis of every tensor."""

from __future__ import annotations

from functools import reduce

import numpy as np
import torch

from predictions.edge_of_stability.descent import Curves
from predictions.edge_of_stability.torch_sharpness import hessian_product, largest_eigenvalues
from predictions.instruments.tensors import as_tensor
from predictions.instruments.torch_losses import cross_entropy, half_squared_error

LOSSES = {"mse": half_squared_error, "cross-entropy": cross_entropy}


def descend(losses_at, weights, probe, *, learning_rate, momentum=0.0, steps: int, every: int, reduce=reduce) -> Curves:
    """`Curves` of v <- momentum v - learning_rate g, w <- w + v, with a record before step 0, every, 2 every, ...

    `losses_at` maps weights (trials, parameters) to losses (trials,); `probe`, like weights, is where the search for
    the top eigenvector begins.
    """
    if steps % every:
        raise ValueError(f"steps is {steps}, which is not a multiple of every, {every}")
    probe = probe / probe.norm(dim=1, keepdim=True)

    def advance(carry, number: int):
        weights, velocity, start, curves = carry
        sharpness, onward = largest_eigenvalues(hessian_product(losses_at, weights), start)
        curves.sharpness[:, number] = sharpness.cpu().numpy()
        for step in range(number * every, (number + 1) * every):
            weights = weights.detach().requires_grad_()
            values = losses_at(weights)
            (gradient,) = torch.autograd.grad(values.sum(), weights)
            curves.losses[:, step] = values.detach().cpu().numpy()
            velocity = momentum * velocity - learning_rate * gradient
            weights = weights.detach() + velocity
            if step == number * every:
                midway, _ = largest_eigenvalues(hessian_product(losses_at, weights - velocity / 2), onward)
                curves.midway[:, number] = midway.cpu().numpy()
        return weights, velocity, onward + 0.1 * probe, curves

    trials, records = len(probe), steps // every
    losses, sharpness = (np.empty((trials, count), probe.cpu().numpy().dtype) for count in (steps, records))
    curves = Curves(losses, sharpness, np.empty_like(sharpness), np.full_like(sharpness, np.nan))
    *_, curves = reduce(advance, range(records), (weights, torch.zeros_like(weights), probe, curves))
    return curves


def highest_sharpness(
    losses_at, weights, probe, enough, *, learning_rate, momentum, steps: int, every: int, reduce=reduce
) -> np.ndarray:
    """Largest eigenvalue that the same descent meets after its first tenth, in which momenta fill: (trials,).

    As `descent.highest_sharpness`: a trial is followed until it has met `enough` (trials,), not at all where it is NaN.
    """
    probe = probe / probe.norm(dim=1, keepdim=True)
    enough = torch.as_tensor(enough, dtype=weights.dtype, device=weights.device)
    records = steps // every

    def advance(carry, number: int):
        weights, velocity, start, highest = carry
        follows = highest < enough
        if not follows.any():
            return carry
        if 10 * number >= records:
            sharpness, start = largest_eigenvalues(hessian_product(losses_at, weights), start)
            highest, start = torch.where(follows, torch.fmax(highest, sharpness), highest), start + 0.1 * probe
        for _ in range(every):
            weights = weights.detach().requires_grad_()
            (gradient,) = torch.autograd.grad(losses_at(weights).sum(), weights)
            velocity = momentum * velocity - learning_rate * gradient
            weights = weights.detach() + velocity
        return weights, velocity, start, highest

    start = weights, torch.zeros_like(weights), probe, torch.zeros_like(enough)
    return reduce(advance, range(records), start)[3].cpu().numpy()


def tanh_network(layers, inputs, targets, probe, loss: str):
    """Losses as a function of weights, the weights, and the probe, for `descend`.

    `layers` holds matrix (trials, inputs, outputs) and bias (trials, outputs) of each layer. Weights are one vector a
    trial, in the order that JAX gives them: each layer's matrix, row by row, then its bias.
    """
    arrays = [array for layer in layers for array in layer]
    shapes = [array.shape[1:] for array in arrays]
    weights = as_tensor(np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1))
    inputs, targets, probe = map(as_tensor, (inputs, targets, probe))

    def losses_at(weights):
        parts = weights.split([int(np.prod(shape)) for shape in shapes], dim=1)
        parts = [part.reshape(-1, *shape) for part, shape in zip(parts, shapes)]
        signal = inputs
        for matrix, bias in zip(parts[:-2:2], parts[1:-2:2]):
            signal = torch.tanh(torch.baddbmm(bias[:, None], signal, matrix))
        return LOSSES[loss](torch.baddbmm(parts[-1][:, None], signal, parts[-2]), targets)

    return losses_at, weights, probe
