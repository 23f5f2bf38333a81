"""The penalty of finite steps against exact recursions on a quadratic loss, lambda w^2 / 2.

There the flow on L + c h |grad L|^2 decays at the rate lambda + 2 c h lambda^2, and each method at -ln|z| / h, z being
the larger root of its characteristic polynomial.
"""

from __future__ import annotations

import numpy as np
import pytest

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
