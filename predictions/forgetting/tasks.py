"""Two tasks on images whose input spaces meet at a given angle."""

from __future__ import annotations

import numpy as np

from predictions.data.datasets import classification
from predictions.gaussian_universality.populations import images


def rotated_tasks(name: str, samples: int, angle: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows (2 samples, 2 pixels) of mean square pixel 1, the first task's first, and labels +-1 (2 samples,).

    x -> (x, 0) for the first task and (x cos, x sin) for the second: their spaces have `angle` for all principal
    angles. Each task divides the classes into halves of its own.
    """
    pixels = images(name)[0]
    classes = classification(name).labels
    pixels = pixels / np.sqrt(np.mean(pixels**2))
    chosen = rng.choice(len(pixels), 2 * samples, replace=False)
    first, second = pixels[chosen[:samples]], pixels[chosen[samples:]]
    rows = np.block([[first, np.zeros_like(first)], [second * np.cos(angle), second * np.sin(angle)]])
    labels = []
    for part in (chosen[:samples], chosen[samples:]):
        positive = rng.permutation(10)[:5]
        labels.append(np.where(np.isin(classes[part], positive), 1.0, -1.0))
    return rows, np.concatenate(labels)
