"""The descent of `full_batch_descent` in torch: one plain loop over steps, trials as the first axis of every tensor.

Weights are one vector a trial, in the order that JAX gives them: each layer's matrix, row by row, then its bias.
"""

from __future__ import annotations

import numpy as np
import torch

from predictions.edge_of_stability.torch_sharpness import hessian_product, largest_eigenvalues


def train(layers, inputs, targets, probe, *, loss: str, learning_rate, momentum, steps: int, every: int):
    """Losses before each step, (trials, steps), and sharpness before step 0, every, ..., (trials, steps // every).

    v <- momentum v - learning_rate g, w <- w + v. `layers` holds matrix (trials, inputs, outputs) and bias (trials,
    outputs) of each layer; `inputs` and `targets` are (trials, rows, ...), `probe` (trials, parameters) is where the
    search for the top eigenvector begins.
    """
    if steps % every:
        raise ValueError(f"steps is {steps}, which is not a multiple of every, {every}")
    arrays = [array for layer in layers for array in layer]
    shapes = [array.shape[1:] for array in arrays]
    weights = _tensor(np.concatenate([array.reshape(len(array), -1) for array in arrays], axis=1))
    inputs, targets, probe = map(_tensor, (inputs, targets, probe))
    probe = probe / probe.norm(dim=1, keepdim=True)
    of_outputs = LOSSES[loss]

    def losses_at(weights):
        return of_outputs(fully_connected(split(weights, shapes), inputs), targets)

    velocity, start = torch.zeros_like(weights), probe
    losses, sharpnesses = [], []
    for step in range(steps):
        if step % every == 0:
            sharpness, onward = largest_eigenvalues(hessian_product(losses_at, weights), start)
            start = onward + 0.1 * probe
            sharpnesses.append(sharpness)
        weights.requires_grad_()
        values = losses_at(weights)
        (gradient,) = torch.autograd.grad(values.sum(), weights)
        losses.append(values.detach())
        velocity = momentum * velocity - learning_rate * gradient
        weights = weights.detach() + velocity
    return torch.stack(losses, dim=1).cpu().numpy(), torch.stack(sharpnesses, dim=1).cpu().numpy()


def split(weights: torch.Tensor, shapes) -> list[torch.Tensor]:
    """Matrices and biases, each (trials, *shape), that lie one after the other in `weights`, (trials, parameters)."""
    parts = weights.split([int(np.prod(shape)) for shape in shapes], dim=1)
    return [part.reshape(-1, *shape) for part, shape in zip(parts, shapes)]


def fully_connected(arrays: list[torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
    """Outputs (trials, rows, outputs) of tanh networks given as matrix, bias, matrix, bias, ..."""
    signal = inputs
    for matrix, bias in zip(arrays[:-2:2], arrays[1:-2:2]):
        signal = torch.tanh(torch.baddbmm(bias[:, None], signal, matrix))
    return torch.baddbmm(arrays[-1][:, None], signal, arrays[-2])


def squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """1/2 mean over rows of the squared error summed over outputs, (trials,)."""
    return 0.5 * (outputs - targets).square().sum(dim=-1).mean(dim=-1)


def cross_entropy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean over rows of -sum_k y_k ln softmax(f)_k, (trials,), for targets that sum to one."""
    return (outputs.logsumexp(dim=-1) - (outputs * targets).sum(dim=-1)).mean(dim=-1)


LOSSES = {"mse": squared_error, "cross-entropy": cross_entropy}


def _tensor(array: np.ndarray) -> torch.Tensor:
    return torch.as_tensor(
        array, dtype=torch.get_default_dtype(), device="cuda" if torch.cuda.is_available() else "cpu"
    )
