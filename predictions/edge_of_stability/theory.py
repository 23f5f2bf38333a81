"""Where descent stops sharpening: linear stability of its recursion on a quadratic, and what rivals say.

Conventions: the sharpness is the largest eigenvalue lambda of P^-1 H: H is the Hessian of exactly the function that is
stepped on, P the optimiser's preconditioner, one but for Adam. `learning_rate` is eta and `momentum` beta (Adam's
beta1), in the conventions of `instruments.optimisers`.
"""

from __future__ import annotations


def stability_threshold(setting, given):
    """Sharpness 2/eta, above which gradient descent grows along the top eigenvector (Cohen et al. 2021, section 2).

    Along an eigenvector the step is x <- (1 - eta lambda) x, which grows once eta lambda > 2.
    """
    return 2 / setting["learning_rate"]


def initial_share_of_threshold(setting, given):
    """eta lambda_0 / 2: where the sharpness at initialisation lies between flat (0) and the threshold 2/eta (1)."""
    return setting["learning_rate"] * given["initial_sharpness"] / 2


def heavy_ball_threshold(setting, given):
    """Sharpness (2 + 2 beta)/eta, above which Polyak's momentum grows (Cohen et al. 2021, section 2).

    Along an eigenvector x_{t+1} = (1 + beta - eta lambda) x_t - beta x_{t-1}, with characteristic polynomial
    z^2 - (1 + beta - eta lambda) z + beta. As lambda grows, a root leaves the unit circle at z = -1, where
    2 + 2 beta - eta lambda = 0.
    """
    return (2 + 2 * setting["momentum"]) / setting["learning_rate"]


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
    return heavy_ball_threshold(setting, given) / (1 - setting["momentum"])


def effective_rate_threshold(setting, given):
    """Sharpness 2 (1 - beta)/eta: as if momentum were only a larger step, eta/(1 - beta)."""
    return 2 * (1 - setting["momentum"]) / setting["learning_rate"]


def below_the_edge(setting, given):
    """Sharpness 5% below 2/eta: farther than full-batch descent falls between its bursts."""
    return 0.95 * stability_threshold(setting, given)


def initial_sharpness(setting, given):
    """Top eigenvalue of H at initialisation: as if training did not change the curvature, whatever the step size."""
    return given["initial_sharpness"]


def least_squares_sharpness(setting, given):
    """Top eigenvalue of X^T X / n: the Hessian of 1/2 mean |W x - y|^2, the same at every W."""
    return given["second_moment_spectrum"].max()


def constant_preconditioner_sharpness(setting, given):
    """Top eigenvalue of H/epsilon: what Adam sees of a constant Hessian once epsilon outweighs every gradient."""
    return given["initial_sharpness"] / setting["epsilon"]


def same_level(setting, given):
    """Relative difference of the levels of two programs that train the same networks: 0."""
    return 0.0


def half_of_the_crest(setting, given):
    """Sharpness at the end over that at the crest: 1/2, this registry's reading of "falls".

    Cross-entropy's curvature in a logit is p (1 - p), at most 1/4; at odds of twenty to one it is 0.045. Cohen et al.
    2021, appendix on cross-entropy.
    """
    return 0.5


def no_rises(setting, given):
    """Share of steps on which the loss rises: 0. Descent lemma: L falls by eta (1 - eta lambda / 2) |g|^2 or more."""
    return 0.0


def least_power_of_batch(setting, given):
    """d ln lambda / d ln B of late sharpness: 0.1, the least power that counts; no theory gives its size."""
    return 0.1
