"""How long a plateau lasts: the theory against the integrated gains, the experiment against a plain loop."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from predictions.deep_linear_networks import first_passage, plateau_theory
from predictions.deep_linear_networks.theory import depth_half_time
from runners.measuring.profiles import profile

SEEDS = np.array([2, 71, 828], dtype=np.uint64)


@pytest.fixture(autouse=True)
def double_precision():
    with profile("float64"):
        yield


def condition_of(**axes) -> dict:
    sizes = {"dimension": 5, "modes": 2, "learning_rate": 0.05, "max_steps": 20000}
    return {"depth": 3, "initial_gain": 0.1, "init": "balanced", **sizes, **axes}


def run(**axes):
    condition = condition_of(**axes)
    given, state = first_passage.prepare(condition, SEEDS)
    return condition, given, state, first_passage.measure(condition, state)["half_time"]


def of_trial(given, trial: int) -> dict:
    return {name: array[trial] for name, array in given.items()}


def given_of(gains: list[float], singular_value: float) -> dict:
    """One mode, whose layers start with these gains."""
    gains, spectrum = np.array(gains)[:, None], np.array([singular_value])
    return {"singular_values": spectrum, "initial_strengths": gains.prod(axis=0), "layer_gains": gains}


def integrated_half_time(gains: list[float], singular_value: float) -> float:
    """Crossing of s/2 by the flow da_l/dt = (s - u) u / a_l of all gains, with no use of what it conserves."""

    def velocity(_, a):
        return (singular_value - a.prod()) * a.prod() / a

    def half(_, a):
        return a.prod() - singular_value / 2

    half.terminal = True
    accuracy = {"method": "DOP853", "rtol": 1e-10, "atol": 1e-14}
    return solve_ivp(velocity, (0, 1e4), np.array(gains), events=half, **accuracy).t_events[0][0]


@pytest.mark.parametrize("gains", [[0.5, 0.05, 0.05], [0.4, 0.1, 0.1, 0.1], [0.3, 0.3, 0.3]])
def test_unbalanced_half_time_is_that_of_the_integrated_gains(gains):
    predicted = plateau_theory.unbalanced_half_time({"depth": len(gains)}, given_of(gains, 0.6))
    assert predicted == pytest.approx(integrated_half_time(gains, 0.6), rel=1e-6)


@pytest.mark.parametrize("depth", [3, 4, 5])
def test_leading_power_is_the_limit_of_the_integral(depth):
    flow = {"depth": depth, "learning_rate": 0.0}
    ratios = [
        plateau_theory.leading_power(flow, given_of([gain] * depth, 0.6))
        / depth_half_time(flow, given_of([gain] * depth, 0.6))
        for gain in (0.1, 0.01, 0.001)
    ]
    assert abs(ratios[2] - 1) < abs(ratios[1] - 1) < abs(ratios[0] - 1)
    assert ratios[2] == pytest.approx(1, abs=0.01)


def test_leading_power_by_hand():
    # three layers: 1 / (0.1 * 0.5); four: 1 / (2 * 0.01 * 0.5)
    assert plateau_theory.leading_power({"depth": 3}, given_of([0.1] * 3, 0.5)) == pytest.approx(20)
    assert plateau_theory.leading_power({"depth": 4}, given_of([0.1] * 4, 0.5)) == pytest.approx(100)


def test_half_time_is_that_of_a_plain_loop():
    _, _, state, observed = run(learning_rate=0.1)
    layers = [weights[0] for weights in state["layers"]]
    target, left, right = (state[name][0] for name in ("target", "left", "right"))
    strengths = []
    for _ in range(2000):
        first, second, third = layers
        strengths.append(left @ third @ second @ first @ right)
        error = target - third @ second @ first
        layers = [
            first + 0.1 * (third @ second).T @ error,
            second + 0.1 * third.T @ error @ first.T,
            third + 0.1 * error @ (second @ first).T,
        ]
    after = int(np.argmax(np.array(strengths) >= state["half"][0]))
    expected = 0.1 * np.interp(state["half"][0], strengths[after - 1 : after + 1], [after - 1, after])
    assert observed[0] == pytest.approx(expected, rel=1e-10)


def test_layers_start_with_the_gains_of_the_condition():
    _, given, _, _ = run(depth=4)
    np.testing.assert_allclose(given["layer_gains"], 0.1, rtol=1e-12)
    np.testing.assert_allclose(given["initial_strengths"], 1e-4, rtol=1e-12)
    _, given, _, _ = run(depth=4, init="unbalanced")
    np.testing.assert_allclose(given["layer_gains"][:, 0] / given["layer_gains"][:, 1], 2, rtol=1e-12)
    np.testing.assert_allclose(given["initial_strengths"], 1e-4, rtol=1e-12)


@pytest.mark.parametrize(
    ("axes", "predict", "accuracy"),
    [
        ({}, depth_half_time, 1e-4),
        ({"depth": 4, "initial_gain": 0.2}, depth_half_time, 1e-4),
        ({"init": "unbalanced"}, plateau_theory.unbalanced_half_time, 0.01),  # leaves out finite steps
    ],
)
def test_half_times_follow_theory(axes, predict, accuracy):
    condition, given, _, observed = run(**axes)
    predicted = [predict(condition, of_trial(given, trial)) for trial in range(len(SEEDS))]
    np.testing.assert_allclose(observed, predicted, rtol=accuracy)


def test_the_balanced_law_misses_unbalanced_layers():
    condition, given, _, observed = run(init="unbalanced")
    predicted = [depth_half_time(condition, of_trial(given, trial)) for trial in range(len(SEEDS))]
    assert np.all(observed < 0.98 * np.array(predicted))


def test_a_budget_that_ends_too_early_or_a_diverged_run_has_no_half_time():
    *_, observed = run(max_steps=10)
    np.testing.assert_array_equal(observed, np.inf)
    *_, observed = run(learning_rate=50.0, initial_gain=2.0)
    assert not np.isfinite(observed).any()
