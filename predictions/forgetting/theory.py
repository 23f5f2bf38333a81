"""What the second of two tasks undoes of the first: lines exactly, networks from their kernel at the start."""

from __future__ import annotations

import numpy as np


def forgetting_of_lines(setting, given):
    """Error of a line on the first of two tasks on the same rows, after the second, over its mean square label.

    With c and s the cosine and sine of the angle between their spaces, task 2 moves what the first one's rows see by c
    times its own residual. That is s X w_b for a random teacher (w_a, w_b), half of which only task 2 sees: c^2 s^2.
    For labels of their own it is y_2 - c y_1: c^2 (1 + c^2). Evron et al. 2022 (arXiv 2205.09588), for two tasks.
    """
    cosine, sine = np.cos(np.deg2rad(setting["angle"])), np.sin(np.deg2rad(setting["angle"]))
    return cosine**2 * (sine**2 if setting["labels"] == "teacher" else 1 + cosine**2)


def forgetting_in_proportion(setting, given):
    """The squared cosine, as if the second task undid what the two share, and only that."""
    return np.cos(np.deg2rad(setting["angle"])) ** 2


def half_way(setting, given):
    """45 degrees, where cos^2 sin^2 has its maximum: tasks of one teacher that share half of their space."""
    return 45.0


def full_overlap(setting, given):
    """0 degrees: most is lost where most is shared."""
    return 0.0


def forgetting_from_kernel(setting, given):
    """Rise of the first task's error if the network were linear in its weights: gradient descent with K of the start.

    T steps of rate r on rows with the kernel K/n multiply residuals by (1 - r K/n)^T along its eigenvectors, and move
    the outputs elsewhere by K_other K^-1 (1 - (1 - r K/n)^T) residual. Doan et al. 2021 (arXiv 2010.04003), for the
    overlap of tangent kernels.
    """
    n = setting["samples"]
    first, second = slice(0, n), slice(n, 2 * n)
    residual = np.array(given["labels"])
    errors = []
    for task, rate in zip((first, second), given["rates"]):
        values, vectors = np.linalg.eigh(given["kernel"][task, task])
        values = np.maximum(values, 0)
        learnt = -np.expm1(setting["steps"] * np.log1p(-rate * values / n * (1 - 1e-12)))
        gain = np.divide(learnt, values, out=np.full(n, setting["steps"] * rate / n), where=values > 0)
        residual = residual - given["kernel"][:, task] @ (vectors @ (gain * (vectors.T @ residual[task])))
        errors.append(np.mean(residual[first] ** 2))
    return errors[1] - errors[0]
