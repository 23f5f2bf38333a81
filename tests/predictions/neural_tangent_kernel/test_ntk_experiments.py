"""The two experiments: repeatable, seeds paired across conditions, and right where an answer is known independently."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import erf

from predictions.instruments.empirical_ntk import empirical_ntk
from predictions.neural_tangent_kernel import at_initialisation, width_sweep
from predictions.neural_tangent_kernel.ensembles import draw_group, draw_inputs, network_of
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

pytestmark = pytest.mark.usefixtures("hastily_compiled")

NETWORK = {"activation": "erf", "depth": 3, "weight_std": 1.25, "bias_std": 0.1, "data": "digits"}
INITIAL = NETWORK | {"width": 16, "networks": 4, "inputs": 5, "trained": "all", "bottleneck": 0}
SWEEP = NETWORK | {
    "width": 24,
    "networks": 3,
    "training_rows": 6,
    "test_rows": 4,
    "scaling": "ntk",
    "momentum": 0.0,
    "steps": 20,
    "relative_learning_rate": 0.2,
    "loss": "squared",
}
EXPERIMENTS = [(at_initialisation, INITIAL), (width_sweep, SWEEP)]
SEEDS = derive_seeds("test-neural-tangent-kernel", "explore", range(3))


def run(experiment, condition, seeds=SEEDS, *, precision="float64"):
    with profile(precision):
        given, state = experiment.prepare(condition, seeds)
        return given, experiment.measure(condition, state)


@pytest.mark.parametrize("data", ["digits", "gaussian"])
def test_inputs_lie_on_the_sphere(data):
    inputs = draw_inputs(data, 7, np.random.default_rng(0))
    np.testing.assert_allclose(np.sum(inputs**2, axis=1), inputs.shape[1])
    assert len(np.unique(inputs, axis=0)) == 7


@pytest.mark.parametrize(("experiment", "condition"), EXPERIMENTS)
def test_observables_are_finite_and_one_a_trial(experiment, condition):
    _, observed = run(experiment, condition, precision="float32")
    for values in observed.values():
        assert values.shape == (3,)
        assert np.isfinite(values).all()


def test_widths_share_inputs_and_targets():
    tasks = []
    with profile("float64"):
        for width in (8, 12):
            _, (drawn, _) = width_sweep.prepare(SWEEP | {"width": width}, SEEDS)
            tasks.append(drawn)
    for narrow, wide in zip(*tasks):
        np.testing.assert_array_equal(narrow.inputs, wide.inputs)
        np.testing.assert_array_equal(narrow.targets, wide.targets)


def test_precisions_draw_the_same_networks():
    groups = []
    for precision in ("float32", "float64"):
        with profile(precision):
            groups.append(draw_group([4, 3, 1], 2, np.random.default_rng(1)))
    assert [groups[0][0][0].dtype, groups[1][0][0].dtype] == [np.float32, np.float64]
    np.testing.assert_array_equal(groups[0][0][0], groups[1][0][0].astype(np.float32))


def test_readout_kernel_is_the_gram_matrix_of_the_last_activities():
    condition = INITIAL | {"trained": "readout", "networks": 2}
    with profile("float64"):
        _, (inputs, generators) = at_initialisation.prepare(condition, SEEDS[:1])
        observed = at_initialisation.measure(condition, (inputs, generators))
        rng = np.random.default_rng()
        rng.bit_generator.state = generators[0]
        group = draw_group([64, 16, 16, 1], 2, rng)
    kernels = []
    for network in range(2):
        h = inputs[0]
        for weights, biases in group[:-1]:
            h = erf(1.25 / np.sqrt(h.shape[1]) * h @ weights[network] + 0.1 * biases[network])
        kernels.append(1.25**2 * h @ h.T / 16 + 0.1**2)
    mean = np.mean(kernels, axis=0)
    deviation = np.linalg.norm((kernels[0] - kernels[1]) / np.sqrt(2))  # of two values, with n - 1
    np.testing.assert_allclose(observed["top_eigenvalue"], np.linalg.eigvalsh(mean)[-1], rtol=1e-10)
    np.testing.assert_allclose(observed["relative_fluctuation"], deviation / np.linalg.norm(mean), rtol=1e-8)


def test_bottleneck_narrows_the_middle_layer():
    assert at_initialisation.layer_widths(INITIAL | {"bottleneck": 8}, 64) == [64, 16, 8, 1]
    assert at_initialisation.layer_widths(INITIAL | {"depth": 5, "bottleneck": 8}, 64) == [64, 16, 16, 8, 16, 1]
    assert at_initialisation.layer_widths(INITIAL, 64) == [64, 16, 16, 1]


LOSSES = {
    "squared": lambda f, y: jnp.sum((f - y) ** 2) / 2,
    "logistic": lambda f, y: -jnp.sum(jnp.log(jax.nn.sigmoid(jnp.where(y > 0, f, -f)))),
}


@pytest.mark.parametrize(
    ("scaling", "momentum", "loss"),
    [("ntk", 0.0, "squared"), ("mean-field", 0.5, "squared"), ("ntk", 0.0, "logistic")],
)
def test_training_against_a_plain_loop(scaling, momentum, loss):
    """Every observable recomputed by a Python loop, beside the Taylor expansion trained as a model of its own."""
    condition = SWEEP | {"scaling": scaling, "momentum": momentum, "networks": 1, "loss": loss}
    loss_of = LOSSES[loss]
    given, observed = run(width_sweep, condition, SEEDS[:1])
    with profile("float64"):
        _, ((task,), _) = width_sweep.prepare(condition, SEEDS[:1])
        multiplier = {"ntk": 1.0, "mean-field": 24**-0.5}[scaling]
        network, rng = network_of(condition), np.random.default_rng()
        rng.bit_generator.state = task.generator
        initial = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), draw_group([64, 24, 24, 1], 1, rng))
        everything = jnp.concatenate([task.inputs, task.test_inputs])

        def f(parameters, rows):
            return multiplier * network.outputs(parameters, rows)

        def network_loss(parameters):
            return loss_of(f(parameters, task.inputs), task.targets)

        def linear(change, rows):
            return jnp.add(*jax.jvp(lambda p: f(p, rows), (initial,), (change,)))

        def linear_loss(change):
            return loss_of(linear(change, task.inputs), task.targets)

        kernel = multiplier**2 * np.asarray(empirical_ntk(network, initial, task.inputs))
        learning_rate = 0.2 / np.linalg.eigvalsh(kernel)[-1]
        parameters, velocity = initial, jax.tree.map(jnp.zeros_like, initial)
        tangent, tangent_velocity = velocity, velocity
        for _ in range(20):
            gradient = jax.grad(network_loss)(parameters)
            velocity = jax.tree.map(lambda v, g: momentum * v - learning_rate * g, velocity, gradient)
            parameters = jax.tree.map(jnp.add, parameters, velocity)

            gradient = jax.grad(linear_loss)(tangent)
            tangent_velocity = jax.tree.map(lambda v, g: momentum * v - learning_rate * g, tangent_velocity, gradient)
            tangent = jax.tree.map(jnp.add, tangent, tangent_velocity)
        final_kernel = multiplier**2 * np.asarray(empirical_ntk(network, parameters, task.inputs))
        before, after = (np.asarray(f(p, everything)) for p in (initial, parameters))
        linearised = np.asarray(linear(tangent, everything))
        remaining = float(network_loss(parameters) / network_loss(initial))

    residuals = before[:6] - task.targets, after[:6] - task.targets
    eigenvalues, vectors = np.linalg.eigh(kernel)
    slow = np.argmax(np.abs(vectors.T @ residuals[0])[:3])
    shares = [vectors[:, slow] @ residual for residual in residuals]
    expected = {
        "kernel_change": np.linalg.norm(final_kernel - kernel) / np.linalg.norm(kernel),
        "kernel_drift": np.linalg.norm(final_kernel - kernel) / np.linalg.norm(kernel),  # of a group of one
        "linearisation_error": np.linalg.norm((after - linearised)[6:]) / np.linalg.norm((linearised - before)[6:]),
        "slow_mode_rate": -np.log(abs(shares[1] / shares[0])) / 20,
        "remaining_loss": remaining,
    }
    for name, value in expected.items():
        assert observed[name][0] == pytest.approx(value, rel=1e-6), name
    assert given["learning_rates"][0, 0] == pytest.approx(learning_rate)
    assert given["slow_mode_eigenvalues"][0, 0] == pytest.approx(eigenvalues[slow])
    assert given["mean_eigenvalues"][0, 0] == pytest.approx(np.trace(kernel) / 6)


def test_divergence_is_not_finite_and_no_exception():
    _, observed = run(width_sweep, SWEEP | {"relative_learning_rate": 1e3, "steps": 60})
    assert not np.isfinite(observed["remaining_loss"]).any()


def test_deeply_lazy_network_follows_its_linearisation():
    """At width 2048 the error is of the order of the kernel's change, O(1/width): a few per cent at most."""
    _, observed = run(width_sweep, SWEEP | {"width": 2048, "networks": 1}, SEEDS[:1], precision="float32")
    assert observed["linearisation_error"][0] < 0.03
    assert observed["kernel_change"][0] < 0.03


