"""Where gradient descent stops sharpening: linear stability of its recursion on a quadratic.

Conventions: the sharpness is the largest eigenvalue lambda of the Hessian of exactly the function that is stepped on;
`learning_rate` is eta and `momentum` beta in v <- beta v - eta g, w <- w + v. (In the averaging form
v <- beta v + (1 - beta) g, w <- w - eta v, every threshold below is larger by 1/(1 - beta).)
"""

from __future__ import annotations


def stability_threshold(setting, given):
    """Sharpness 2/eta, above which gradient descent grows along the top eigenvector (Cohen et al. 2021, section 2).

    Along an eigenvector the step is x <- (1 - eta lambda) x, which grows once eta lambda > 2.
    """
    return 2 / setting["learning_rate"]


def heavy_ball_threshold(setting, given):
    """Sharpness (2 + 2 beta)/eta, above which Polyak's momentum grows (Cohen et al. 2021, section 2).

    Along an eigenvector x_{t+1} = (1 + beta - eta lambda) x_t - beta x_{t-1}, with characteristic polynomial
    z^2 - (1 + beta - eta lambda) z + beta. As lambda grows, a root leaves the unit circle at z = -1, where
    2 + 2 beta - eta lambda = 0.
    """
    return (2 + 2 * setting["momentum"]) / setting["learning_rate"]


def effective_rate_threshold(setting, given):
    """Sharpness 2 (1 - beta)/eta: as if momentum were only a larger step, eta/(1 - beta)."""
    return 2 * (1 - setting["momentum"]) / setting["learning_rate"]


def initial_sharpness(setting, given):
    """Sharpness at initialisation: as if training did not change the curvature, whatever the step size."""
    return given["initial_sharpness"]


def least_squares_sharpness(setting, given):
    """Top eigenvalue of X^T X / n: the Hessian of 1/2 mean |W x - y|^2, the same at every W."""
    return given["second_moment_spectrum"].max()
