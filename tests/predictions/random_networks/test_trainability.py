"""Training of deep networks against a plain loop in numpy, and the limits of depth by iterating the maps."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np
import pytest

from predictions.random_networks import mean_field_theory as theory
from predictions.random_networks import trainability
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

SETTING = {
    "activation": "tanh",
    "weight_variance": 1.8,
    "bias_variance": 0.05,
    "depth": 4,
    "width": 20,
    "data": "digits",
    "rows": 30,
    "learning_rate": 0.05,
    "momentum": 0.9,
    "steps": 12,
}
SEEDS = derive_seeds("test-trainability", "explore", range(2))


def run(setting):
    with profile("float64"):
        given, state = trainability.prepare(setting, SEEDS)
        assert given == {}
        return state, trainability.measure(setting, state)


def test_training_against_backpropagation_by_hand():
    state, measured = run(SETTING)
    learnt = measured["learnt"]
    for trial in range(2):
        (first, hidden, readout), inputs, targets = (
            [[np.array(array[trial]) for array in layer] for layer in state[0]],
            state[1][trial],
            state[2][trial],
        )
        weights = [first[0], *hidden[0], readout[0]]
        biases = [first[1], *hidden[1], readout[1]]
        assert [w.shape for w in weights] == [(64, 20), *[(20, 20)] * 3, (20, 10)]
        velocities = [np.zeros_like(array) for array in [*weights, *biases]]
        for step in range(13):
            activities = [inputs]
            for w, b in zip(weights[:-1], biases[:-1]):
                activities.append(np.tanh(activities[-1] @ w + b))
            outputs = activities[-1] @ weights[-1] + biases[-1]
            shares = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
            if step == 12:
                break
            error = (shares - targets) / 30
            slopes = []
            for w, activity in zip(reversed(weights), reversed(activities)):
                slopes.append((activity.T @ error, error.sum(axis=0)))
                error = error @ w.T * (1 - activity**2)
            slopes.reverse()
            gradients = [g for g, _ in slopes] + [g for _, g in slopes]
            velocities = [0.9 * v - 0.05 * g for v, g in zip(velocities, gradients)]
            weights = [w + v for w, v in zip(weights, velocities[:5])]
            biases = [b + v for b, v in zip(biases, velocities[5:])]
        accuracy = np.mean(outputs.argmax(axis=1) == targets.argmax(axis=1))
        assert learnt[trial] == pytest.approx((accuracy - 0.1) / 0.9)
        assert measured["final_loss"][trial] == pytest.approx(-np.mean(np.sum(np.log(shares) * targets, axis=1)))
    assert 0 < learnt.mean() < 1  # the loop was watched while it learns


def test_rows_have_one_norm_and_weights_their_variances():
    (first, hidden, readout), inputs, _ = trainability.prepare(SETTING | {"width": 200, "depth": 6}, SEEDS)[1]
    np.testing.assert_allclose(np.mean(inputs**2, axis=2), 1)
    assert np.var(first[0]) == pytest.approx(1.8 / 64, rel=0.05)
    assert np.var(hidden[0]) == pytest.approx(1.8 / 200, rel=0.02)
    assert np.var(hidden[1]) == pytest.approx(0.05, rel=0.1)
    assert np.var(readout[0]) == pytest.approx(1 / 200, rel=0.1)


@pytest.mark.parametrize("activation", ["tanh", "erf"])
def test_the_limit_is_where_e_to_the_minus_six_of_a_correlation_is_left(activation):
    """The correlation map, iterated: c - c* falls to e^-6 of itself over the limit's depth."""
    setting = {"activation": activation, "weight_variance": 2.5, "bias_variance": 0.05}
    # the first depth that does not train is looked for by halving: one solution a depth takes long
    deepest = bisect_left(range(1, 200), True, key=lambda depth: not theory.trains(setting | {"depth": depth}, {}))
    correlations = theory._correlations(
        setting | {"input_variance": theory._fixed_variance(setting), "last_layer": 40 + deepest + 1}, 0.9
    )
    left = np.abs(correlations - theory.fixed_correlation(setting, {}))
    assert -np.log(left[10 + deepest] / left[10]) == pytest.approx(6, rel=0.1)
    assert [theory.trains(setting | {"depth": depth}, {}) for depth in (1, deepest, deepest + 1, 199)] == [1, 1, 0, 0]


def test_gradients_explode_sooner_than_correlations_settle_in_chaos_and_with_them_in_order():
    chaos = {"activation": "tanh", "weight_variance": 2.5, "bias_variance": 0.05, "depth": 56}
    assert (theory.trains(chaos, {}), theory.gradients_pass(chaos, {})) == (1, 0)
    order = chaos | {"weight_variance": 1.3}
    assert [theory.trains(order | {"depth": depth}, {}) for depth in (40, 60)] == [1, 0]
    assert [theory.gradients_pass(order | {"depth": depth}, {}) for depth in (40, 60)] == [1, 0]


def test_a_narrow_network_forgets_near_the_boundary():
    near = {"activation": "tanh", "weight_variance": 1.7, "bias_variance": 0.05, "depth": 96, "width": 16}
    assert theory.trains(near, {}) == 1
    assert theory.narrow_gradients_pass(near, {}) == 0
    assert theory.narrow_gradients_pass(near | {"width": 4096}, {}) == 1
    assert theory.depth_over_width(near, {}) == 6
