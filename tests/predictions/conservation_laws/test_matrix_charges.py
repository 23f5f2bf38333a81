"""The charge between two matrices: gradients by finite differences, drifts by recursions of one number each."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.conservation_laws import matrix_charges, matrix_theory

SMALL = {"features": 4, "head": 2, "tokens": 3, "samples": 6, "time": 1.0, "weight_decay": 0.0, "batch": "all"}


def one_number(steps: int, momentum: float = 0.0, batch: int | str = "all") -> tuple[dict, dict]:
    """Q = 0.9, K = 0.3, inputs 1 and 2 with targets 1.5 and 1: everything is a number."""
    given = {
        "inputs": np.array([[1.0], [2.0]]),
        "targets": np.array([[1.5], [1.0]]),
        "query": np.array([[0.9]]),
        "key": np.array([[0.3]]),
        "value": np.array([0.0]),
    }
    return {"model": "linear", "steps": steps, "momentum": momentum, "time": 2.0, "batch": batch}, given


def descend(setting: dict, chosen: np.ndarray) -> float:
    """Drift of Q^2 - K^2 over its first size by heavy ball on the rows that are chosen in each step, (steps, batch)."""
    q, k, vq, vk = 0.9, 0.3, 0.0, 0.0
    beta, h = setting["momentum"], setting["time"] / setting["steps"]
    x, y = np.array([1.0, 2.0]), np.array([1.5, 1.0])
    for rows in chosen:
        slope = np.mean(x[rows] * (x[rows] * q * k - y[rows]))
        vq, vk = beta * vq - (1 - beta) * h * slope * k, beta * vk - (1 - beta) * h * slope * q
        q, k = q + vq, k + vk
    return ((q**2 - k**2) - (0.9**2 - 0.3**2)) / (0.9**2 - 0.3**2)


@pytest.mark.parametrize(("momentum", "steps"), [(0.0, 80), (0.5, 200), (0.9, 1000)])
def test_the_drift_is_that_of_the_recursion_to_two_orders(momentum, steps):
    """Steps half as long leave a quarter of the error, relative to a drift that is half as large."""
    errors = []
    for number in (steps, 2 * steps):
        setting, given = one_number(number, momentum)
        exact = descend(setting, np.tile([0, 1], (number, 1)))
        errors.append(matrix_theory.drift(setting, given)[0, 0] / exact - 1)
    assert abs(errors[1]) < 0.01
    assert errors[0] / errors[1] == pytest.approx(4, rel=0.2)


def test_momentum_multiplies_what_the_step_alone_would_do():
    setting, given = one_number(20_000, 0.9)
    ratio = matrix_theory.drift(setting, given)[0, 0] / matrix_theory.drift_without_momentum(setting, given)[0, 0]
    assert ratio == pytest.approx(19, rel=0.02)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_the_noise_of_batches_drives_the_charge_as_its_square_says(momentum):
    """Mean over 400 runs by the recursion; what noise adds is told from nothing and from its amplified self."""
    setting, given = one_number(400, momentum, batch=1)
    rng = np.random.default_rng(0)
    drifts = [descend(setting, rng.integers(2, size=(400, 1))) for _ in range(400)]
    noise = np.mean(drifts) - matrix_theory.drift_without_noise(setting, given)[0, 0]
    predicted = (matrix_theory.drift(setting, given) - matrix_theory.drift_without_noise(setting, given))[0, 0]
    assert noise == pytest.approx(predicted, rel=0.2)
    amplified = matrix_theory.drift_with_noise_amplified(setting, given)[0, 0]
    factor = (1 + momentum) / (1 - momentum)
    assert amplified - matrix_theory.drift_without_noise(setting, given)[0, 0] == pytest.approx(factor * predicted)


def test_weight_decay_takes_its_share_of_the_charge():
    setting, given = one_number(100)
    lost = matrix_theory.drift_and_decay({**setting, "weight_decay": 0.01}, given) - matrix_theory.drift(setting, given)
    assert lost[0, 0] == pytest.approx((1 - 0.01 * 1e-5) ** 400_000 - 1, rel=1e-3)


@pytest.mark.parametrize("model", ["attention", "linear"])
def test_gradients_are_those_of_finite_differences(model):
    setting = {**SMALL, "model": model}
    given, _ = matrix_charges.prepare(setting, [3])
    one = {name: array[0] for name, array in given.items()}
    network = {"attention": matrix_charges.attention, "linear": matrix_charges.linear}[model]
    weights = [one[name] for name in ("query", "key", "value")]

    def loss(weights):
        errors = np.asarray(network(weights, one["inputs"]), dtype=float) - one["targets"]
        return np.sum(errors**2) / (2 * (errors.size if model == "attention" else len(errors)))

    rows = matrix_theory.row_gradients(setting, one, *weights)
    for number, gradient in enumerate(row.mean(axis=0) for row in rows):
        for entry in np.ndindex(gradient.shape):
            around = []
            for sign in (1, -1):
                moved = [array.copy() for array in weights]
                moved[number][entry] += sign * 1e-2
                around.append(loss(moved))
            assert gradient[entry] == pytest.approx((around[0] - around[1]) / 2e-2, abs=1e-3)


def test_descent_keeps_to_the_prediction_and_adam_does_not_keep_the_charge():
    setting = {**SMALL, "model": "attention", "optimiser": "descent", "momentum": 0.5, "steps": 50}
    given, state = matrix_charges.prepare(setting, [1, 2])
    drifts = matrix_charges.measure(setting, state)["drift"]
    for trial, drift in enumerate(drifts):
        predicted = matrix_theory.drift(setting, {name: array[trial] for name, array in given.items()})
        assert np.linalg.norm(drift - predicted) < 0.05 * np.linalg.norm(predicted)
    setting |= {"optimiser": "adam", "momentum": 0.9}
    coarse, fine = (
        matrix_charges.measure({**setting, "steps": steps}, state)["relative_drift"] for steps in (200, 800)
    )
    slope = np.log(fine / coarse) / np.log(4)
    np.testing.assert_allclose(slope, matrix_theory.order_of_adam({}, {}), atol=0.2)
    assert matrix_theory.order_of_descent({}, {}) < -0.5
