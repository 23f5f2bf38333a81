"""The losses of `losses` in torch, for many networks side by side: outputs are (networks, rows, outputs)."""

from __future__ import annotations

import torch
from torch.nn.functional import cross_entropy as row_cross_entropy


def half_squared_error(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """1/2 mean over rows of the squared error summed over outputs, (networks,)."""
    return 0.5 * (outputs - targets).square().sum(dim=2).mean(dim=1)


def cross_entropy(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Mean over rows of -sum_k y_k ln softmax(f)_k, nats, (networks,).

    Targets are integer labels (networks, rows) or probabilities (networks, rows, outputs).
    """
    rows = row_cross_entropy(outputs.flatten(0, 1), targets.flatten(0, 1), reduction="none")
    return rows.unflatten(0, outputs.shape[:2]).mean(dim=1)
