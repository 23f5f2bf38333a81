"""The flattest minimum against Hessians and searches, the largest step against plain runs of descent."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from scipy.optimize import minimize

from predictions.deep_linear_networks import flat_minimum_theory, largest_step
from predictions.deep_linear_networks.jax_training import squared_error
from runners.measuring.profiles import profile

SEED = np.array([0], dtype=np.uint64)


@pytest.fixture(autouse=True)
def double_precision():
    with profile("float64"):
        yield


def condition_of(**axes) -> dict:
    chain = {"depth": 3, "singular_value": 2.0, "dimension": 1}
    return {**chain, "start": "even", "trained": "all", "steps": 20000, **axes}


def run(**axes):
    condition = condition_of(**axes)
    given, state = largest_step.prepare(condition, SEED)
    return condition, given, state, largest_step.measure(condition, state)


@partial(jax.jit, static_argnames="fixed")
def sharpness(layers, target, *, fixed: int = 0):
    """Largest eigenvalue of the loss Hessian in all layers but the first `fixed`."""
    flat, restore = ravel_pytree(layers[fixed:])
    hessian = jax.hessian(lambda weights: squared_error([*layers[:fixed], *restore(weights)], target))(flat)
    return jnp.linalg.eigvalsh(hessian)[-1]


def factors(logarithms: np.ndarray, product: float) -> list[np.ndarray]:
    """Scalar layers of this product: all minima of a chain are such."""
    free = np.exp(logarithms)
    return [np.array([[gain]]) for gain in [*free, product / free.prod()]]


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
@pytest.mark.parametrize("strength", [0.5, 2.0])
def test_no_minimum_of_a_chain_is_flatter(depth, strength):
    target = np.array([[strength]])
    flattest = minimize(
        lambda logarithms: float(sharpness(factors(logarithms, strength), target)),
        np.linspace(0.3, -0.2, depth - 1),
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 4000},
    )
    given = {"singular_values": np.array([strength])}
    assert flat_minimum_theory.stability_limit({"depth": depth}, given) == pytest.approx(2 / flattest.fun, rel=1e-5)


@pytest.mark.parametrize("depth", [3, 4])
def test_no_minimum_with_a_fixed_first_layer_is_flatter(depth):
    target, fixed = np.array([[2.0]]), np.array([[1.5]])
    flattest = minimize(
        lambda logarithms: float(sharpness([fixed, *factors(logarithms, 2.0 / 1.5)], target, fixed=1)),
        np.linspace(0.3, -0.2, depth - 2),
        method="Nelder-Mead",
        options={"xatol": 1e-6, "fatol": 1e-9, "maxiter": 4000},
    )
    given = {"singular_values": np.array([2.0]), "fixed_gain": 1.5}
    predicted = flat_minimum_theory.fixed_layer_stability_limit({"depth": depth}, given)
    assert predicted == pytest.approx(2 / flattest.fun, rel=1e-5)


def test_balanced_matrices_attain_the_limit_and_others_do_not():
    rng = np.random.default_rng(0)
    vectors = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    singular_values = np.array([1.7, 1.1, 0.4])
    target = (vectors * singular_values) @ vectors.T
    root = (vectors * singular_values ** (1 / 3)) @ vectors.T
    given = {"singular_values": singular_values}
    limit = flat_minimum_theory.stability_limit({"depth": 3}, given)
    assert sharpness([root] * 3, target) == pytest.approx(2 / limit, rel=1e-9)
    mixing = np.eye(3) + 0.1 * rng.standard_normal((3, 3))
    assert sharpness([mixing @ root, root @ np.linalg.inv(mixing), root], target) > 1.001 * 2 / limit


def test_rival_and_limit_by_hand():
    given = {"singular_values": np.array([4.0])}
    assert flat_minimum_theory.stability_limit({"depth": 2}, given) == pytest.approx(2 / (2 * 4))
    assert flat_minimum_theory.stability_limit({"depth": 4}, given) == pytest.approx(2 / (4 * 8))
    assert flat_minimum_theory.limit_linear_in_strength({"depth": 4}, given) == pytest.approx(2 / 16)


@pytest.mark.parametrize("axes", [{}, {"singular_value": 0.5, "depth": 4}, {"trained": "later"}])
def test_plain_descent_converges_below_the_threshold_and_not_above(axes):
    condition, _, state, observed = run(**axes)
    trained = slice(condition["trained"] == "later", None)
    for share, converged in ((0.99, True), (1.01, False)):
        gains = np.array([layer[0, 0, 0] for layer in state["layers"]])
        for _ in range(20000):
            error = condition["singular_value"] - gains.prod()
            gains[trained] += (share * observed["largest_step"][0] * error * gains.prod() / gains)[trained]
        assert (abs(condition["singular_value"] - gains.prod()) < 1e-9) == converged


@pytest.mark.parametrize(
    ("axes", "predict"),
    [
        ({}, flat_minimum_theory.stability_limit),
        ({"singular_value": 0.5}, flat_minimum_theory.stability_limit),
        ({"dimension": 2, "depth": 4}, flat_minimum_theory.stability_limit),
        ({"trained": "later"}, flat_minimum_theory.fixed_layer_stability_limit),
    ],
)
def test_largest_steps_follow_theory(axes, predict):
    condition, given, _, observed = run(**axes)
    predicted = predict(condition, {name: array[0] for name, array in given.items()})
    assert observed["largest_step"][0] == pytest.approx(predicted, rel=3e-3)
    assert 0 <= observed["budget_effect"][0] < 6e-3


def test_uneven_layers_need_more_steps():
    *_, even = run(depth=4)
    *_, uneven = run(depth=4, start="uneven")
    assert uneven["largest_step"] < even["largest_step"]
    assert uneven["budget_effect"] > 0.01


def test_a_budget_in_which_nothing_converges_leaves_no_threshold():
    *_, observed = run(steps=20)
    assert np.isnan([observed["largest_step"], observed["budget_effect"]]).all()
