"""Addition modulo p by cosine weights of random frequencies and phases; nothing is trained.

Model      i, j -> h_k = (U_ki + V_kj)^2 -> outputs W_q . h, the largest of which is the answer; `width` neurons k with
           U_ki = cos(2 pi f_k i/p + a_k), V_kj = cos(2 pi f_k j/p + b_k), W_qk = cos(2 pi f_k q/p + c_k), f_k uniform
           on 1, ..., p - 1 and a_k, b_k uniform; c_k = a_k + b_k (`phases`: sum), or late by 1/2 (late). Gromov 2023
           (arXiv 2301.02679), section 3.
Data       all p^2 pairs; p is `modulus`.
Observed   the share of pairs whose sum is right.
Trial      `networks` networks, each asked all pairs.
"""

from __future__ import annotations

import numpy as np

LAG = {"sum": 0.0, "late": 0.5}
"""Of the output phases, in radians."""


def prepare(setting, seeds):
    """State: frequencies f and phases a, b, c of each trial's networks, (trials, 4, networks, width)."""
    return {}, np.stack([_draw(setting, np.random.default_rng(int(seed))) for seed in seeds])


def measure(setting, state):
    """`accuracy`, the share of pairs whose sum is right, averaged over the trial's networks: (trials,)."""
    p = setting["modulus"]
    return {"accuracy": np.array([np.mean([_accuracy(p, *weights) for weights in zip(*trial)]) for trial in state])}


def _draw(setting, generator: np.random.Generator) -> np.ndarray:
    shape = (setting["networks"], setting["width"])
    frequencies = generator.integers(1, setting["modulus"], shape)
    first, second = generator.uniform(0, 2 * np.pi, (2, *shape))
    return np.stack([frequencies, first, second, first + second + LAG[setting["phases"]]])


def _accuracy(p: int, frequencies, first, second, third) -> float:
    """Share of the p^2 pairs (i, j) whose largest output is at i + j modulo p."""
    numbers = np.arange(p)
    angles = 2 * np.pi * np.outer(numbers, frequencies) / p  # (p, width)
    left, right, readout = (np.cos(angles + phases) for phases in (first, second, third))
    right_answers = 0
    for i in numbers:
        outputs = (left[i] + right) ** 2 @ readout.T  # (p, p): j, q
        right_answers += np.sum(np.argmax(outputs, axis=1) == (i + numbers) % p)
    return right_answers / p**2
