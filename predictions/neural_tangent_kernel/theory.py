"""What the tangent-kernel limit predicts, for L = (1/2) sum_i (f(x_i) - y_i)^2 and full-batch gradient steps eta.

Powers of the width: the kernel is a mean over w neurons of a layer, and so is its derivative along a step.
"""

from __future__ import annotations

import numpy as np

from predictions.instruments.kernels import InfiniteWidth, propagate


def _infinite_width(setting, given, *, depth: int) -> InfiniteWidth:
    return propagate(
        given["gram"],
        depth=depth,
        activation=setting["activation"],
        weight_std=setting["weight_std"],
        bias_std=setting["bias_std"],
    )


def ntk_top_eigenvalue(setting, given) -> float:
    """Largest eigenvalue of the infinite-width tangent kernel on the inputs.

    Jacot et al. 2018 (arXiv 1806.07572), theorem 1. Every layer is trained; `depth` counts weight layers.
    """
    return np.linalg.eigvalsh(_infinite_width(setting, given, depth=setting["depth"]).ntk)[-1]


def nngp_top_eigenvalue(setting, given) -> float:
    """Largest eigenvalue of the infinite-width tangent kernel of a network whose readout alone is trained.

    That kernel is the covariance of the Gaussian process that the untrained network draws from: Lee et al. 2018
    (arXiv 1711.00165), equation 5.
    """
    return np.linalg.eigvalsh(_infinite_width(setting, given, depth=setting["depth"]).nngp)[-1]


def one_layer_deeper_top_eigenvalue(setting, given) -> float:
    """The same for a network with one weight layer more: depth miscounted in layers of units, inputs included."""
    return np.linalg.eigvalsh(_infinite_width(setting, given, depth=setting["depth"] + 1).ntk)[-1]


def slow_mode_rate(setting, given) -> float:
    """Decay a step of the residual along the observed eigenvectors of K_0: mean over the group of -ln(1 - eta lambda).

    Gradient descent on a linear model: c(t) = (1 - eta lambda)^t c(0). Jacot et al. 2018 (arXiv 1806.07572), section 5,
    and Lee et al. 2019 (arXiv 1902.06720), section 2.2, in discrete steps; L sums over samples, so lambda is K_0's own.
    """
    return np.mean(-np.log(1 - given["learning_rates"] * given["slow_mode_eigenvalues"]))


def mean_mode_rate(setting, given) -> float:
    """The same if every mode decayed at the rate of the average eigenvalue, trace(K_0)/n."""
    return np.mean(-np.log(1 - given["learning_rates"] * given["mean_eigenvalues"]))


def slow_mode_rate_with_momentum(setting, given) -> float:
    """The same with momentum b: c(t+1) = (1 + b - eta lambda) c(t) - b c(t-1), c(1) = (1 - eta lambda) c(0)."""
    momentum = setting["momentum"]
    decay = given["learning_rates"] * given["slow_mode_eigenvalues"]
    previous, current = np.ones_like(decay), 1 - decay
    for _ in range(setting["steps"] - 1):
        previous, current = current, (1 + momentum - decay) * current - momentum * previous
    return np.mean(-np.log(np.abs(current)) / setting["steps"])


def fluctuation_exponent(setting, given):
    """d ln(|std K| / |E K|) / d ln w = -1/2 at initialisation: K is a mean over w neurons, nearly independent.

    Hanin and Nica 2020 (arXiv 1909.05989), theorem 1: the relative variance is of order depth / width.
    """
    return -0.5


def change_exponent(setting, given):
    """d ln(|K_T - K_0| / |K_0|) / d ln w = -1, and of the linearisation's error, which the change of K makes.

    dK/dt is a correlation of f with three derivatives (O_3), whose Feynman diagrams are of order 1/w for smooth
    activations: Dyer and Gur-Ari 2020 (arXiv 1909.11304), section 3.
    """
    return -1.0


def kinked_exponent(setting, given):
    """-1/2 for units whose slope jumps at a kink: what crosses the kink is of order w^-1/2, and it crosses one way.

    A preactivation moves by O(w^-1/2), so that this share of the units changes sides; each counts O(1/w) in K. A unit
    that is on for an input is moved by that input, too, and faster than one that is off: more go off than on, by the
    same order, and K loses O(w^-1/2). Flips either way at random would cancel to (w^1/2)^1/2 / w = w^-3/4, which stands
    beside it at small widths. One input, one hidden layer, no biases: E dK/K = -E|y - f_0| / (pi s_w^2 w^1/2), from the
    density 1/(2 pi)^1/2 s_w of preactivations at 0 times E|a|^3 / 2, and the total push (y - f_0) / s_w^4.
    """
    return -0.5


def random_flips_exponent(setting, given):
    """-3/4, if units crossed the kink either way alike: w^1/2 flips of random sign, each of weight 1/w."""
    return -0.75


def change_bound_exponent(setting, given):
    """-1/2, the least decay of sup_t |K_t - K_0| that is proven: Lee et al. 2019 (arXiv 1902.06720), theorem 2.1."""
    return -0.5
