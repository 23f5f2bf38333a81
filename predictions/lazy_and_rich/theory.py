"""What a large output multiplier makes of training, and what a small one does.

Conventions: f = alpha h, loss (1/alpha^2) (1/2) sum_i (f(x_i) - y_i)^2 = (1/2) sum_i (h(x_i) - y_i / alpha)^2,
full-batch gradient steps eta = c / lambda_max, K_0 the first tangent kernel of h on the training inputs.
"""

from __future__ import annotations

import numpy as np


def displacement(setting, given) -> float:
    """How far all weights move, |w_T - w_0|, if h starts at 0 and stays linear in its weights.

    w_T - w_0 = J^T K_0^{-1} (1 - (1 - eta K_0)^T) y / alpha, of which

        |w_T - w_0|^2 = alpha^{-2} sum_i (1 - (1 - eta lambda_i)^T)^2 (v_i . y)^2 / lambda_i

    remains: the linearised model of Chizat, Oyallon and Bach 2019 (arXiv 1812.07956), section 2, in T discrete steps.
    """
    return _displacement(setting, given, np.zeros_like(given["labels"]))


def displacement_with_first_output(setting, given) -> float:
    """The same if h starts at h_0 instead: y / alpha becomes y / alpha - h_0, and alpha -> infinity leaves a motion."""
    return _displacement(setting, given, given["first_outputs"])


def isotropic_displacement(setting, given) -> float:
    """The same, trained to the end, if the kernel had one eigenvalue for all, its mean: |y| / (alpha lambda^{1/2})."""
    return np.linalg.norm(given["labels"]) / (setting["multiplier"] * np.sqrt(np.mean(given["kernel_eigenvalues"])))


def _displacement(setting, given, first_outputs) -> float:
    eigenvalues = given["kernel_eigenvalues"]
    decay = 1 - setting["relative_learning_rate"] * eigenvalues / eigenvalues[-1]
    learnt = (1 - decay ** setting["steps"]) * (given["labels"] / setting["multiplier"] - first_outputs)
    return np.sqrt(np.sum(learnt**2 / eigenvalues))


def inverse_multiplier(setting, given) -> float:
    """d ln |w_T - w_0| / d ln alpha = -1, and so for the kernel's change, which is of first order in the motion.

    h has y / alpha to learn, and a linear h moves in proportion: Chizat et al. 2019 (arXiv 1812.07956), section 2.
    """
    return -1.0


def aligned(setting, given) -> float:
    """Alignment 1: all of the student's mass lies on lines of the teacher's neurons. Chizat et al. 2019, figure 1."""
    return 1.0


def initial_alignment(setting, given) -> float:
    """Alignment of the student before training, which training at a large multiplier leaves to order 1/alpha."""
    return given["initial_alignment"]


def kernel_risk(setting, given) -> float:
    """Test error of kernel regression with the network's own first tangent kernel: what a lazy network does.

    Chizat et al. 2019 (arXiv 1812.07956), section 2: as alpha grows, f stays ever closer to its linearisation.
    """
    return given["kernel_risk"]


def features_form(setting, given) -> float:
    """1 if neurons have to move by their own length or more to fit labels of order one, 0 if they move far less.

    f = (alpha/m) sum_j a_j relu(w_j . x) of labels of order one takes a motion of order 1/alpha of weights of order
    one: Chizat et al. 2019 (arXiv 1812.07956), section 2.2, for a homogeneous h; alpha = 1 divides the two.
    """
    return float(setting["multiplier"] <= 1)


def half_kernel_risk(setting, given) -> float:
    """Half of that: the mark below which feature learning is held to bring a network."""
    return given["kernel_risk"] / 2


def hidden_motion_exponent(setting, given) -> float:
    """d ln(|H_T - H_0| / |H_0|) / d ln w = p - 1/2, of outputs that carry the power -p of the width.

    h = w^{-1/2} sum_j a_j H_j has to learn y w^p. Each H_j is pulled along its own a_j, all on the same errors, by
    c a_j say, and moves h by w^{-1/2} sum_j a_j^2 c = w^{1/2} c: c is of order w^{p - 1/2}, H_j of order one. (The
    readout moves by c H_j, and so do lower layers: shares of the same order.) Both ends: Yang et al. 2023
    (arXiv 2310.02244), section 1.
    """
    return setting["output_power"] - 0.5


def hidden_motion_under_small_labels(setting, given) -> float:
    """The same if the labels carry the power -r of the width: h has to learn y w^{p - r}."""
    return hidden_motion_exponent(setting, given) - setting["label_power"]
