"""Drift and dissipation against exact recursions, quadratic losses and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.conservation_laws import theory


def single_unit(learning_rate: float, time: float = 2.0) -> tuple[dict, dict]:
    """One unit a relu(w x) and one sample x = 1, y = 1.5, which never leaves the unit's linear side."""
    given = {
        "inputs": np.array([[1.0]]),
        "targets": np.array([1.5]),
        "initial_inner": np.array([[0.9]]),
        "initial_outer": np.array([0.3]),
        "initial_charges": np.array([0.3**2 - 0.9**2]),
    }
    return {"learning_rate": learning_rate, "time": time}, given


def descend_single_unit(learning_rate: float, time: float = 2.0) -> float:
    """Relative drift of a^2 - w^2 under a <- a - eta (a w - 1.5) w, w <- w - eta (a w - 1.5) a."""
    a, w = 0.3, 0.9
    for _ in range(round(time / learning_rate)):
        error = a * w - 1.5
        a, w = a - learning_rate * error * w, w - learning_rate * error * a
    return abs((a**2 - w**2) - (0.3**2 - 0.9**2)) / abs(0.3**2 - 0.9**2)


@pytest.mark.parametrize(("learning_rate", "tolerance"), [(0.1, 0.012), (0.05, 0.004), (0.025, 0.002)])
def test_the_drift_of_one_unit_is_that_of_its_exact_recursion(learning_rate, tolerance):
    condition, given = single_unit(learning_rate)
    assert theory.relative_drift(condition, given) == pytest.approx(descend_single_unit(learning_rate), rel=tolerance)


def test_the_drift_of_a_unit_is_of_the_order_that_is_claimed():
    """Of the exact recursion, and the identity of one step."""
    order = np.log(descend_single_unit(1e-3) / descend_single_unit(1e-4)) / np.log(10)
    assert theory.drift_order({}, {}) == pytest.approx(order, abs=2e-3)
    a, w, eta = 0.3, 0.9, 0.1
    error = a * w - 1.5
    after = (a - eta * error * w) ** 2 - (w - eta * error * a) ** 2
    explained = eta**2 * ((error * w) ** 2 - (error * a) ** 2)
    assert theory.nothing_unexplained({}, {}) == pytest.approx(after - (a**2 - w**2) - explained, abs=1e-15)


@pytest.mark.parametrize("learning_rate", [0.1, 0.05])
def test_the_drift_of_a_run_that_is_cut_short_has_both_ends(learning_rate):
    """At half of a unit time the gradient has not vanished: q(T) is 7% of the drift."""
    condition, given = single_unit(learning_rate, time=0.5)
    exact = descend_single_unit(learning_rate, time=0.5)
    assert theory.relative_drift(condition, given) == pytest.approx(exact, rel=1e-3)


def test_the_finite_step_terms_matter_at_the_steps_that_are_taken():
    condition, given = single_unit(1e-4)
    first_order = theory.relative_drift(condition, given) / 1e-4 * 0.1
    assert first_order != pytest.approx(descend_single_unit(0.1), rel=0.03)


def test_the_gradient_is_that_of_finite_differences():
    rng = np.random.default_rng(0)
    inputs, targets, weights = rng.standard_normal((9, 3)), rng.standard_normal(9), rng.standard_normal(4 * 5)

    def loss(weights):
        inner, outer = weights[:15].reshape(5, 3), weights[15:]
        return 0.5 * np.mean((np.maximum(inputs @ inner.T, 0) @ outer - targets) ** 2)

    gradient = theory.loss_gradient(weights, inputs, targets)
    for entry, direction in enumerate(np.eye(20)):
        slope = (loss(weights + 1e-6 * direction) - loss(weights - 1e-6 * direction)) / 2e-6
        assert gradient[entry] == pytest.approx(slope, abs=1e-8)


def test_a_unit_without_data_loses_the_decayed_share():
    condition = {"weight_decay": 0.05, "time": 5.0}
    assert theory.decayed_share(condition, {}) == pytest.approx(1 - (1 - 1e-5 * 0.05) ** (2 * 500_000), rel=1e-5)


def test_on_a_quadratic_two_orders_are_everything():
    rng = np.random.default_rng(1)
    matrices = [root @ root.T for root in rng.standard_normal((2, 5, 5))]
    own, other = matrices
    weights, shift = rng.standard_normal(5), rng.standard_normal(5)
    gradient, other_gradient = own @ weights, other @ (weights - shift)
    square = gradient @ gradient
    given = {
        "curvature": gradient @ own @ gradient / square,
        "curvature_of_other": gradient @ other @ gradient / square,
        "alignment_with_other": gradient @ other_gradient / square,
    }
    condition = {"curvature_step": 0.3}
    step_size = 0.3 / given["curvature"]
    after = weights - step_size * gradient

    def fall(matrix, centre):
        before, now = weights - centre, after - centre
        return (before @ matrix @ before - now @ matrix @ now) / 2 / (step_size * square)

    assert theory.second_order_decrease(condition, given) == pytest.approx(fall(own, 0))
    assert theory.decrease_on_another_batch(condition, given) == pytest.approx(fall(other, shift))


def test_a_conserved_charge_is_off_by_a_roundoff_a_step():
    """500 steps of 0.01 in a time of 5, each off by 2^-53."""
    found = theory.conserved_to_rounding({"time": 5.0, "learning_rate": 0.01}, {})
    assert found == pytest.approx(500 * np.finfo(np.float64).eps / 2)


def test_the_drift_of_three_units_is_that_of_small_steps_of_descent():
    """Units on and off, two features: the drift, over the norm of the charges, at steps of 0.02 by descent itself."""
    rng = np.random.default_rng(4)
    inputs, targets = rng.standard_normal((8, 2)), rng.standard_normal(8)
    inner, outer = rng.standard_normal((3, 2)), rng.standard_normal(3)
    charges = outer**2 - np.sum(inner**2, axis=1)
    given = {
        "inputs": inputs,
        "targets": targets,
        "initial_inner": inner,
        "initial_outer": outer,
        "initial_charges": charges,
    }
    w, a, eta = inner.copy(), outer.copy(), 0.02
    for _ in range(50):
        on = inputs @ w.T > 0
        residual = (np.where(on, inputs @ w.T, 0) @ a - targets) / 8
        by_outer, by_inner = np.where(on, inputs @ w.T, 0).T @ residual, (on * residual[:, None] * a).T @ inputs
        w, a = w - eta * by_inner, a - eta * by_outer
    drift = np.linalg.norm(a**2 - np.sum(w**2, axis=1) - charges) / np.linalg.norm(charges)
    assert theory.relative_drift({"learning_rate": eta, "time": 1.0}, given) == pytest.approx(drift, rel=0.01)
