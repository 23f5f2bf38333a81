"""Where descent stops sharpening: linear stability of its recursion on a quadratic, and what rivals say.

Conventions: the sharpness is the largest eigenvalue lambda of P^-1 H: H is the Hessian of exactly the function that is
stepped on, P the optimiser's preconditioner, one but for Adam. `learning_rate` is eta and `momentum` beta (Adam's
beta1), in the conventions of `instruments.optimisers`.
"""

from __future__ import annotations

import math

SHORTEST = 4500
"""Steps of the shortest runs whose late sharpness the room's laws are about."""


def swing_about_the_edge(steps: int, *, growth: float = 1.0, burst: float = 10.0) -> float:
    """How far from the edge sharpness swings late in a run, relative to it: the half-width of T midway between steps.

    Let delta be the relative excess over the edge, u = ln(x^2/x*^2) the oscillation in units of the one that stops
    sharpening, rho the relative sharpening a step if nothing stopped it. Then u' = 4 delta and delta' = rho (1 - e^u) a
    step (Damian, Nichani and Lee 2023, section 4), and 2 delta^2 + rho (e^u - u) stays as it is. Where x^2 falls to
    e^-burst of x*^2 between bursts, delta reaches sqrt(rho (burst - 1)/2) either way. Sharpness that nothing stops
    grows as a power `growth` of time, so that rho is growth/t, taken at t = 3/4 of the run, midway in its last half.

    Several modes swing so about one edge, and the largest of them is seen, so that the reach is what counts, not the
    mean. With momentum x grows faster, u' = 4 c delta with c >= 1, and swings less: plain descent's width serves all.
    """
    return math.sqrt(growth / (0.75 * steps) * (burst - 1) / 2)


def splitting_at_the_turns(steps: int, *, growth: float = 1.0) -> float:
    """How far, relative to the edge, the oscillation parts eigenvalues at its turning points, where iterates are.

    To first order the Hessian at w +- x differs by +-x d^3L from the one midway, which lifts the largest of several
    eigenvalues at one edge at either turn. With x* = sqrt(2 alpha/beta), alpha = -grad L . grad lambda and beta =
    |grad lambda|^2 (same place), and rho = eta alpha/lambda, that is x* |grad lambda|/lambda = sqrt(rho) at 2/eta.
    """
    return math.sqrt(growth / (0.75 * steps))


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


def initial_share_of_heavy_ball_threshold(setting, given):
    """Where the sharpness at initialisation lies between flat (0) and Polyak's threshold (1)."""
    return given["initial_sharpness"] / heavy_ball_threshold(setting, given)


def initial_share_of_nesterov_threshold(setting, given):
    """Where the sharpness at initialisation lies between flat (0) and Nesterov's threshold (1)."""
    return given["initial_sharpness"] / nesterov_threshold(setting, given)


def adam_threshold(setting, given):
    """Preconditioned sharpness (2 + 2 beta)/((1 - beta) eta), above which Adam grows; 38/eta for beta = 0.9.

    With P standing still Adam is heavy-ball momentum in its averaging form, m <- beta m + (1 - beta) g, in coordinates
    scaled by P^1/2: Polyak's threshold, larger by 1/(1 - beta). Cohen et al. 2022, section 3.
    """
    return heavy_ball_threshold(setting, given) / (1 - setting["momentum"])


def effective_rate_threshold(setting, given):
    """Sharpness 2 (1 - beta)/eta: as if momentum were only a larger step, eta/(1 - beta).

    Also where Andreyev and coauthors 2026 find batch sharpness with momentum and small batches.
    """
    return 2 * (1 - setting["momentum"]) / setting["learning_rate"]


def momentum_plateau(setting, given):
    """Batch sharpness with momentum: 2 (1 - beta)/eta for small batches, 2 (1 + beta)/eta for large ones.

    Andreyev and coauthors 2026, abstract. That small is a sixteenth of the rows or less is this registry's reading.
    """
    small = 16 * setting["batch_size"] <= setting["rows"]
    return (effective_rate_threshold if small else heavy_ball_threshold)(setting, given)


def jittered_threshold(setting, given):
    """Sharpness 2/(eta (1 - s^2)) at which rates of eta (1 + s) and eta (1 - s) keep an oscillation as large as it is.

    With a = eta lambda the factors of a step are 1 - a (1 + s) and 1 - a (1 - s), and the mean logarithm of their sizes
    is zero where (a - 1)^2 - a^2 s^2 = 1: at a = 2/(1 - s^2).
    """
    return stability_threshold(setting, given) / (1 - setting["jitter"] ** 2)


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
