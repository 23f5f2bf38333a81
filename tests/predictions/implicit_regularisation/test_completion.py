"""Matrix completion: closed forms against numerical optimisation, the flow against small steps and another equation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from predictions.implicit_regularisation import completion_flow, theory

SEEDS = np.array([3, 14, 159], dtype=np.uint64)


def condition_of(**changes) -> dict:
    return {"corner": 0, "start": "positive", "loss_level": 0.01, **changes}


def run(**changes):
    condition = condition_of(**changes)
    given, state = completion_flow.prepare(condition, SEEDS)
    return condition, given, completion_flow.measure(condition, state)


@pytest.mark.parametrize("corner", [0.0, 0.3, 0.6])
def test_no_matrix_of_that_loss_has_a_smaller_nuclear_norm(corner):
    def norm_of(y):
        entry, *errors = y
        errors = np.array(errors) * np.sqrt(2 * 0.01) / np.linalg.norm(errors)  # the loss is 0.01
        return np.linalg.norm([[entry, 1 + errors[0]], [1 + errors[1], corner + errors[2]]], "nuc")

    starts = np.random.default_rng(0).standard_normal((6, 4))
    found = min(minimize(norm_of, start, method="Nelder-Mead", options={"maxiter": 4000}).fun for start in starts)
    predicted = theory.minimal_nuclear_norm({"loss_level": 0.01, "corner": corner}, {})
    assert predicted == pytest.approx(found, abs=1e-3)


@pytest.mark.parametrize("corner", [0.4, 0.5, 1.0])
def test_rank_one_flow_ends_at_the_completion_of_rank_one(corner):
    norm = theory.rank_one_nuclear_norm({"corner": corner, "loss_level": 1e-12}, {})
    assert norm == pytest.approx(corner + 1 / corner, rel=1e-4)


def test_rank_one_flow_creeps_out_where_the_corner_is_zero():
    """A residual of (2l)^1/2, to leading order in the corner alone: a_2^2 = (2l)^1/2 and a_1 a_2 = 1."""
    norm = theory.rank_one_nuclear_norm({"corner": 0, "loss_level": 1e-6}, {})
    assert norm == pytest.approx(2e-6**-0.5, rel=1e-5)


def test_rank_one_flow_is_that_of_small_steps():
    a = 1e-3 * np.array([1.0, 1.0]) / np.sqrt(2)
    while True:
        error = np.array([[0, a[0] * a[1] - 1], [a[0] * a[1] - 1, a[1] ** 2]])
        if np.sum(error**2) / 2 < 0.02:
            break
        a = a - 1e-3 * error @ a
    norm = theory.rank_one_nuclear_norm({"corner": 0, "loss_level": 0.02}, {})
    assert norm == pytest.approx(a @ a, rel=2e-3)


def test_no_matrix_of_positive_determinant_is_below_the_bound():
    rng = np.random.default_rng(1)
    errors = rng.standard_normal((20_000, 3))
    errors *= np.sqrt(2 * 0.02) / np.linalg.norm(errors, axis=1, keepdims=True)
    smallest = (1 + errors[:, 0]) * (1 + errors[:, 1]) / np.abs(errors[:, 2])  # where the determinant vanishes
    bound = theory.entry_lower_bound({"loss_level": 0.02}, {})
    assert bound < smallest.min() < 1.6 * bound


def test_the_flow_is_that_of_small_steps():
    first, last = completion_flow.draw_factors(np.random.default_rng(7), "far")
    path_first, path_last = completion_flow.flow(first, last, 0.5, 0.02)
    mask, target = np.array([[0, 1], [1, 1]]), np.array([[0, 1], [1, 0.5]])
    while np.sum((mask * (last @ first - target)) ** 2) / 2 > 0.02:
        error = mask * (last @ first - target)
        first, last = first - 1e-5 * last.T @ error, last - 1e-5 * error @ first.T
    np.testing.assert_allclose(path_last[-1] @ path_first[-1], last @ first, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("start", ["positive", "negative", "far"])
def test_starts_are_balanced_and_have_the_sign_they_name(start):
    first, last = completion_flow.draw_factors(np.random.default_rng(2), start)
    np.testing.assert_allclose(first @ first.T, last.T @ last, atol=1e-14)
    assert np.sign(np.linalg.det(last @ first)) == (1 if start == "positive" else -1)


@pytest.mark.parametrize("axes", [{"start": "far"}, {"start": "negative"}, {"start": "far", "corner": 0.5}])
def test_the_product_follows_its_own_equation(axes):
    condition, given, observed = run(loss_level=1e-4, **axes)
    for trial in range(len(SEEDS)):
        of_trial = {name: array[trial] for name, array in given.items()}
        predicted = theory.product_flow_nuclear_norm(condition, of_trial)
        assert observed["nuclear_norm"][trial] == pytest.approx(predicted, rel=1e-6)
    assert np.all(observed["imbalance"] < 1e-8)


@pytest.mark.parametrize("level", [0.01, 0.005])
def test_a_positive_determinant_stays_positive_where_it_is_smaller_than_rounding(level):
    """At z = 0 the norm tends to (2 l)^{-1/2} as for rank one: 7.07 and 10.0; in W itself det W is lost on the way."""
    condition, given, observed = run(loss_level=level)
    for trial in range(len(SEEDS)):
        of_trial = {name: array[trial] for name, array in given.items()}
        predicted = theory.product_flow_nuclear_norm(condition, of_trial)
        assert predicted == pytest.approx(observed["nuclear_norm"][trial], rel=1e-8)
        assert predicted == pytest.approx((2 * level) ** -0.5, rel=1e-3)


@pytest.mark.parametrize("product", [[[0.4, 0.9], [0.1, -0.3]], [[0.8, -0.2], [0.5, 0.3]], [[-0.7, 0.3], [0.2, 0.6]]])
def test_polar_form_is_the_products_own_equation(product):
    """Theorem 1 of Arora, Cohen and Hazan as it stands, from products that are not symmetric, of both signs."""
    mask, target = np.array([[0, 1], [1, 1]]), np.array([[0, 1], [1, 0.3]])

    def velocity(_, flat):
        error = mask * (flat.reshape(2, 2) - target)
        left, strengths, right = np.linalg.svd(flat.reshape(2, 2))
        return -((left * strengths) @ left.T @ error + error @ (right.T * strengths) @ right).ravel()

    def above(_, flat):
        return np.sum((mask * (flat.reshape(2, 2) - target)) ** 2) / 2 - 0.01

    above.terminal = True
    end = solve_ivp(velocity, (0, 100), np.ravel(product), events=above, rtol=1e-10, atol=1e-12).y[:, -1]
    predicted = theory.product_flow_nuclear_norm(
        {"corner": 0.3, "loss_level": 0.01}, {"initial_product": np.array(product)}
    )
    assert predicted == pytest.approx(np.linalg.norm(end.reshape(2, 2), "nuc"), rel=1e-7)


def test_a_product_of_rank_one_keeps_it():
    condition = {"corner": 0.6, "loss_level": 0.01}
    _, vectors = np.linalg.eigh([[0, 1], [1, 0.6]])
    given = {"initial_product": 1e-12 * np.outer(vectors[:, 1], vectors[:, 1])}
    predicted = theory.product_flow_nuclear_norm(condition, given)
    assert predicted == pytest.approx(theory.rank_one_nuclear_norm(condition, {}), rel=1e-6)


def test_a_level_that_the_flow_does_not_reach_is_refused():
    condition = {"corner": 0.3, "loss_level": 0.01}
    for product, named in ([np.zeros((2, 2)), "is 0"], [np.array([[5.0, 1.0], [1.0, 0.3]]), "starts below"]):
        with pytest.raises(ValueError, match=named):
            theory.product_flow_nuclear_norm(condition, {"initial_product": product})


def test_the_bound_on_the_entry_by_hand():
    """l = 1/8: each observed entry is off by 1/2 at most, so that x > (1/2)^2 / (1/2)."""
    assert theory.entry_lower_bound({"loss_level": 0.125}, {}) == pytest.approx(0.5)


def test_a_positive_determinant_sends_the_entry_above_its_bound_and_a_negative_one_does_not():
    condition, _, positive = run()
    _, _, negative = run(start="negative")
    bound = theory.entry_lower_bound(condition, {})
    assert np.all(positive["unobserved_entry"] > bound)
    assert np.all(positive["smallest_determinant"] > 0)
    assert np.all(np.abs(negative["unobserved_entry"]) < 0.01)
    assert np.all(negative["smallest_determinant"] < -0.5)


def test_generic_starts_have_full_dimension_and_find_rank_one():
    condition, _, observed = run(start="generic", corner=0.5, loss_level=1e-4)
    first, last = completion_flow.draw_factors(np.random.default_rng(2), "generic")
    assert np.linalg.matrix_rank(np.concatenate([last, first.T])) == 4
    rank_one = theory.rank_one_nuclear_norm(condition, {})
    np.testing.assert_allclose(observed["nuclear_norm"], rank_one, rtol=0.01)


def test_an_unknown_start_is_refused_by_name():
    with pytest.raises(ValueError, match="sideways"):
        run(start="sideways")
