"""The stationary covariance against one unknown by hand, and against iterating the two-moment recursion."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.stochastic_gradient_noise import theory


def problem(seed: int = 0, rows: int = 12, features: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((rows, features)), rng.standard_normal(rows)
    return {"inputs": x, "residuals": x @ np.linalg.lstsq(x, y, rcond=None)[0] - y}


@pytest.mark.parametrize(("batch", "rate"), [(1, 0.05), (4, 0.3)])
def test_the_exact_covariance_is_where_every_possible_batch_leaves_it(batch, rate):
    given = problem()
    x, residuals = given["inputs"], given["residuals"]
    hessian, identity, moment = x.T @ x / 12, np.eye(3), np.zeros((3, 3))
    # E[(1 - eta A) S (1 - eta A) + eta^2 b b^T] over batches: A, b means of B independent single-row A_i, b_i
    for _ in range(4000):
        kicks = np.stack([np.outer(row, row) @ moment @ np.outer(row, row) for row in x])
        own = kicks.mean(axis=0) + (x * residuals[:, None] ** 2).T @ x / 12
        shrunk = (identity - rate * hessian) @ moment @ (identity - rate * hessian)
        moment = shrunk + rate**2 / batch * (own - hessian @ moment @ hessian)
    condition = {"learning_rate": rate, "batch": batch}
    assert theory.covariance(condition, given) == pytest.approx(moment, rel=1e-8, abs=1e-12)
    assert theory.excess_loss(condition, given) == pytest.approx(0.5 * np.sum(hessian * moment))


def test_one_unknown_by_hand():
    """x = 1 in all rows: noise is additive, S = eta sigma^2/(B (2 - eta)), as for an AR(1) process."""
    given = {"inputs": np.ones((4, 1)), "residuals": np.array([1.0, -1.0, 2.0, -2.0])}
    condition = {"learning_rate": 0.5, "batch": 2}
    assert theory.covariance(condition, given) == pytest.approx(np.array([[0.5 * 2.5 / (2 * 1.5)]]))
    assert theory.langevin_covariance(condition, given) == pytest.approx(np.array([[0.5 * 2.5 / (2 * 2)]]))
    assert theory.thermal_covariance(condition, given) == pytest.approx(np.array([[0.5 * 2.5 / (2 * 2)]]))
    # two of four rows, none twice: (4 - 2)/(4 - 1) of the variance
    assert theory.distinct_covariance(condition, given) == pytest.approx(np.array([[0.5 * 2.5 / (2 * 1.5) * 2 / 3]]))


def test_the_rivals_are_its_limit_at_small_steps_and_the_langevin_loss_needs_no_covariance():
    given, condition = problem(1), {"learning_rate": 1e-4, "batch": 2}
    exact, langevin = theory.covariance(condition, given), theory.langevin_covariance(condition, given)
    assert langevin == pytest.approx(exact, rel=2e-3, abs=1e-9)
    noise = np.mean(given["residuals"] ** 2 * np.sum(given["inputs"] ** 2, axis=1))
    assert theory.langevin_excess_loss(condition, given) == pytest.approx(1e-4 * noise / (4 * 2))
    square = np.mean(np.sum(given["inputs"] ** 2, axis=1)) * np.mean(given["residuals"] ** 2)
    assert theory.thermal_excess_loss(condition, given) == pytest.approx(1e-4 * square / (4 * 2))


def test_excess_loss_of_distinct_rows_by_running_chains():
    """Many chains with batches in which no row comes twice: <L> - L(w*)."""
    given, rate, batch = problem(2), 0.1, 6
    x, residuals = given["inputs"], given["residuals"]
    hessian, rng, losses = x.T @ x / 12, np.random.default_rng(0), []
    offset = np.zeros((400, 3))  # w - w* of as many chains
    for step in range(1500):
        rows = np.argsort(rng.random((400, 12)), axis=1)[:, :batch]
        errors = np.einsum("cbi,ci->cb", x[rows], offset) + residuals[rows]
        offset = offset - rate * np.mean(errors[:, :, None] * x[rows], axis=1)
        if step >= 300:
            losses.append(np.einsum("ci,ij,cj->c", offset, hessian, offset).mean() / 2)
    condition = {"learning_rate": rate, "batch": batch}
    assert theory.distinct_excess_loss(condition, given) == pytest.approx(np.mean(losses), rel=0.03)


def expected_loss(rate, batch, steps, *, curvature=1.0, noise=1.0):
    """E w^2/2 after steps of w <- w - rate (curvature w + N(0, noise/batch)) from w = 3, by its two moments."""
    mean, variance = 3.0, 0.0
    for _ in range(steps):
        mean *= 1 - rate * curvature
        variance = (1 - rate * curvature) ** 2 * variance + rate**2 * noise / batch
    return (mean**2 + variance) / 2


def test_rules_for_the_rate_of_larger_batches_on_a_quadratic():
    """Sample for sample, k eta with k B leaves the loss; k^{1/2} eta leaves the noise of a step, eta^2 Sigma/B."""
    small = expected_loss(1e-4, 1, 8000)
    linear = expected_loss(8e-4, 8, 1000)
    assert theory.linear_rule({}, {}) == pytest.approx(linear / small, rel=2e-3)
    assert theory.square_root_rule({}, {}) == pytest.approx((8**0.5 * 1e-4) ** 2 / 8 / 1e-4**2)
    assert expected_loss(8**0.5 * 1e-4, 8, 1000) / small > 2  # which does not keep the loss
