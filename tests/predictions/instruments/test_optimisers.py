"""Update rules against torch.optim, step by step on a loss that is no quadratic."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from predictions.instruments import optimisers
from runners.measuring.profiles import profile

STEPS = 12
ADAM = {"momentum": 0.8, "second_momentum": 0.95, "epsilon": 1e-3}
TORCH_ADAM = {"betas": (0.8, 0.95), "eps": 1e-3}


def loss(weights, of=jnp):
    """Of a matrix and a vector, coupled, with gradients of unequal sizes."""
    matrix, vector = weights
    return of.sum(of.cosh(matrix @ vector)) + 0.1 * of.sum(matrix**2) + 3 * of.sum((vector - 1) ** 4)


def start():
    generator = np.random.default_rng(0)
    return [generator.standard_normal((3, 2)) / 2, generator.standard_normal(2) / 2]


def ours(rule):
    """Weights after each step, flat."""
    weights, memory, passed = [jnp.asarray(part) for part in start()], None, []
    memory = rule.start(weights)
    for _ in range(STEPS):
        gradient = jax.grad(loss)(rule.look(weights, memory))
        weights, memory = rule.move(weights, memory, gradient)
        passed.append(np.concatenate([np.ravel(part) for part in weights]))
    return np.array(passed), weights, memory


def theirs(optimiser, **settings):
    weights = [torch.tensor(part, requires_grad=True) for part in start()]
    optimiser, passed = optimiser(weights, **settings), []
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss(weights, of=torch).backward()
        optimiser.step()
        passed.append(np.concatenate([part.detach().numpy().ravel() for part in weights]))
    return np.array(passed), optimiser, weights


@pytest.mark.parametrize(
    ("rule", "rates", "settings"),
    [
        (optimisers.gradient_descent, {}, (torch.optim.SGD, {})),
        (optimisers.heavy_ball, {"momentum": 0.7}, (torch.optim.SGD, {"momentum": 0.7})),
        (optimisers.adam, ADAM, (torch.optim.Adam, TORCH_ADAM)),
        (optimisers.adam, {}, (torch.optim.Adam, {})),
        (optimisers.adamw, ADAM | {"weight_decay": 2.0}, (torch.optim.AdamW, TORCH_ADAM | {"weight_decay": 2.0})),
        (optimisers.adamw, {"weight_decay": 0.3}, (torch.optim.AdamW, {"weight_decay": 0.3})),
    ],
)
def test_each_step_is_that_of_torch(rule, rates, settings):
    optimiser, others = settings
    with profile("float64"):
        passed, _, _ = ours(rule(learning_rate=0.02, **rates))
    expected, _, _ = theirs(optimiser, lr=0.02, **others)
    np.testing.assert_allclose(passed, expected, rtol=1e-10)


def test_nesterov_looks_where_torch_keeps_its_weights():
    with profile("float64"):
        rule = optimisers.nesterov(learning_rate=0.02, momentum=0.7)
        _, weights, memory = ours(rule)
        looked = np.concatenate([np.ravel(part) for part in rule.look(weights, memory)])
    expected, _, _ = theirs(torch.optim.SGD, lr=0.02, momentum=0.7, nesterov=True)
    np.testing.assert_allclose(looked, expected[-1], rtol=1e-10)


def test_preconditioner_is_what_the_last_update_was_divided_by():
    """Torch's second moments, both bias corrections, and the update itself."""
    with profile("float64"):
        rule = optimisers.adam(learning_rate=0.02, **ADAM)
        _, weights, memory = ours(rule)
        found = np.concatenate([np.ravel(part) for part in rule.preconditioner(weights, memory)])
    expected, optimiser, parts = theirs(torch.optim.Adam, lr=0.02, **TORCH_ADAM)
    averages, squares = (
        np.concatenate([optimiser.state[part][name].numpy().ravel() for part in parts])
        for name in ("exp_avg", "exp_avg_sq")
    )
    np.testing.assert_allclose(found, (1 - 0.8**STEPS) * (np.sqrt(squares / (1 - 0.95**STEPS)) + 1e-3), rtol=1e-10)
    np.testing.assert_allclose(expected[-2] - expected[-1], 0.02 * averages / found, rtol=1e-8)


@pytest.mark.parametrize("name", ["gradient_descent", "heavy_ball", "nesterov", "adam"])
def test_preconditioner_is_one_without_adam_and_before_the_first_step(name):
    rule = getattr(optimisers, name)(learning_rate=0.1, **({} if name == "gradient_descent" else {"momentum": 0.5}))
    weights = jnp.arange(3.0)
    np.testing.assert_array_equal(rule.preconditioner(weights, rule.start(weights)), np.ones(3))


def test_averaging_form_is_polyaks_with_a_smaller_rate():
    """m <- b m + (1 - b) g, w <- w - eta m, written out."""
    weights, mean = np.array([1.0, -2.0]), np.zeros(2)
    rule = optimisers.heavy_ball(learning_rate=(1 - 0.9) * 0.3, momentum=0.9)
    with profile("float64"):
        other = jnp.asarray(weights)
        memory = rule.start(other)
        for _ in range(5):
            mean = 0.9 * mean + (1 - 0.9) * weights**3
            weights = weights - 0.3 * mean
            other, memory = rule.move(other, memory, other**3)
        np.testing.assert_allclose(other, weights, rtol=1e-12)


def test_rates_may_be_traced_and_change_from_step_to_step():
    """A schedule inside a scan: sum of the rates times a constant gradient."""

    @jax.jit
    def run(weights, rates):
        def step(weights, rate):
            rule = optimisers.gradient_descent(learning_rate=rate)
            return rule.move(weights, (), jnp.ones(2))[0], None

        return jax.lax.scan(step, weights, rates)[0]

    np.testing.assert_allclose(run(jnp.zeros(2), jnp.array([0.5, 0.25])), [-0.75, -0.75])


def test_a_jittered_rate_is_one_of_two_and_each_about_as_often():
    rule, rates = optimisers.jittered_descent(learning_rate=0.1, jitter=0.25), []
    weights, memory = jnp.zeros(()), rule.start(jnp.zeros(()))
    for _ in range(400):
        moved, memory = rule.move(weights, memory, jnp.ones(()))
        rates.append(float(weights - moved))
        weights = moved
    short, long = (np.isclose(rates, rate, atol=1e-5) for rate in (0.075, 0.125))
    assert (short ^ long).all()
    assert 160 < long.sum() < 240
    changes = np.diff(long.astype(int)).astype(bool).mean()
    assert 0.4 < changes < 0.6
