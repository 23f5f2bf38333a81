"""Least squares on one task, then, from what it has learnt, on another that overlaps with it by a given angle.

Model      the line nearest to the last one, in the length of the weights, that fits the task at hand; at first zero.
Data       `samples` digits a task, pixels less their means, in the first half of the inputs; the second task has the
           same digits, turned out of it into the other half by `angle` degrees. `labels`: teacher, of one random line
           for both tasks, or own, independent N(0, 1).
Observed   forgetting: mean squared error on the first task after the second was learnt, over its mean square label.
Trial      digits and labels; means over `draws` of errors and of labels before their ratio.
"""

from __future__ import annotations

import numpy as np

from predictions.gaussian_universality.populations import images


def prepare(setting, seeds):
    """Nothing is given: theories need the condition only."""
    return {}, [np.random.default_rng(int(seed)) for seed in seeds]


def measure(setting, state):
    """Error on the first task after the second, in units of its mean square label: (trials,)."""
    sums = [np.mean([_one_draw(setting, child) for child in rng.spawn(setting["draws"])], axis=0) for rng in state]
    return {"forgetting": np.array([after / before for after, before in sums])}


def _one_draw(setting, generator: np.random.Generator) -> tuple[float, float]:
    pixels, _ = images("digits")
    rows = pixels[generator.choice(len(pixels), setting["samples"], replace=False)]
    angle = np.deg2rad(setting["angle"])
    first = np.hstack([rows, np.zeros_like(rows)])
    second = np.hstack([np.cos(angle) * rows, np.sin(angle) * rows])
    if setting["labels"] == "teacher":
        teacher = generator.standard_normal(first.shape[1])
        labels, others = first @ teacher, second @ teacher
    else:
        labels, others = generator.standard_normal((2, len(rows)))
    weights = np.linalg.pinv(first) @ labels
    weights = weights + np.linalg.pinv(second) @ (others - second @ weights)
    return float(np.mean((first @ weights - labels) ** 2)), float(np.mean(labels**2))
