"""What one large step does to the singular values of a first layer. Ba et al. 2022 (arXiv 2205.01445).

At the start outputs are of order N^{-1/2}, and eta N^{1/2} times the gradient of the first layer W (d, N) is, to
leading order in spectral norm, of rank one: theta u v^T with v = a / |a|, u along the pull g = (1/n) sum_i y_i
E_w[phi'(w . x_i)] x_i and

    theta = eta |g| |a|.

u and v know nothing of W, whose entries are N(0, 1/d). With c = N / d (Benaych-Georges and Nadakuditi 2012, J. of
Multivariate Analysis 111, 120, section 3.1 for the entries' variance 1/d), for theta > c^{1/4},

    s^2 = (1 + theta^2) (c + theta^2) / theta^2,    (u_1 . u)^2 = 1 - (c + theta^2) / (theta^2 (theta^2 + 1)),

and below it s = 1 + c^{1/2}, the edge, with no part along u.

On Gaussian rows and a target y = f(x . b), with mu_1 = E phi'(z), alpha_1 = E z f(z), z ~ N(0, 1), and d/n fixed

    g = mu_1 X^T y / n,    |g|^2 = mu_1^2 (alpha_1^2 + (d/n) E y^2),    (g . b)^2 = mu_1^2 alpha_1^2.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

POINTS, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)
SLOPES = {"softplus": expit, "tanh": lambda z: 1 / np.cosh(z) ** 2}


def spike(setting, given) -> float:
    """Largest singular value of the first layer after the step, from the length of this trial's pull and readout."""
    return _value(step_size(setting, given), setting["width"] / given["features"])


def step_alone(setting, given) -> float:
    """theta: the same if the random weights, of which no row is as long as the step, did not count."""
    return step_size(setting, given)


def untouched(setting, given) -> float:
    """1 + c^{1/2}: the largest singular value before the step."""
    return float(1 + np.sqrt(setting["width"] / given["features"]))


def step_size(setting, given) -> float:
    """theta = eta |g| |a|."""
    return float(setting["learning_rate"] * given["pull"] * given["readout"])


def above_threshold(setting, given) -> float:
    """theta / c^{1/4}."""
    return float(step_size(setting, given) / (setting["width"] / given["features"]) ** 0.25)


def alignment_on_gaussian_rows(setting, given) -> float:
    """Square of the part along b of the leading singular vector: from sizes and functions alone."""
    signal, square, slope = _gaussian_target(setting)
    ratio = setting["dimension"] / setting["rows"]
    length = np.sqrt(signal**2 + ratio * square)
    along = _overlap(setting["learning_rate"] * slope * length, setting["width"] / setting["dimension"])
    return float(along * (signal / length) ** 2)


def alignment_of_the_gradient(setting, given) -> float:
    """The same of the gradient itself, as if the weights it is added to did not count."""
    signal, square, _ = _gaussian_target(setting)
    return float(signal**2 / (signal**2 + setting["dimension"] / setting["rows"] * square))


def alignment_of_many_rows(setting, given) -> float:
    """The same if the rows were so many that the gradient is along the target."""
    signal, _, slope = _gaussian_target(setting)
    return _overlap(setting["learning_rate"] * slope * abs(signal), setting["width"] / setting["dimension"])


def _gaussian_target(setting):
    """E z y and E y^2 of y = sqrt(2) sin(z), and E phi'(z)."""
    slope = SLOPES[setting["activation"]](POINTS) @ WEIGHTS / np.sum(WEIGHTS)
    return np.sqrt(2 / np.e), 1 - np.exp(-2), float(slope)


def _value(theta, c) -> float:
    if theta <= c**0.25:
        return float(1 + np.sqrt(c))
    return float(np.sqrt((1 + theta**2) * (c + theta**2)) / theta)


def _overlap(theta, c) -> float:
    if theta <= c**0.25:
        return 0.0
    return float(1 - (c + theta**2) / (theta**2 * (theta**2 + 1)))
