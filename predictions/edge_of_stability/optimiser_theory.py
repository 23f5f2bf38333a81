"""Where Nesterov's momentum and Adam turn unstable on a quadratic, in the conventions of `optimisers`.

The sharpness is the largest eigenvalue lambda of P^-1 H: H is the Hessian of exactly the function that is stepped on, P
the optimiser's preconditioner, 1 for Nesterov's momentum. `learning_rate` is eta, `momentum` beta (Adam's beta1).
"""

from __future__ import annotations


def nesterov_threshold(setting, given):
    """Sharpness (2 + 2 beta)/(eta (1 + 2 beta)), above which Nesterov's momentum grows (Cohen et al. 2021, appendix).

    Along an eigenvector x_{t+1} = (1 - eta lambda) ((1 + beta) x_t - beta x_{t-1}). As lambda grows, a root of
    z^2 - (1 - eta lambda) ((1 + beta) z - beta) leaves the unit circle at z = -1, where
    2 + 2 beta - eta lambda (1 + 2 beta) = 0.
    """
    beta = setting["momentum"]
    return (2 + 2 * beta) / (setting["learning_rate"] * (1 + 2 * beta))


def adam_threshold(setting, given):
    """Preconditioned sharpness (2 + 2 beta)/((1 - beta) eta), above which Adam grows; 38/eta for beta = 0.9.

    With P standing still Adam is heavy-ball momentum in its averaging form, m <- beta m + (1 - beta) g, in coordinates
    scaled by P^1/2: Polyak's threshold, larger by 1/(1 - beta). Cohen et al. 2022, section 3.
    """
    beta = setting["momentum"]
    return (2 + 2 * beta) / ((1 - beta) * setting["learning_rate"])


def plain_threshold(setting, given):
    """Sharpness 2/eta, at which descent without momentum turns unstable."""
    return 2 / setting["learning_rate"]


def below_the_edge(setting, given):
    """Sharpness 5% below 2/eta: farther than full-batch descent falls between its bursts."""
    return 0.95 * plain_threshold(setting, given)


def polyak_threshold(setting, given):
    """Sharpness (2 + 2 beta)/eta, at which Polyak's momentum, v <- beta v - eta g, turns unstable."""
    return (2 + 2 * setting["momentum"]) / setting["learning_rate"]


def initial_sharpness(setting, given):
    """Top eigenvalue of H at initialisation: as if training did not change the curvature."""
    return given["initial_sharpness"]


def constant_preconditioner_sharpness(setting, given):
    """Top eigenvalue of H/epsilon: what Adam sees of a constant Hessian once epsilon outweighs every gradient."""
    return given["initial_sharpness"] / setting["epsilon"]
