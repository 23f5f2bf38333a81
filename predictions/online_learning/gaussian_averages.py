"""Averages of erf units over Gaussian fields, in closed form: what networks of such units owe to their overlaps.

Fields u ~ N(0, C): pre-activations of the units of one or two networks on the same random input. The unit is
g(u) = erf(u / sqrt(2)), g'(u) = (2/pi)^{1/2} exp(-u^2/2). Saad and Solla 1995, Physical Review E 52, 4225, appendix.
"""

from __future__ import annotations

import numpy as np


def products(covariance):
    """E g(u_i) g(u_j) for all i, j: (fields, fields)."""
    norm = np.sqrt(1 + np.diagonal(covariance))
    return 2 / np.pi * np.arcsin(covariance / np.outer(norm, norm))


def generalisation_error(students, cross, teachers):
    """E (sum_i g(x_i) - sum_n g(y_n))^2 / 2 of a student's fields x and a teacher's fields y.

    `students` E x x^T, (..., K, K); `cross` E x y^T, (..., K, M); `teachers` E y y^T, (M, M).
    """
    of_students = 1 + np.diagonal(students, axis1=-2, axis2=-1)
    of_teachers = 1 + np.diagonal(teachers)

    def total(overlaps, first, second):
        return np.sum(np.arcsin(overlaps / np.sqrt(first[..., :, None] * second[..., None, :])), axis=(-2, -1))

    own = total(students, of_students, of_students) + total(teachers, of_teachers, of_teachers)
    return (own - 2 * total(cross, of_students, of_teachers)) / np.pi


def drifts(covariance):
    """E g'(u_i) u_n g(u_m): (fields i, fields n, fields m)."""
    c, one = covariance, 1 + np.diagonal(covariance)
    free = one[:, None] * one - c**2  # (i, m)
    numerator = c[None, :, :] * one[:, None, None] - c[:, :, None] * c[:, None, :]
    return 2 / np.pi * numerator / (np.sqrt(free)[:, None, :] * one[:, None, None])


def noise_products(covariance):
    """E g'(u_i) g'(u_k): (fields, fields)."""
    one = 1 + np.diagonal(covariance)
    return 2 / np.pi / np.sqrt(one[:, None] * one - covariance**2)


def fluctuations(covariance, count: int):
    """E g'(u_i) g'(u_k) g(u_n) g(u_m) for i and k among the first `count` fields: (count, count, fields, fields).

    Under the weight g'(u_i) g'(u_k) the fields are Gaussian still, with a smaller covariance: then `products`.
    """
    c, weights = covariance, noise_products(covariance)
    result = np.empty((count, count, len(c), len(c)))
    for i in range(count):
        for k in range(i + 1):
            pair = [i, k]
            tilted = c - c[:, pair] @ np.linalg.solve(c[np.ix_(pair, pair)] + np.eye(2), c[pair, :])
            result[i, k] = result[k, i] = weights[i, k] * products(tilted)
    return result
