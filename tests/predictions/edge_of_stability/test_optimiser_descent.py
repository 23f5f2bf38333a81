"""Nesterov and Adam against torch's own, thresholds against diverging quadratics, sharpness against dense P^-1 H."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from jax.flatten_util import ravel_pytree

from predictions.edge_of_stability import optimiser_descent, optimiser_theory, optimisers
from predictions.instruments.networks import fully_connected
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

TASK = {"data": "digits", "rows": 40, "label_noise": 0.3, "width": 6, "hidden_layers": 2, "steps": 12, "every": 4}
NESTEROV = TASK | {"optimiser": "nesterov", "learning_rate": 0.2, "momentum": 0.7}
ADAM = TASK | {"optimiser": "adam", "learning_rate": 0.01, "momentum": 0.8, "second_momentum": 0.95, "epsilon": 1e-7}
SEEDS = derive_seeds("test-optimisers", "explore", range(2))


def run(condition, *, precision="float64", seeds=SEEDS):
    with profile(precision):
        given, state = optimiser_descent.prepare(condition, seeds)
        return given, state, optimiser_descent.measure(condition, state)


def of_torch(condition, state):
    """Losses and weights after each step of the first trial, by torch.optim."""
    layers, inputs, targets, _ = jax.tree.map(lambda array: torch.tensor(np.asarray(array[0])), state)
    weights = [tensor.clone().requires_grad_() for tensor in jax.tree.leaves(layers)]
    rates = {"lr": condition["learning_rate"]}
    if condition["optimiser"] == "nesterov":
        optimiser = torch.optim.SGD(weights, momentum=condition["momentum"], nesterov=True, **rates)
    else:
        betas = condition["momentum"], condition["second_momentum"]
        optimiser = torch.optim.Adam(weights, betas=betas, eps=condition["epsilon"], **rates)
    losses, passed = [], []
    for _ in range(condition["steps"]):
        signal = inputs
        for matrix, bias in zip(weights[:-2:2], weights[1:-2:2]):
            signal = torch.tanh(signal @ matrix + bias)
        loss = 0.5 * (signal @ weights[-2] + weights[-1] - targets).square().sum(dim=1).mean()
        optimiser.zero_grad()
        loss.backward()
        losses.append(loss.item())
        optimiser.step()
        passed.append(np.concatenate([weight.detach().numpy().ravel() for weight in weights]))
    return np.array(losses), passed, optimiser, weights


def dense_hessian(state, flat):
    layers, inputs, targets, _ = jax.tree.map(lambda array: jnp.asarray(array[0]), state)
    _, unravel = ravel_pytree(layers)

    def loss(flat):
        return 0.5 * jnp.mean(jnp.sum((fully_connected(unravel(flat), inputs) - targets) ** 2, axis=1))

    return np.asarray(jax.hessian(loss)(jnp.asarray(flat)))


def test_nesterov_is_that_of_torch_and_its_sharpness_that_of_the_hessian():
    """Torch keeps y, where gradients are taken, and b = (w_before - w)/eta; ours is w = y + eta momentum b."""
    _, state, observed = run(NESTEROV)
    losses, passed, optimiser, weights = of_torch(NESTEROV, state)
    np.testing.assert_allclose(observed["loss"][0], losses[::4], rtol=1e-10)
    assert observed["final_loss"][0] == pytest.approx(losses[-1], rel=1e-10)
    velocity = np.concatenate([optimiser.state[weight]["momentum_buffer"].numpy().ravel() for weight in weights])
    with profile("float64"):
        hessian = dense_hessian(state, passed[-1] + NESTEROV["learning_rate"] * NESTEROV["momentum"] * velocity)
    assert observed["sharpness"][0, -1] == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=3e-3)


def test_adam_is_that_of_torch_and_its_sharpness_that_of_the_preconditioned_hessian():
    _, state, observed = run(ADAM)
    losses, passed, optimiser, weights = of_torch(ADAM, state)
    np.testing.assert_allclose(observed["loss"][0], losses[::4], rtol=1e-9)
    squares = np.concatenate([optimiser.state[weight]["exp_avg_sq"].numpy().ravel() for weight in weights])
    count, b1, b2 = ADAM["steps"], ADAM["momentum"], ADAM["second_momentum"]
    preconditioner = (1 - b1**count) * (np.sqrt(squares / (1 - b2**count)) + ADAM["epsilon"])
    with profile("float64"):
        hessian = dense_hessian(state, passed[-1])
    top = np.linalg.eigvals(hessian / preconditioner[:, None]).real.max()
    assert observed["sharpness"][0, -1] == pytest.approx(top, rel=3e-3)


@jax.jit
def _nesterov_on_a_quadratic(curvature, learning_rate, momentum):
    rule = optimisers.nesterov(learning_rate=learning_rate, momentum=momentum)
    start = jnp.ones(1)
    losses, _ = optimiser_descent.descend(lambda w: 0.5 * curvature * (w @ w), start, start, rule, steps=600, every=600)
    return losses[-1] / losses[0]


@jax.jit
def _averaging_momentum(curvature, learning_rate, momentum):
    """Adam whose preconditioner epsilon makes 1: m <- b m + (1 - b) g, w <- w - eta m."""
    rule = optimisers.adam(learning_rate=1e8 * learning_rate, momentum=momentum, second_momentum=0.9, epsilon=1e8)
    start = 1e-4 * jnp.ones(1)
    losses, _ = optimiser_descent.descend(lambda w: 0.5 * curvature * (w @ w), start, start, rule, steps=600, every=600)
    return losses[-1] / losses[0]


def divergence_threshold(ratio, condition):
    low, high = 0.1 / condition["learning_rate"], 100 / condition["learning_rate"]
    with profile("float64"):
        while high > 1.002 * low:
            middle = np.sqrt(low * high)
            decayed = float(ratio(middle, condition["learning_rate"], condition["momentum"])) < 1
            low, high = (middle, high) if decayed else (low, middle)
    return low


@pytest.mark.parametrize("momentum", [0.3, 0.9])
@pytest.mark.parametrize("learning_rate", [0.02, 0.3])
def test_thresholds_are_where_quadratics_diverge(learning_rate, momentum):
    condition = {"learning_rate": learning_rate, "momentum": momentum}
    expected = divergence_threshold(_nesterov_on_a_quadratic, condition)
    assert optimiser_theory.nesterov_threshold(condition, {}) == pytest.approx(expected, rel=0.01)
    for rival in (optimiser_theory.plain_threshold, optimiser_theory.polyak_threshold):
        assert rival(condition, {}) > 1.2 * expected
    expected = divergence_threshold(_averaging_momentum, condition)
    assert optimiser_theory.adam_threshold(condition, {}) == pytest.approx(expected, rel=0.01)


def test_a_large_epsilon_leaves_the_sharpness_of_linear_regression_over_epsilon():
    condition = ADAM | {"hidden_layers": 0, "epsilon": 1000.0, "steps": 100, "every": 50}
    given, _, observed = run(condition)
    for trial, initial in enumerate(given["initial_sharpness"]):
        truth = optimiser_theory.constant_preconditioner_sharpness(condition, {"initial_sharpness": initial})
        assert observed["late_sharpness"][trial] == pytest.approx(truth, rel=5e-3)


def test_same_seeds_give_the_same_bits_alone_and_in_a_block():
    _, _, block = run(ADAM, precision="float32")
    _, _, alone = run(ADAM, precision="float32", seeds=SEEDS[1:])
    for name, values in block.items():
        np.testing.assert_array_equal(values[1:], alone[name])


def test_steps_are_whole_stretches():
    with pytest.raises(ValueError, match="steps is 12, which is not a multiple of every, 5"):
        run(NESTEROV | {"every": 5})


@pytest.mark.parametrize(("optimiser", "rate"), [("nesterov", 0.2), ("adam", 0.003)])
def test_training_sharpens_up_to_the_edge(optimiser, rate):
    condition = (NESTEROV if optimiser == "nesterov" else ADAM) | {"learning_rate": rate, "momentum": 0.9}
    condition |= {"rows": 200, "width": 24, "hidden_layers": 3, "label_noise": 0.4, "steps": 1500, "every": 25}
    given, _, observed = run(condition, precision="float32")
    threshold = getattr(optimiser_theory, f"{optimiser}_threshold")(condition, {})
    assert (given["initial_sharpness"] < 0.6 * threshold).all()
    np.testing.assert_allclose(observed["late_sharpness"], threshold, rtol=0.1)
    assert (observed["rising_steps"] > 0.05).all()
