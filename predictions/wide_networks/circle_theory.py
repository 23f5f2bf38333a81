"""Learning times of pure tones on the circle, for gradient steps eta on the loss (1/2) mean (f - y)^2.

On equally spaced points a kernel of the angle between inputs is circulant: its eigenvectors are the tones, and the
residual of frequency k falls by 1 - eta lambda_k a step. Basri et al. 2019 (arXiv 1906.00425), section 4; the kernel is
here that of the network at hand, with its biases, on the points at hand.
"""

from __future__ import annotations

import numpy as np

from predictions.instruments.kernels import InfiniteWidth, propagate


def learning_time(setting, given) -> float:
    """Steps in which the residual falls to 1/e: -1/ln(1 - eta lambda_k), lambda_k of the tangent kernel."""
    return _time(setting, eigenvalue(_kernels(setting).ntk, setting["frequency"]))


def readout_learning_time(setting, given) -> float:
    """The same if the readout alone is trained: lambda_k of the Gaussian process's kernel."""
    return _time(setting, eigenvalue(_kernels(setting).nngp, setting["frequency"]))


def quadratic_learning_time(setting, given) -> float:
    """k^2 times the time of the fundamental: the large-k law, read at every frequency."""
    return setting["frequency"] ** 2 * _time(setting, eigenvalue(_kernels(setting).ntk, 1))


def learnt_share(setting, given) -> float:
    """Share of the tone that is learnt after all steps: 1 - (1 - eta lambda_k)^steps."""
    rate = setting["learning_rate"] * eigenvalue(_kernels(setting).ntk, setting["frequency"])
    return 1 - (1 - rate) ** setting["steps"]


def eigenvalue(kernel: np.ndarray, frequency: int) -> float:
    """Eigenvalue, over the number of points, of a circulant kernel (points, points) at a frequency."""
    return np.fft.rfft(kernel[0]).real[frequency] / len(kernel)


def _time(setting, value: float) -> float:
    return -1 / np.log1p(-setting["learning_rate"] * value)


def _kernels(setting) -> InfiniteWidth:
    angles = 2 * np.pi * np.arange(setting["points"]) / setting["points"]
    gram = np.cos(angles[:, None] - angles[None, :]) / 2  # x.x'/d with d = 2
    return propagate(
        gram,
        depth=2,
        activation=setting["activation"],
        weight_std=setting["weight_std"],
        bias_std=setting["bias_std"],
    )
