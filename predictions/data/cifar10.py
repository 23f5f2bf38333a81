"""Images of CIFAR-10 (Krizhevsky 2009), averaged over square patches."""

from __future__ import annotations

import numpy as np

from predictions.data.cifar10_archive import ARRAYS_SHA256, read_subset
from predictions.data.fetching import verified_file

SIDE = 32  # pixels


def load_cifar10(pooled: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Images (4566, 3, pooled, pooled) as float64 in [0, 1], averaged over square patches, and labels (4566,) in 0..9.

    The first 3805 are of the training batches, the last 761 of the test batch. Raises `Unavailable` where the file is
    absent: it is large, so that no run fetches it.
    """
    if pooled < 1 or SIDE % pooled:
        raise ValueError(f"pooled is {pooled}, but must divide {SIDE}, the side of an image")
    arrays = read_subset(verified_file("cifar10", sha256=ARRAYS_SHA256))
    images = np.concatenate([arrays["x_train"], arrays["x_test"]]) / 255.0
    patch = SIDE // pooled
    images = images.reshape(len(images), 3, pooled, patch, pooled, patch).mean(axis=(3, 5))
    return images, np.concatenate([arrays["y_train"], arrays["y_test"]]).astype(np.int64)
