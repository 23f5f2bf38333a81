"""Parities: eigenvalues by brute force and by hand, what is conserved, and networks beside their own kernel."""

from __future__ import annotations

from math import comb

import jax.numpy as jnp
import numpy as np
import pytest

from predictions.instruments.empirical_ntk import Network, empirical_ntk
from predictions.instruments.kernels import infinite_width_kernels
from predictions.neural_tangent_kernel import parities, parity_kernels
from predictions.neural_tangent_kernel.hypercube import architecture, corners
from predictions.neural_tangent_kernel.parity_theory import (
    angular_eigenvalues,
    parity_learnability,
    parity_risk,
    share_seen,
)

SETTING = {
    "dimension": 6, "depth": 3, "activation": "relu", "weight_std": 1.5, "bias_std": 0.3, "target": "parity",
    "trained": "all", "degree": 2, "samples": 24, "draws": 300,
}  # fmt: skip


def test_eigenvalues_are_those_of_the_kernel_on_all_corners():
    rows = corners(6)
    kernel = infinite_width_kernels(rows, **architecture(SETTING)).ntk
    ones = np.argsort(-rows.sum(axis=1))[0]
    profile = np.array([kernel[ones, np.flatnonzero((rows != rows[ones]).sum(axis=1) == h)[0]] for h in range(7)])
    found = np.repeat(angular_eigenvalues(profile), [comb(6, k) for k in range(7)])
    np.testing.assert_allclose(np.sort(found), np.linalg.eigvalsh(kernel) / 64, rtol=1e-9, atol=1e-12)


def test_eigenvalues_of_a_square_by_hand():
    # (x.x'/d)^2 = 1/d + (2/d^2) sum over pairs of products: one constant, d(d-1)/2 pairs
    found = angular_eigenvalues((1 - 2 * np.arange(6) / 5) ** 2)
    np.testing.assert_allclose(found, [1 / 5, 0, 2 / 25, 0, 0, 0], atol=1e-15)


@pytest.mark.parametrize("activation", ["relu", "erf"])
def test_learnabilities_add_up_to_the_number_of_samples(activation):
    setting = SETTING | {"activation": activation}
    total = sum(comb(6, k) * parity_learnability(setting | {"degree": k}, {}) for k in range(7))
    assert total == pytest.approx(24, rel=1e-9)
    assert share_seen(setting, {}) == 24 / 64


def test_all_corners_teach_everything_and_risk_is_what_many_draws_find():
    everything = SETTING | {"samples": 64}
    assert parity_learnability(everything, {}) == pytest.approx(1, abs=1e-6)
    _, state = parity_kernels.prepare(SETTING, np.array([3], np.uint64))
    found = parity_kernels.measure(SETTING, state)
    assert found["learnability"][0] == pytest.approx(parity_learnability(SETTING, {}), abs=0.03)
    assert found["risk"][0] == pytest.approx(parity_risk(SETTING, {}), rel=0.1)


def test_a_wide_network_learns_what_regression_with_its_own_kernel_does():
    setting = SETTING | {
        "dimension": 4, "samples": 8, "width": 2048, "networks": 1, "scaling": "ntk", "steps": 400, "momentum": 0.9,
        "relative_learning_rate": 0.5, "bias_std": 0.3,
    }  # fmt: skip
    _, state = parities.prepare(setting, np.array([7], np.uint64))
    chosen, targets, parameters, _ = state[0][0]
    network = Network("relu", 1.5, 0.3)
    kernel = np.asarray(empirical_ntk(network, parameters, jnp.asarray(corners(4), jnp.float32)), np.float64)
    fitted = kernel[:, chosen] @ np.linalg.solve(kernel[np.ix_(chosen, chosen)], targets[chosen])
    found = parities.measure(setting, state)
    assert found["remaining_loss"][0] < 1e-6
    assert found["learnability"][0] == pytest.approx(np.mean(fitted * targets), abs=0.03)
    assert found["risk"][0] == pytest.approx(np.mean((fitted - targets) ** 2), abs=0.04)
