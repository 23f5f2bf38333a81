"""Infinitely wide networks: when they learn which tone on the circle, and how far an ensemble of them spreads.

Tones: gradient steps eta on the loss (1/2) mean (f - y)^2. On equally spaced points a kernel of the angle between
inputs is circulant: its eigenvectors are the tones, and the residual of frequency k falls by 1 - eta lambda_k a step.
Basri et al. 2019 (arXiv 1906.00425), section 4; the kernel is here that of the network at hand, with its biases, on the
points at hand.
Spread: K is the kernel of the Gaussian process at initialisation (NNGP), Theta the tangent kernel; X are the training
rows, x a test row. Each prediction is a variance, averaged over the test rows.
"""

from __future__ import annotations

import numpy as np

from predictions.instruments.kernels import InfiniteWidth, propagate


def learning_time(setting, given) -> float:
    """Steps in which the residual falls to 1/e: -1/ln(1 - eta lambda_k), lambda_k of the tangent kernel."""
    return _time(setting, eigenvalue(_circle_kernels(setting).ntk, setting["frequency"]))


def readout_learning_time(setting, given) -> float:
    """The same if the readout alone is trained: lambda_k of the Gaussian process's kernel."""
    return _time(setting, eigenvalue(_circle_kernels(setting).nngp, setting["frequency"]))


def quadratic_learning_time(setting, given) -> float:
    """k^2 times the time of the fundamental: the large-k law, read at every frequency."""
    return setting["frequency"] ** 2 * _time(setting, eigenvalue(_circle_kernels(setting).ntk, 1))


def learnt_share(setting, given) -> float:
    """Share of the tone that is learnt after all steps: 1 - (1 - eta lambda_k)^steps."""
    rate = setting["learning_rate"] * eigenvalue(_circle_kernels(setting).ntk, setting["frequency"])
    return 1 - (1 - rate) ** setting["steps"]


def eigenvalue(kernel: np.ndarray, frequency: int) -> float:
    """Eigenvalue, over the number of points, of a circulant kernel (points, points) at a frequency."""
    return np.fft.rfft(kernel[0]).real[frequency] / len(kernel)


def _time(setting, value: float) -> float:
    return -1 / np.log1p(-setting["learning_rate"] * value)


def _circle_kernels(setting) -> InfiniteWidth:
    angles = 2 * np.pi * np.arange(setting["points"]) / setting["points"]
    gram = np.cos(angles[:, None] - angles[None, :]) / 2  # x.x'/d with d = 2
    return propagate(
        gram,
        depth=2,
        activation=setting["activation"],
        weight_std=setting["weight_std"],
        bias_std=setting["bias_std"],
    )


def odd_tone_share(setting, given) -> float:
    """Share of an odd tone above the fundamental that is learnt without biases: 0.

    relu(z) = (z + |z|) / 2, so that f(x) - f(-x) is linear in x whatever the weights; on antipodal points a tone of
    k = 3, 5, ... is odd and orthogonal to linear functions. Basri et al. 2019 (arXiv 1906.00425), abstract.
    """
    return 0.0


def trained_variance(setting, given) -> float:
    """Variance of networks trained by gradient descent on (1/2) sum of squares from independent initialisations.

    f_T(x) = f_0(x) - A (f_0(X) - y), A = Theta(x, X) Theta^-1 (1 - (1 - eta Theta)^T), and f_0 ~ GP(0, K), so that
    the variance is K(x, x) + A K A' - 2 A K(X, x): Lee et al. 2019 (arXiv 1902.06720), section 2.3, with the
    exponential of gradient flow replaced by the power of T finite steps.
    """
    kernels = _row_kernels(setting, given)
    rows = setting["training_rows"]
    eigenvalues, vectors = np.linalg.eigh(kernels.ntk[:rows, :rows])
    learnt = 1 - (1 - given["learning_rate"] * eigenvalues) ** setting["steps"]
    weights = kernels.ntk[rows:, :rows] @ (vectors * learnt / eigenvalues) @ vectors.T
    return _mean_variance(kernels.nngp, weights, rows)


def posterior_variance(setting, given) -> float:
    """Posterior variance of the Gaussian process that untrained networks are drawn from, without noise.

    K(x, x) - K(x, X) K^-1 K(X, x): Lee et al. 2018 (arXiv 1711.00165), section 2.
    """
    return _posterior_variance(_row_kernels(setting, given).nngp, setting["training_rows"])


def tangent_posterior_variance(setting, given) -> float:
    """The same for a Gaussian process with the tangent kernel. He et al. 2020 (arXiv 2007.05864), section 3."""
    return _posterior_variance(_row_kernels(setting, given).ntk, setting["training_rows"])


def untrained_variance(setting, given) -> float:
    """K(x, x): the spread that networks have before they learn."""
    return np.mean(np.diagonal(_row_kernels(setting, given).nngp)[setting["training_rows"] :])


def _posterior_variance(kernel: np.ndarray, rows: int) -> float:
    return _mean_variance(kernel, np.linalg.solve(kernel[:rows, :rows], kernel[:rows, rows:]).T, rows)


def _mean_variance(kernel: np.ndarray, weights: np.ndarray, rows: int) -> float:
    """Mean over test rows of Var(f(x) - weights . f(X)) for f ~ GP(0, kernel); weights (test rows, training rows)."""
    train, cross, test = kernel[:rows, :rows], kernel[rows:, :rows], np.diagonal(kernel)[rows:]
    return np.mean(test + np.sum((weights @ train - 2 * cross) * weights, axis=1))


def _row_kernels(setting, given) -> InfiniteWidth:
    return propagate(
        given["gram"],
        depth=setting["depth"],
        activation=setting["activation"],
        weight_std=setting["weight_std"],
        bias_std=setting["bias_std"],
    )
