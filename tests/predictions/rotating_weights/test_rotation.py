"""Rotation in equilibrium against a random walk on a sphere; normalised networks against their scaled selves."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.rotating_weights import normalised_layers, theory


def walk(setting: dict, *, rate: float, steps: int = 6000, size: int = 400) -> float:
    """Root mean square angle of weights whose gradients are random, perpendicular and as long as 1/|w|."""
    rng = np.random.default_rng(0)
    w, v, squares = rng.standard_normal(size), np.zeros(size), []
    beta, decay = setting["momentum"], setting["decay_rate"] / rate
    w *= 0.5 / np.linalg.norm(w)
    for _ in range(steps):
        g = rng.standard_normal(size)
        g -= (g @ w) / (w @ w) * w
        g /= np.linalg.norm(g) * np.linalg.norm(w)
        before = w / np.linalg.norm(w)
        if setting["optimiser"] == "adamw":
            v = beta * v + (1 - beta) * rate * g
            w = (1 - rate * decay) * w - v
        else:
            v = beta * v - rate * (g + decay * w)
            w = w + v
        squares.append(np.arccos(before @ w / np.linalg.norm(w)) ** 2)
    return float(np.sqrt(np.mean(squares[steps // 2 :])))


@pytest.mark.parametrize("optimiser", ["descent", "adamw"])
@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_a_random_walk_turns_as_predicted(optimiser, momentum):
    setting = {"optimiser": optimiser, "momentum": momentum, "decay_rate": 2e-3}
    assert walk(setting, rate=0.01) == pytest.approx(theory.rotation(setting, {}), rel=0.02)
    if momentum:
        assert abs(np.log(theory.rotation_of_longer_steps(setting, {}) / theory.rotation(setting, {}))) > 0.4


def test_a_run_forgets_its_norm_so_many_times():
    assert theory.decay_times({"decay_rate": 0.002, "steps": 3000}, {}) == pytest.approx(6)


def test_the_size_of_hidden_weights_does_not_matter():
    setting = {"data": "digits", "rows": 30, "width": 8, "hidden_layers": 2, "label_noise": 0.0}
    _, (inputs, _, matrices, _) = normalised_layers.prepare(setting, [5])
    weights = [matrix[0] for matrix in matrices]
    scaled = [3.0 * weights[0], 0.2 * weights[1], weights[2]]
    for normalised, same in (("yes", True), ("no", False)):
        first, second = (
            np.asarray(normalised_layers.outputs(it, inputs[0], normalised=normalised)) for it in (weights, scaled)
        )
        assert np.allclose(first, second, rtol=1e-3, atol=1e-4) is same


def test_a_network_turns_as_its_decay_says():
    """Norms at rest after 1,500 steps at eta lambda 0.01; with momentum the angle is smaller by the root of 1.9."""
    setting = {
        "data": "digits", "rows": 60, "width": 8, "hidden_layers": 1, "label_noise": 0.2, "batch": 8, "steps": 1500,
        "optimiser": "descent", "learning_rate": 0.05, "decay_rate": 0.01, "normalised": "yes",
    }  # fmt: skip
    for momentum in (0.0, 0.9):
        _, state = normalised_layers.prepare(setting, [5, 6])
        found = normalised_layers.measure({**setting, "momentum": momentum}, state)
        np.testing.assert_allclose(found["rotation"], np.sqrt(0.02 / (1 + momentum)), rtol=0.03)
        np.testing.assert_allclose(found["norm_drift"], 1, atol=0.2)
        np.testing.assert_allclose(found["layer_spread"], 1)  # there is one
