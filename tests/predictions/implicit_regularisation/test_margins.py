"""Margins against a support vector machine, cases by hand and a general optimiser; descent against a plain loop."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.svm import SVC

from predictions.implicit_regularisation import separable_descent, theory
from runners.measuring.profiles import profile

CONDITION = {"samples": 15, "features": 3, "gap": 0.5, "learning_rate": 0.2, "half": 3000, "geometry": "euclidean"}
SEEDS = np.array([3, 14, 159], dtype=np.uint64)


def run(seeds=SEEDS, **changes):
    condition = {**CONDITION, **changes}
    with profile("float64"):
        given, state = separable_descent.prepare(condition, seeds)
        return given, separable_descent.measure(condition, state)


def examples_of(trial: int) -> np.ndarray:
    return run()[0]["signed_examples"][trial]


def test_the_margin_of_two_examples_by_hand():
    examples = np.array([[2.0, 1.0], [2.0, -1.0]])
    given = {"signed_examples": examples, "preconditioner": np.array([1.0, 0.5])}
    np.testing.assert_allclose(theory.least_weights(examples), [0.5, 0], atol=1e-12)
    assert theory.max_margin_rate({}, given) == pytest.approx(0.5)
    assert theory.preconditioned_rate({}, given) == pytest.approx(0.5)
    assert theory.max_norm_rate({}, given) == pytest.approx(0.5)
    assert theory.mean_margin_rate({}, given) == pytest.approx(0.5)


@pytest.mark.parametrize("trial", range(3))
def test_the_margin_is_that_of_a_support_vector_machine(trial):
    examples = examples_of(trial)
    both = np.concatenate([examples, -examples])  # symmetric, so that the machine's bias is zero
    machine = SVC(kernel="linear", C=1e8, tol=1e-10).fit(both, np.repeat([1, -1], len(examples)))
    rate = theory.max_margin_rate({}, {"signed_examples": examples})
    assert rate == pytest.approx(np.linalg.norm(machine.coef_), rel=1e-5)


def test_a_preconditioner_maximises_the_margin_in_its_own_norm():
    examples, diagonal = examples_of(0), np.array([1.0, 0.3, 0.05])
    given = {"signed_examples": examples, "preconditioner": diagonal}
    constraint = {"type": "ineq", "fun": lambda w: examples @ w - 1}
    start = 2 * theory.least_weights(examples)
    best = minimize(lambda w: w @ (w / diagonal), start, constraints=constraint, options={"ftol": 1e-14}).x
    assert theory.preconditioned_rate({}, given) == pytest.approx(np.linalg.norm(best), rel=1e-5)


def test_the_largest_margin_at_fixed_largest_weight_beats_random_weights():
    examples = examples_of(1)
    weights = np.random.default_rng(0).uniform(-1, 1, (100_000, 3))
    weights /= np.abs(weights).max(axis=1, keepdims=True)
    margins = (weights @ examples.T).min(axis=1)
    rate = theory.max_norm_rate({}, {"signed_examples": examples})
    best = np.argmax(margins)
    assert rate == pytest.approx(np.linalg.norm(weights[best]) / margins[best], rel=0.03)


def test_the_pull_is_the_gradient_over_the_loss_and_survives_what_the_loss_does_not():
    with profile("float64"):
        margins = np.array([-2.0, 0.5, 3.0, 40.0])
        expected = 1 / (1 + np.exp(margins)) / np.log1p(np.exp(-margins)).sum()
        np.testing.assert_allclose(separable_descent.pull(jnp.asarray(margins)), expected, rtol=1e-12)
        far = separable_descent.pull(jnp.asarray([5000.0, 5001.0]))
        np.testing.assert_allclose(far, np.array([1, np.exp(-1)]) / (1 + np.exp(-1)), rtol=1e-10)


def test_descent_is_that_of_a_plain_loop():
    _, observed = run(half=20, geometry="diagonal")
    with profile("float64"):
        _, (signed, diagonal, start) = separable_descent.prepare(CONDITION | {"geometry": "diagonal"}, SEEDS)
    for trial in range(len(SEEDS)):
        weights, records = start[trial], []
        for step in range(1, 41):
            margins = signed[trial] @ weights
            loss = np.log1p(np.exp(-margins)).mean()
            gradient = -(signed[trial].T @ (1 / (1 + np.exp(margins)))) / len(margins)
            weights = weights - 0.2 * diagonal[trial] * gradient / loss
            if step % 20 == 0:
                losses = np.log1p(np.exp(-(signed[trial] @ weights)))
                records.append((np.linalg.norm(weights), -np.log(losses.mean())))
        (norm, fall), (last_norm, last_fall) = records
        rate = (last_norm - norm) / (last_fall - fall)
        assert observed["norm_per_log_loss"][trial] == pytest.approx(rate, rel=1e-8)
        assert observed["log_inverse_loss"][trial] == pytest.approx(last_fall, rel=1e-8)


@pytest.mark.parametrize(
    ("geometry", "predict", "tolerance"),
    [("euclidean", theory.max_margin_rate, 1e-3), ("diagonal", theory.preconditioned_rate, 0.03)],
)
def test_norms_grow_at_the_rate_of_the_margin(geometry, predict, tolerance):
    given, observed = run(geometry=geometry)
    predicted = [predict({}, {name: array[trial] for name, array in given.items()}) for trial in range(len(SEEDS))]
    np.testing.assert_allclose(observed["norm_per_log_loss"], predicted, rtol=tolerance)
    assert np.all(observed["log_inverse_loss"] > 20)


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_rates_scale_as_one_over_the_examples(scale):
    examples = np.array([[1.0, 0.2], [0.6, 1.1], [0.6, 1.1], [2.0, 2.0], [1.2, 2.2]])  # repeated and collinear, too
    given, scaled = {"signed_examples": examples}, {"signed_examples": scale * examples}
    assert theory.max_margin_rate({}, scaled) * scale == pytest.approx(theory.max_margin_rate({}, given))
    assert theory.max_norm_rate({}, scaled) * scale == pytest.approx(theory.max_norm_rate({}, given), rel=1e-6)


def test_examples_that_no_plane_separates_are_refused():
    for examples in ([[1.0, 0.0], [-1.0, 0.0]], [[1.0, 0.0], [-0.5, 0.5], [-0.5, -0.5]], [[0.0, 0.0], [1.0, 0.0]]):
        with pytest.raises(ValueError, match="not separable"):
            theory.max_margin_rate({}, {"signed_examples": np.array(examples)})


def test_one_example_is_its_own_margin():
    given = {"signed_examples": np.array([[3.0, 4.0]])}
    assert theory.max_margin_rate({}, given) == pytest.approx(1 / 5)
    assert theory.max_norm_rate({}, given) == pytest.approx(np.sqrt(2) / 7)
    assert theory.mean_margin_rate({}, given) == pytest.approx(1 / 5)
