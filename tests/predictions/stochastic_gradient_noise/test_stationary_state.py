"""Stationary states against descent written out, and the relation of fluctuation and dissipation where it is exact."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from predictions.stochastic_gradient_noise import stationary_state, theory
from runners.measuring.profiles import profile

pytestmark = pytest.mark.usefixtures("hastily_compiled")

CONDITION = {
    "data": "digits", "activation": "tanh", "hidden_layers": 1, "width": 6, "rows": 20, "label_noise": 0.2,
    "loss": "mse", "learning_rate": 0.1, "batch": 3, "weight_decay": 0.02, "momentum": 0.0, "stage": "late",
    "steps": 400, "every": 10,
}  # fmt: skip
SEEDS = np.array([5, 55], dtype=np.uint64)


def run(**changes):
    condition = {**CONDITION, **changes}
    with profile("float64", frameworks=["jax"]):
        state = stationary_state.prepare(condition, SEEDS)[1]
        return state, stationary_state.measure(condition, state)


def written_out(state, trial, *, steps, batch, momentum, cross_entropy, rate=0.1, decay=0.02):
    """w.g, |g|^2 of each step with JAX's own stream of batches, |w|^2 after it and the weights at the end, in numpy."""
    (first, readout), inputs, targets, seeds = state
    (w1, b1), (w2, b2) = ([np.array(part[trial]) for part in layer] for layer in (first, readout))
    x, y, key, velocity = inputs[trial], targets[trial], jax.random.key(int(seeds[trial])), [0.0] * 4
    along, square, norms = [], [], []
    for _ in range(steps):
        key, draw = jax.random.split(key)
        rows = np.asarray(jax.random.randint(draw, (batch,), 0, len(x)))
        hidden = np.tanh(x[rows] @ w1 + b1)
        outputs = hidden @ w2 + b2
        guess = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True) if cross_entropy else outputs
        error = (guess - y[rows]) / batch
        back = (error @ w2.T) * (1 - hidden**2)
        weights = [w1, b1, w2, b2]
        gradients = [x[rows].T @ back, back.sum(0), hidden.T @ error, error.sum(0)]
        gradients = [g + decay * w for g, w in zip(gradients, weights)]
        along.append(sum(np.sum(w * g) for w, g in zip(weights, gradients)))
        square.append(sum(np.sum(g * g) for g in gradients))
        velocity = [momentum * v - rate * g for v, g in zip(velocity, gradients)]
        w1, b1, w2, b2 = (w + v for w, v in zip(weights, velocity))
        norms.append(sum(np.sum(w * w) for w in (w1, b1, w2, b2)))
    return np.array(along), np.array(square), np.array(norms), [w1, b1, w2, b2]


def covariance_trace(weights, x, y):
    """Summed variance over rows of the gradients of 1/2 |f - y|^2, row by row."""
    w1, b1, w2, b2 = weights
    rows = []
    for row, target in zip(x, y):
        hidden = np.tanh(row @ w1 + b1)
        error = hidden @ w2 + b2 - target
        back = (w2 @ error) * (1 - hidden**2)
        rows.append(np.concatenate([np.outer(row, back).ravel(), back, np.outer(hidden, error).ravel(), error]))
    return np.var(rows, axis=0).sum()


@pytest.mark.parametrize("changes", [{}, {"momentum": 0.4}, {"loss": "cross-entropy"}, {"stage": "early"}])
def test_ratios_are_those_of_descent_written_out(changes):
    state, observed = run(**changes)
    window = slice(0, 20) if changes.get("stage") else slice(200, 400)  # 40 records: a sixteenth of them is two
    kind = {"momentum": changes.get("momentum", 0.0), "cross_entropy": "loss" in changes}
    with profile("float64", frameworks=["jax"]):
        for trial in range(2):
            along, square, norms, _ = written_out(state, trial, steps=400, batch=3, **kind)
            expected = along[window].mean() / (0.05 * square[window].mean())
            assert observed["moment_ratio"][trial] == pytest.approx(expected, rel=1e-6)
            assert observed["squared_norm"][trial] == pytest.approx(norms[9::10], rel=1e-6)


def test_the_noise_is_the_covariance_of_single_rows_gradients():
    """Four records of two steps: the last two see it after six steps and after eight."""
    state, observed = run(steps=8, every=2)
    kind = {"batch": 3, "momentum": 0, "cross_entropy": False}
    with profile("float64", frameworks=["jax"]):
        for trial in range(2):
            along, _, _, end = written_out(state, trial, steps=8, **kind)
            before = written_out(state, trial, steps=6, **kind)[3]
            noise = np.mean([covariance_trace(it, state[1][trial], state[2][trial]) for it in (before, end)])
            assert observed["noise_ratio"][trial] == pytest.approx(along[4:].mean() / (0.05 / 3 * noise), rel=1e-6)


def test_without_momentum_the_rest_is_the_change_of_the_norm():
    """|w_T|^2 = |w_0|^2 - 2 eta sum w.g + eta^2 sum |g|^2, from the middle of the run to its end."""
    _, observed = run()
    with profile("float64", frameworks=["jax"]):
        for trial in range(2):
            square = written_out(run()[0], trial, steps=400, batch=3, momentum=0, cross_entropy=False)[1][200:]
            change = observed["squared_norm"][trial, -1] - observed["squared_norm"][trial, 19]
            assert observed["moment_ratio"][trial] == pytest.approx(1 - change / (0.01 * square.sum()), rel=1e-6)
    assert theory.dissipation({}, {}) == 1


def test_the_drift_compares_the_last_two_quarters():
    _, observed = run()
    loss = observed["loss"]
    assert loss.shape == (2, 40)
    assert observed["loss_drift"] == pytest.approx(loss[:, 30:].mean(axis=1) / loss[:, 20:30].mean(axis=1))


def test_a_noisy_parabola_with_momentum_is_driven_out_by_one_over_one_less_momentum():
    """g = lambda w + noise of variance one, at a small step: <w.g> over eta/2 <|g|^2>, a million steps."""
    rate, curvature, momentum = 0.01, 1.0, 0.3
    noise = np.random.default_rng(0).standard_normal((1000, 1000))
    weight, velocity, along, square = np.zeros(1000), np.zeros(1000), 0.0, 0.0
    for number, kick in enumerate(np.tile(noise, (3, 1))):
        gradient = curvature * weight + np.roll(kick, number)
        if number >= 1000:
            along, square = along + weight @ gradient, square + gradient @ gradient
        velocity = momentum * velocity - rate * gradient
        weight = weight + velocity
    expected = theory.heavy_ball_dissipation({"momentum": momentum}, {})
    assert along / (rate / 2 * square) == pytest.approx(expected, rel=0.03)


def test_a_run_forgets_its_norm_as_rate_times_decay():
    setting = {"learning_rate": 0.1, "weight_decay": 0.02, "steps": 5000}
    weight = np.prod(np.full(5000, 1 - 0.1 * 0.02))
    assert theory.decay_times(setting, {}) == pytest.approx(-np.log(weight), rel=2e-3)
    assert jnp.exp(-theory.decay_times(setting, {})) == pytest.approx(weight, rel=0.02)