def test_drift_of_a_group_is_the_change_of_its_mean():
    """Two networks' kernels, changed by equal and opposite amounts: each changes by a fifth, their mean by nothing."""
    before = np.stack([np.full((2, 2), 5.0)] * 2)
    change = np.stack([np.ones((2, 2)), -np.ones((2, 2))])
    outputs, losses = np.ones((2, 3)), np.ones(2)
    run = width_sweep.Run(before, before + change, outputs, 2 * outputs, 3 * outputs, losses, losses / 2)
    task = width_sweep.Task(np.zeros((2, 1)), np.zeros(2), np.zeros((1, 1)), {})
    observed = width_sweep._observe(run, task, width_sweep.Mode(np.ones(2), np.ones((2, 2))), steps=1)
    assert observed["kernel_change"] == pytest.approx(0.2)
    assert observed["kernel_drift"] == 0


def test_units_with_a_kink_switch_off_as_the_one_input_solution_says():
    """One row, one hidden ReLU layer, s = 1.25: the mean of dK/K is -|y - f_0| / (pi s^2 w^{1/2})."""
    width, networks, scale = 400, 400, 1.25
    with profile("float64"):
        rng = np.random.default_rng(width)
        row = draw_inputs("gaussian", 1, rng)
        group = draw_group([row.shape[1], width, 1], networks, rng)
        network = network_of({"activation": "relu", "weight_std": scale, "bias_std": 0.0})
        data = (row, np.array([3.0]), row)
        rates = np.full(networks, 0.1 / scale**4)
        run = width_sweep._train(network, group, data, rates, 1.0, 0.0, loss="squared", steps=100)
    pushed = np.abs(3.0 - np.asarray(run.initial_outputs)[:, 0])
    change = (np.asarray(run.final_kernel) / np.asarray(run.initial_kernel) - 1)[:, 0, 0]
    predicted = -pushed / (np.pi * scale**2 * np.sqrt(width))
    deviation = change - predicted
    # what smooth units have, too, is of order 1/w: activities and weights grow with the target, by |y|^2 / w at most
    assert abs(deviation.mean()) < 3 * deviation.std() / np.sqrt(networks) + 9 / width
    assert predicted.mean() < -6 * (deviation.std() / np.sqrt(networks))
