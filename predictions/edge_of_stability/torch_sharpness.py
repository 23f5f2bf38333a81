"""Sharpness in torch: the Hessian's largest eigenvalue in each of a batch of trials, by Lanczos iteration.

The iteration of `predictions.instruments.curvature`, written anew with trials as the first axis.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

MOST_PRODUCTS = 40
TOLERANCE = 3e-3  # of the largest eigenvalue
RUNNERS_UP = (0.3, 0.3)  # weights of the third and second Ritz vector in the start of a next search


def hessian_product(losses: Callable, weights: torch.Tensor) -> Callable:
    """Map v -> H v, both (trials, parameters), with each trial's own Hessian H at `weights`.

    `losses` takes such weights to (trials,); summed over trials, its Hessian is that of each alone, block by block.
    """
    weights = weights.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(losses(weights).sum(), weights, create_graph=True)

    def product(vectors: torch.Tensor) -> torch.Tensor:
        return torch.autograd.grad(gradient, weights, vectors, retain_graph=True)[0]

    return product


def largest_eigenvalues(
    product: Callable, start: torch.Tensor, *, tolerance: float = TOLERANCE, most: int = MOST_PRODUCTS
) -> tuple[torch.Tensor, torch.Tensor]:
    """Each trial's largest algebraic eigenvalue, (trials,), and a start, (trials, parameters), for the next search.

    Lanczos, fully reorthogonalised. Within |A v - theta v| of each Ritz value theta lies an eigenvalue; a trial is
    done once no such interval reaches above its largest theta by more than `tolerance` of it, or after `most` products,
    whatever the others still need. A trial whose operator is not finite gets NaN.
    """
    most = min(most, start.shape[1])
    basis = start.new_zeros(len(start), most, start.shape[1])
    projected = start.new_zeros(len(start), most, most)
    largest, weights = start.new_zeros(len(start)), start.new_zeros(len(start), most)
    unfinished = torch.ones(len(start), dtype=torch.bool, device=start.device)
    vector = start / start.norm(dim=1, keepdim=True)
    for count in range(1, most + 1):
        basis[:, count - 1] = vector
        known, image = basis[:, :count], product(vector)
        projected[:, count - 1, count - 1] = (vector * image).sum(dim=1)
        for _ in range(2):  # a second time for what rounding left
            image = image - torch.bmm(torch.bmm(known, image[:, :, None]).mT, known)[:, 0]
        length = image.norm(dim=1)
        theta, ritz = _eigenpairs(projected[:, :count, :count])
        reach = (theta + length[:, None] * ritz[:, -1].abs()).amax(dim=1) - theta[:, -1]
        largest = torch.where(unfinished, theta[:, -1], largest)
        onward = ritz[:, :, -3:] @ ritz.new_tensor([*RUNNERS_UP, 1.0][-count:])
        weights[:, :count] = torch.where(unfinished[:, None], onward, weights[:, :count])
        unfinished = unfinished & (reach > tolerance * theta[:, -1].abs())  # NaN does not go on
        if count == most or not unfinished.any():
            break
        projected[:, count - 1, count] = projected[:, count, count - 1] = length
        vector = image / torch.where(length > 0, length, 1)[:, None]
    return largest, torch.bmm(weights[:, None], basis)[:, 0]


def _eigenpairs(matrices: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Eigenvalues, ascending, and vectors; NaN where a matrix is not finite, at which torch's own raises."""
    finite = matrices.isfinite().all(dim=(1, 2))
    values, vectors = torch.linalg.eigh(torch.where(finite[:, None, None], matrices, 0))
    return torch.where(finite[:, None], values, torch.nan), vectors
