"""Two layers on inputs that are not white: the loop against one on moments, the chain against the whole matrix flow."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from predictions.data.datasets import classification
from predictions.deep_linear_networks import natural_inputs, natural_theory, theory
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

SETTING = {
    "data": "digits",
    "activation": "linear",
    "mode": 2,
    "input_scale": 1.0,
    "rows": 120,
    "hidden": 48,
    "init_scale": 1e-3,
    "relative_learning_rate": 0.1,
    "max_steps": 20_000,
}
SEEDS = derive_seeds("test-natural-inputs", "explore", range(2))


def run(setting, seeds=SEEDS):
    with profile("float64"):
        given, state = natural_inputs.prepare(setting, seeds)
        return [{name: array[trial] for name, array in given.items()} for trial in range(len(seeds))], (
            natural_inputs.measure(setting, state)["half_time"]
        )


def test_linear_descent_against_a_loop_on_moments():
    """The loss of a linear network knows its rows by <y x^T> and <x x^T> alone."""
    given, times = run(SETTING)
    _, state = natural_inputs.prepare(SETTING, SEEDS)
    inputs, targets = state.inputs[1], state.targets[1]
    cross, covariance = targets.T @ inputs / 120, inputs.T @ inputs / 120
    left, singular_values, right = np.linalg.svd(cross)
    eta = 0.1 / singular_values[0]
    first, second = (layer[1] for layer in state.layers)
    strengths = []
    while not strengths or strengths[-1] < singular_values[1] / 2:
        strengths.append(left[:, 1] @ second @ first @ covariance @ right[1])
        error = cross - second @ first @ covariance
        first, second = first + eta * second.T @ error, second + eta * error @ first.T
    share = (singular_values[1] / 2 - strengths[-2]) / (strengths[-1] - strengths[-2])
    assert times[1] == pytest.approx(eta * (len(strengths) - 2 + share), rel=1e-9)
    assert given[1]["singular_value"] == pytest.approx(singular_values[1])
    assert given[1]["shares"] @ given[1]["eigenvalues"] == pytest.approx(right[1] @ covariance @ right[1])


def test_rows_are_standardised_scaled_and_centred():
    once, thrice = (natural_inputs.prepare(SETTING | {"input_scale": scale}, SEEDS)[1] for scale in (1.0, 3.0))
    np.testing.assert_allclose(thrice.inputs, 3 * once.inputs, atol=1e-12)
    np.testing.assert_allclose(once.inputs.mean(axis=1), 0, atol=1e-12)
    np.testing.assert_allclose(once.targets.mean(axis=1), 0, atol=1e-12)
    rows = classification("digits").inputs
    distances = np.linalg.norm(rows[:, None, :8] - rows[None, :, :8], axis=2)
    drawn = np.linalg.norm(once.inputs[0, 0, :8] - once.inputs[0, 1, :8])  # centring cancels
    assert np.abs(distances - drawn).min() < 1e-9


def test_on_white_inputs_the_chain_is_the_sigmoid():
    given = {"singular_value": 0.7, "start": 1e-4, "learning_rate": 0.02, "eigenvalues": np.ones(3)}
    given["shares"] = np.array([0.2, 0.5, 0.3])
    found = natural_theory.covariance_half_time({}, given)
    assert found == pytest.approx(natural_theory.correlation_half_time({}, given), rel=1e-4)
    assert found == pytest.approx(np.log(0.7 / 1e-4 - 1) / 1.4, rel=0.01)
    assert theory.sigmoid(0.7, 1e-4, np.log(0.7 / 1e-4 - 1) / 1.4) == pytest.approx(0.35)


@pytest.mark.parametrize(("modes", "within"), [(1, 1e-3), (3, 0.05)])
def test_the_chain_against_the_flow_of_both_matrices(modes, within):
    """Four inputs of unequal variances, by scipy's integrator: exact for one mode; three disturb each other."""
    rng = np.random.default_rng(0)
    basis, left, right, hidden = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in (4, 3, 4, 6))
    eigenvalues, singular_values, start = np.array([0.2, 1.0, 3.0, 8.0]), np.array([0.9, 0.6, 0.4])[:modes], 1e-4
    covariance = basis * eigenvalues @ basis.T
    left, right, hidden = left[:, :modes], right[:, :modes], hidden[:, :modes]
    cross = left * singular_values @ right.T
    weights = np.sqrt(start) * np.concatenate([(hidden @ right.T).ravel(), (left @ hidden.T).ravel()])

    def flow(_, flat):
        first, second = flat[:24].reshape(6, 4), flat[24:].reshape(3, 6)
        error = cross - second @ first @ covariance
        return np.concatenate([(second.T @ error).ravel(), (error @ first.T).ravel()])

    for mode in range(modes):

        def half_learnt(_, flat, mode=mode):
            product = flat[24:].reshape(3, 6) @ flat[:24].reshape(6, 4)
            return left[:, mode] @ product @ covariance @ right[:, mode] - singular_values[mode] / 2

        half_learnt.terminal = True
        solved = solve_ivp(flow, (0, 100), weights, events=half_learnt, rtol=1e-9, atol=1e-12)
        given = {
            "singular_value": singular_values[mode],
            "start": start,
            "learning_rate": 1e-3,
            "eigenvalues": eigenvalues,
            "shares": (basis.T @ right[:, mode]) ** 2,
        }
        expected = solved.t_events[0][0]
        assert natural_theory.covariance_half_time({}, given) == pytest.approx(expected, rel=within)


def test_one_layer_against_regression_from_zero():
    given, _ = run(SETTING | {"rows": 60})
    _, state = natural_inputs.prepare(SETTING | {"rows": 60}, SEEDS)
    inputs, targets, eta = state.inputs[0], state.targets[0], state.learning_rate[0]
    weights, strengths = np.zeros((10, 64)), []
    while not strengths or strengths[-1] < state.half[0]:
        outputs = inputs @ weights.T
        strengths.append(np.mean((outputs @ state.left[0]) * (inputs @ state.right[0])))
        weights = weights - eta * (outputs - targets).T @ inputs / 60
    share = (state.half[0] - strengths[-2]) / (strengths[-1] - strengths[-2])
    found = natural_theory.regression_half_time({}, given[0])
    assert found == pytest.approx(eta * (len(strengths) - 2 + share), rel=1e-6)


def test_erf_units_learn_sooner_by_their_slope():
    """2/pi^{1/2} = 1.128 at zero; what is left, 3%, is that they saturate."""
    given, times = run(SETTING | {"activation": "erf", "mode": 1})
    for one, time in zip(given, times, strict=True):
        assert natural_theory.steep_half_time({}, one) == pytest.approx(time, rel=0.03)
        assert natural_theory.covariance_half_time({}, one) > 1.08 * time


def test_a_mode_that_is_not_learnt_in_time_is_infinite():
    _, times = run(SETTING | {"max_steps": 20})
    assert np.all(np.isinf(times))
