"""Online learning of a soft committee machine in the limit of many inputs: the overlaps obey differential equations.

Conventions (Saad and Solla 1995): fields x_i = J_i . xi / N^{1/2} and y_n = B_n . xi / N^{1/2} of an input
xi ~ N(0, 1)^N, units g(u) = erf(u / sqrt(2)), loss (sigma - zeta)^2 / 2, steps eta / N^{1/2} in J, time = examples / N;
overlaps Q = E x x^T, R = E x y^T, T = E y y^T. With D = zeta - sigma,

    dR_in/dt = eta E g'(x_i) D y_n
    dQ_ik/dt = eta E (g'(x_i) x_k + g'(x_k) x_i) D + eta^2 E g'(x_i) g'(x_k) D^2.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

from predictions.online_learning.gaussian_averages import drifts, fluctuations, generalisation_error, noise_products


def error_curve(setting, given):
    """Generalisation error at the times, (times,): the equations from the measured first overlaps, without noise.

    Saad and Solla 1995 (Physical Review E 52, 4225), the equations of motion; Goldt et al. 2019 (arXiv 1906.08632)
    prove that a network of N inputs deviates from them by order N^{-1/2}.
    """
    return _error_curve(setting, given, second_order=1.0, noise_variance=0.0)


def noisy_error_curve(setting, given):
    """The same if labels carry noise of the variance s^2, which adds eta^2 s^2 E g'(x_i) g'(x_k) to dQ_ik/dt.

    Goldt et al. 2019 (arXiv 1906.08632), section 2.
    """
    return _error_curve(setting, given, second_order=1.0, noise_variance=setting["label_noise"] ** 2)


def gradient_flow_error_curve(setting, given):
    """The same without the terms in eta^2: gradient flow on the generalisation error."""
    return _error_curve(setting, given, second_order=0.0, noise_variance=0.0)


def _error_curve(setting, given, *, second_order: float, noise_variance: float):
    eta, teachers, times = setting["learning_rate"], given["teachers"], given["times"]
    units, teacher_units = given["cross"].shape
    students = slice(0, units)
    signs = np.concatenate([-np.ones(units), np.ones(teacher_units)])  # D = sum over all fields of sign x g

    def unpack(flat):
        return flat[: units**2].reshape(units, units), flat[units**2 :].reshape(units, teacher_units)

    def velocity(_, flat):
        own, cross = unpack(flat)
        covariance = np.block([[own, cross], [cross.T, teachers]])
        first = drifts(covariance)[students] @ signs  # E g'(x_i) u_n D, (units, fields)
        pull = first[:, students]
        second = fluctuations(covariance, units) @ signs @ signs
        second += noise_variance * noise_products(covariance)[students, students]
        own_velocity = eta * (pull + pull.T) + second_order * eta**2 * second
        return np.concatenate([own_velocity.ravel(), eta * first[:, units:].ravel()])

    start = np.concatenate([given["students"].ravel(), given["cross"].ravel()])
    path = solve_ivp(velocity, (0, times[-1]), start, t_eval=times, method="LSODA", rtol=1e-6, atol=1e-8).y
    return np.array([generalisation_error(*unpack(flat), teachers) for flat in path.T])
