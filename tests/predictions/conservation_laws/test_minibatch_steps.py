"""One step on one batch, against numpy and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.conservation_laws import minibatch_steps, theory
from runners.measuring.profiles import profile

CONDITION = {
    "rows": 40,
    "batch": 8,
    "width": 5,
    "hidden_layers": 1,
    "training_rate": 0.05,
    "age": 12,
    "curvature_step": 0.2,
    "seen": "own",
}
SEEDS = np.array([3, 14], dtype=np.uint64)


def run(seeds=SEEDS, **changes):
    condition = {**CONDITION, **changes}
    with profile("float64"):
        given, state = minibatch_steps.prepare(condition, seeds)
        return condition, given, state, minibatch_steps.measure(condition, state)


def loss_of(layers, inputs, targets) -> float:
    (inner, inner_bias), (outer, outer_bias) = layers
    outputs = np.tanh(inputs @ inner + inner_bias) @ outer + outer_bias
    return 0.5 * np.mean(np.sum((outputs - targets) ** 2, axis=1))


def gradient_of(layers, inputs, targets):
    """Gradient by hand: backpropagation through one hidden layer."""
    (inner, inner_bias), (outer, outer_bias) = layers
    hidden = np.tanh(inputs @ inner + inner_bias)
    error = (hidden @ outer + outer_bias - targets) / len(inputs)
    before = error @ outer.T * (1 - hidden**2)
    return [(inputs.T @ before, before.sum(axis=0)), (hidden.T @ error, error.sum(axis=0))]


def moved(layers, direction, length):
    return [tuple(w + length * d for w, d in zip(*pair)) for pair in zip(layers, direction)]


def inner_product(one, other) -> float:
    return sum(np.sum(a * b) for pair in zip(one, other) for a, b in zip(*pair))


@pytest.mark.parametrize("seen", ["own", "exchanged"])
def test_the_step_is_that_of_numpy(seen):
    _, given, state, observed = run(seen=seen)
    weights, inputs, targets, draws, _ = state
    for trial in range(len(SEEDS)):
        layers = [tuple(np.asarray(array)[trial] for array in layer) for layer in weights]
        own, other = ([np.asarray(a)[trial][rows] for a in (inputs, targets)] for rows in np.asarray(draws)[trial, -2:])
        assert np.sum(np.asarray(draws)[trial, -2] != np.asarray(draws)[trial, -1]) == 4
        gradient = gradient_of(layers, *own)
        square = inner_product(gradient, gradient)
        plus, minus = (gradient_of(moved(layers, gradient, sign * 1e-5), *own) for sign in (1, -1))
        curvature = (inner_product(plus, gradient) - inner_product(minus, gradient)) / 2e-5 / square
        assert given["curvature"][trial] == pytest.approx(curvature, rel=1e-6)
        aligned = inner_product(gradient_of(layers, *other), gradient) / square
        assert given["alignment_with_other"][trial] == pytest.approx(aligned, rel=1e-9)
        step_size = 0.2 / curvature
        rows = own if seen == "own" else other
        fall = loss_of(layers, *rows) - loss_of(moved(layers, gradient, -step_size), *rows)
        assert observed["relative_decrease"][trial] == pytest.approx(fall / (step_size * square), rel=1e-5, abs=1e-8)


def test_training_moves_along_batches_in_their_order():
    _, _, start, _ = run(age=0)
    _, _, one, _ = run(age=1)
    weights, inputs, targets, _, _ = start
    trained, draws = one[0], one[3]
    layers = [tuple(np.asarray(array)[0] for array in layer) for layer in weights]
    rows = np.asarray(draws)[0, 0]
    gradient = gradient_of(layers, np.asarray(inputs)[0][rows], np.asarray(targets)[0][rows])
    for expected, found in zip(moved(layers, gradient, -0.05), trained):
        for one_array, other_array in zip(expected, found):
            np.testing.assert_allclose(one_array, np.asarray(other_array)[0], rtol=1e-10)


def test_short_steps_dissipate_as_predicted_and_a_batch_with_other_rows_does_not():
    condition, given, _, own = run(age=100, curvature_step=0.1)
    np.testing.assert_allclose(own["relative_decrease"], theory.second_order_decrease(condition, {}), atol=0.01)
    condition, given, _, other = run(age=100, curvature_step=0.1, seen="exchanged")
    for trial in range(len(SEEDS)):
        of_trial = {name: array[trial] for name, array in given.items()}
        predicted = theory.decrease_on_another_batch(condition, of_trial)
        assert other["relative_decrease"][trial] == pytest.approx(predicted, abs=0.01)
