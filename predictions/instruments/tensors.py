"""Arrays in torch."""

from __future__ import annotations

import numpy as np
import torch


def as_tensor(array: np.ndarray) -> torch.Tensor:
    """The array in the precision of the run, on the GPU where there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.as_tensor(array, dtype=torch.get_default_dtype(), device=device)
