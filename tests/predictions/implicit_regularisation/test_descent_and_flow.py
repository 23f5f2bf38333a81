"""Descent and penalised flow: closed forms on a quadratic, an independent integrator, and the experiments."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from predictions.implicit_regularisation import descent_and_flow, penalty_fit
from predictions.implicit_regularisation.penalised_flow import descend, draw_task, flat_loss, flow
from runners.measuring.profiles import profile

pytestmark = pytest.mark.usefixtures("hastily_compiled")

TASK = {"samples": 12, "features": 3, "width": 4, "time": 2.0, "flow_steps": 100}
SEEDS = np.array([3, 14, 159], dtype=np.uint64)
CURVATURES = np.array([0.3, 1.0, 2.5])
START = np.array([1.0, -2.0, 0.5])


@pytest.fixture(autouse=True)
def double_precision():
    with profile("float64"):
        yield


def quadratic(weights):
    return 0.5 * jnp.sum(jnp.asarray(CURVATURES) * weights**2)


def observe(experiment, seeds=SEEDS, **condition):
    condition = TASK | condition
    given, state = experiment.prepare(condition, seeds)
    assert set(given) == {"parameters"}
    return experiment.measure(condition, state)


def test_descent_on_a_quadratic_is_geometric():
    end = descend(quadratic, jnp.asarray(START), step_size=0.2, steps=15)
    np.testing.assert_allclose(end, START * (1 - 0.2 * CURVATURES) ** 15, rtol=1e-12)


@pytest.mark.parametrize(("method", "lookahead"), [("polyak", 0.0), ("nesterov", 1.0)])
def test_momentum_is_that_of_its_two_step_recursion(method, lookahead):
    end = descend(quadratic, jnp.asarray(START), step_size=0.1, momentum=0.6, method=method, steps=9)
    before, now = START + 0.1 * CURVATURES * START, START
    for _ in range(9):
        ahead = now + lookahead * 0.6 * (now - before)
        before, now = now, now + 0.6 * (now - before) - 0.4 * 0.1 * CURVATURES * ahead
    np.testing.assert_allclose(end, now, rtol=1e-12)


def test_penalised_flow_on_a_quadratic_is_exponential():
    end = flow(quadratic, jnp.asarray(START), strength=0.07, time=3.0, steps=200)
    rates = CURVATURES + 2 * 0.07 * CURVATURES**2
    error = (3 / 200 * rates) ** 4 * rates * 3 / 120  # of a method of order 4, relative
    np.testing.assert_allclose(end, START * np.exp(-3 * rates), rtol=1.1 * error.max())


def test_distances_are_those_of_an_independent_integration():
    condition = TASK | {"learning_rate": 0.1, "penalty": 0.25}
    layers, inputs, targets = draw_task(condition, SEEDS[:1])
    sizes = [(3, 4), (4,), (4, 1), (1,)]
    start = np.concatenate([array[0].ravel() for layer in layers for array in layer])

    def gradient(flat):
        cuts = np.cumsum([np.prod(size) for size in sizes])[:-1]
        inner, inner_bias, outer, outer_bias = (p.reshape(s) for p, s in zip(np.split(flat, cuts), sizes))
        hidden = np.tanh(inputs[0] @ inner + inner_bias)
        error = (hidden @ outer + outer_bias - targets[0]) / len(inputs[0])
        before = error @ outer.T * (1 - hidden**2)
        parts = [inputs[0].T @ before, before.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
        return np.concatenate([part.ravel() for part in parts])

    def velocity(_, flat):
        own = gradient(flat)
        curved = (gradient(flat + 1e-5 * own) - gradient(flat - 1e-5 * own)) / 2e-5  # H g
        return -(own + 2 * 0.25 * 0.1 * curved)

    flowed = solve_ivp(velocity, (0, 2), start, method="DOP853", rtol=1e-10, atol=1e-12).y[:, -1]
    descended = start
    for _ in range(20):
        descended = descended - 0.1 * gradient(descended)
    distance = np.linalg.norm(descended - flowed) / np.linalg.norm(descended - start)
    observed = observe(descent_and_flow, SEEDS[:1], learning_rate=0.1, penalty=0.25)
    assert observed["distance_to_flow"][0] == pytest.approx(distance, rel=1e-4)


def test_a_quarter_of_the_step_is_the_penalty_that_explains_descent():
    near, plain, double = (
        observe(descent_and_flow, learning_rate=0.02, penalty=penalty)["distance_to_flow"] for penalty in (0.25, 0, 0.5)
    )
    assert np.all(near < 0.1 * plain)
    assert np.all(near < 0.1 * double)
    fitted = observe(penalty_fit, learning_rate=0.01, momentum=0.0, method="polyak")
    np.testing.assert_allclose(fitted["fitted_penalty"], 0.25, rtol=0.06)
    assert np.all(fitted["unexplained_share"] < 0.1)


def test_the_fit_is_the_nearest_flow():
    fitted = observe(penalty_fit, learning_rate=0.05, momentum=0.5, method="polyak")
    best = fitted["fitted_penalty"][0]
    layers, inputs, targets = draw_task(TASK, SEEDS[:1])
    start, loss = flat_loss([tuple(array[0] for array in layer) for layer in layers], inputs[0], targets[0])
    end = descend(loss, start, step_size=0.05, momentum=0.5, steps=40)
    away = jax.jit(lambda c: jnp.linalg.norm(end - flow(loss, start, strength=c * 0.05, time=2.0, steps=100)))
    apart = [float(away(c)) for c in (best - 0.01, best, best + 0.01)]
    assert apart[1] < apart[0]
    assert apart[1] < apart[2]


def test_step_sizes_that_do_not_divide_the_time_are_refused():
    with pytest.raises(ValueError, match="no multiple"):
        observe(descent_and_flow, learning_rate=0.3, penalty=0.25)
