"""The penalty of finite steps against exact recursions on a quadratic loss, lambda w^2 / 2.

There the flow on L + c h |grad L|^2 decays at the rate lambda + 2 c h lambda^2, and each method at -ln|z| / h, z being
the larger root of its characteristic polynomial.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from predictions.implicit_regularisation import theory
from predictions.instruments.folds import at_zero

CURVATURE = 1.7
STEPS = np.array([0.002, 0.004, 0.008, 0.016])


def fitted_coefficients(polynomial) -> np.ndarray:
    rates = [-np.log(np.abs(np.roots(polynomial(h))).max()) / h for h in STEPS]
    return (np.array(rates) - CURVATURE) / (2 * STEPS * CURVATURE**2)


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.5, 0.7])
def test_polyak_momentum_strengthens_the_penalty(momentum):
    def polynomial(h):
        return [1, -(1 + momentum - (1 - momentum) * h * CURVATURE), momentum]

    limit = at_zero(STEPS, fitted_coefficients(polynomial)[:, None])[0]
    assert theory.polyak_coefficient({"momentum": momentum}, {}) == pytest.approx(limit, rel=2e-3)


@pytest.mark.parametrize("momentum", [0.0, 0.3, 0.5])
def test_nesterov_momentum_strengthens_it_less(momentum):
    def polynomial(h):
        kept = 1 - (1 - momentum) * h * CURVATURE
        return [1, -kept * (1 + momentum), kept * momentum]

    limit = at_zero(STEPS, fitted_coefficients(polynomial)[:, None])[0]
    assert theory.nesterov_coefficient({"momentum": momentum}, {}) == pytest.approx(limit, rel=2e-3)


def test_without_momentum_it_is_a_quarter():
    assert theory.descent_coefficient({}, {}) == 0.25
    assert theory.polyak_coefficient({"momentum": 0}, {}) == 0.25
    assert theory.nesterov_coefficient({"momentum": 0}, {}) == 0.25


def test_descent_and_the_penalised_flow_part_at_the_second_order():
    """On L = w^4/4 from w = 1 over a time of 1: steps of h against the flow of -(w^3 + (3/2) h w^5)."""

    def distance(h):
        w = 1.0
        for _ in range(round(1 / h)):
            w -= h * w**3
        flow = solve_ivp(lambda _, v: -(v**3 + 1.5 * h * v**5), (0, 1), [1.0], rtol=1e-12, atol=1e-14).y[0, -1]
        return abs(w - flow)

    order = np.log(distance(0.01) / distance(0.001)) / np.log(10)
    assert theory.order_of_what_is_left({}, {}) == pytest.approx(order, abs=0.03)
