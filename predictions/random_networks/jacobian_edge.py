"""Propagate a random input through a random network and take the largest singular value of its Jacobian.

Model      `depth` layers of `width` units, as many as inputs, without biases, `activation` linear or relu; `weights`
           gaussian, independent entries of variance sigma^2 / width, or orthogonal, sigma times a random rotation.
           sigma^2 is 1 for linear and 2 for rectified units, so that the mean squared singular value is one.
Data       one standard Gaussian input.
Observed   the largest squared singular value of the Jacobian of the last layer's units in the inputs.
Trial      weights and input; a mean over `networks` of them.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import ortho_group


def prepare(setting, seeds):
    """Given: nothing. State: the seeds, from which `measure` draws one matrix after the other."""
    return {}, [int(seed) for seed in seeds]


def measure(setting, state):
    """The largest squared singular value, (trials,)."""
    return {"top_square": np.array([np.mean([*_tops(setting, np.random.default_rng(seed))]) for seed in state])}


def _tops(setting, rng: np.random.Generator):
    width, relu = setting["width"], setting["activation"] == "relu"
    for _ in range(setting["networks"]):
        signal, jacobian = rng.standard_normal(width), np.eye(width)
        for _ in range(setting["depth"]):
            if setting["weights"] == "orthogonal":
                matrix = ortho_group.rvs(width, random_state=rng)
            else:
                matrix = rng.standard_normal((width, width)) / np.sqrt(width)
            if relu:
                matrix *= np.sqrt(2)
            signal, jacobian = matrix @ signal, matrix @ jacobian
            if relu:
                jacobian *= (signal > 0)[:, None]
                signal = np.maximum(signal, 0)
        yield np.linalg.norm(jacobian, 2) ** 2
