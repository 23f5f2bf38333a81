"""The flattest global minimum of a deep linear network, and the step sizes that it leaves to gradient descent.

Conventions: loss 1/2 ||W_L ... W_1 - T||_F^2 with whitened inputs, s the largest singular value of T, sharpness the
largest eigenvalue of the loss Hessian. Gradient descent with step eta converges to a minimum, other than by accident,
only if its sharpness is at most 2 / eta.
"""

from __future__ import annotations


def stability_limit(setting, given):
    """2 / (L s^{2-2/L}): no minimum is flatter than L s^{2-2/L}. Mulayoff and Michaeli 2020 (arXiv 2002.04710).

    Along the top singular pair, moving layer l by its share of a unit step changes the output by the product p_l of the
    other layers' gains on that pair; the Hessian of a minimum is at least sum_l p_l^2 there, and prod_l p_l = s^{L-1}
    makes the sum at least L s^{2(L-1)/L}. Balanced layers attain it.
    """
    depth, s = setting["depth"], given["singular_values"][0]
    return 2 / (depth * s ** (2 - 2 / depth))


def fixed_layer_stability_limit(setting, given):
    """The same if the first layer is fixed at the gain c and only the other L - 1 are trained.

    These have the product s / c, and the output moves c times as much: the flattest minimum has the sharpness
    (L - 1) c^2 (s/c)^{2-2/(L-1)}.
    """
    trained, s, c = setting["depth"] - 1, given["singular_values"][0], given["fixed_gain"]
    return 2 / (trained * c**2 * (s / c) ** (2 - 2 / trained))


def limit_linear_in_strength(setting, given):
    """2 / (L s): each of L layers adds the curvature s of one layer in the product of two, whatever their number."""
    return 2 / (setting["depth"] * given["singular_values"][0])
