"""The equations of the overlaps, against an Euler integration with averages by quadrature, and in limits."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import erf

from predictions.online_learning import theory
from predictions.online_learning.gaussian_averages import generalisation_error

NODES, WEIGHTS = hermegauss(40)
WEIGHTS = np.outer(WEIGHTS, WEIGHTS) / np.sum(WEIGHTS) ** 2
TIMES = np.array([0.5, 1.0, 2.0])
ONE = {"students": np.array([[0.4]]), "cross": np.array([[0.2]]), "teachers": np.array([[1.1]]), "times": TIMES}
TWO = {
    "students": np.array([[0.5, 0.1], [0.1, 0.3]]),
    "cross": np.array([[0.3, 0.1], [0.05, 0.2]]),
    "teachers": np.array([[1.0, 0.02], [0.02, 0.9]]),
    "times": np.linspace(1, 40, 20),
}


def one_unit_by_quadrature(eta, noise, *, second_order=1.0, step=1e-3):
    """One unit learning one, Q and R by Euler steps."""
    q, r, t = 0.4, 0.2, 1.1
    errors, time = [], 0.0
    for end in TIMES:
        while time < end - step / 2:
            x = np.sqrt(q) * NODES[:, None]
            y = r / q * x + np.sqrt(t - r**2 / q) * NODES
            slope = np.sqrt(2 / np.pi) * np.exp(-(x**2) / 2)
            gap = erf(y / np.sqrt(2)) - erf(x / np.sqrt(2))
            drift_r = eta * np.sum(WEIGHTS * slope * gap * y)
            drift_q = 2 * eta * np.sum(WEIGHTS * slope * gap * x)
            drift_q += second_order * eta**2 * np.sum(WEIGHTS * slope**2 * (gap**2 + noise**2))
            q, r, time = q + step * drift_q, r + step * drift_r, time + step
        errors.append(float(generalisation_error(np.array([[q]]), np.array([[r]]), np.array([[t]]))))
    return errors


@pytest.mark.parametrize(
    ("theory", "noise", "second_order"),
    [
        (theory.error_curve, 0.0, 1.0),
        (theory.noisy_error_curve, 0.4, 1.0),
        (theory.gradient_flow_error_curve, 0.0, 0.0),
    ],
)
def test_one_unit_against_quadrature(theory, noise, second_order):
    curve = theory({"learning_rate": 1.3, "label_noise": noise}, ONE)
    np.testing.assert_allclose(curve, one_unit_by_quadrature(1.3, noise, second_order=second_order), rtol=3e-3)


def test_a_student_that_knows_everything_stays():
    perfect = TWO | {"students": TWO["teachers"], "cross": TWO["teachers"]}
    curve = theory.error_curve({"learning_rate": 1.0}, perfect)
    np.testing.assert_allclose(curve, 0, atol=1e-7)


def test_gradient_flow_never_rises():
    curve = theory.gradient_flow_error_curve({"learning_rate": 1.0}, TWO)
    assert np.all(np.diff(curve) < 0)


def test_small_steps_are_gradient_flow():
    """At the same eta t, the terms in eta^2 lose their weight as eta."""
    distances = []
    for eta in (0.02, 0.01):
        given = TWO | {"times": np.array([5.0, 20.0]) / eta}
        whole, flow = (
            theory({"learning_rate": eta}, given) for theory in (theory.error_curve, theory.gradient_flow_error_curve)
        )
        distances.append(np.linalg.norm(whole - flow) / np.linalg.norm(flow))
    assert distances[0] < 0.05
    assert distances[0] / distances[1] == pytest.approx(2, rel=0.1)
