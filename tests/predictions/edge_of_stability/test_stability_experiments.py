"""The experiments: repeatable, paired across conditions, and equal to torch, dense Hessians and exact solutions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from jax.flatten_util import ravel_pytree
from scipy.special import log_softmax

from predictions.edge_of_stability import full_batch_descent, least_squares_descent
from predictions.edge_of_stability.descent import crest_and_end, late_half, observables
from predictions.instruments.networks import fully_connected
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

TASK = {"data": "digits", "rows": 30, "label_noise": 0.3, "loss": "mse", "backend": "jax"}
CONDITION = TASK | {"width": 6, "hidden_layers": 2, "learning_rate": 0.2, "momentum": 0.5, "steps": 15, "every": 5}
SEEDS = derive_seeds("test-edge-of-stability", "explore", range(3))
EXPERIMENTS = [full_batch_descent, least_squares_descent]


def run(experiment, condition=CONDITION, seeds=SEEDS, *, precision="float64"):
    with profile(precision):
        given, state = experiment.prepare(condition, seeds)
        return given, experiment.measure(condition, state)


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_same_seeds_give_the_same_bits_alone_and_in_a_block(experiment):
    given, observed = run(experiment, precision="float32")
    alone_given, alone = run(experiment, seeds=SEEDS[1:2], precision="float32")
    for block, single in [(given, alone_given), (observed, alone)]:
        for name, values in block.items():
            np.testing.assert_array_equal(values[1:2], single[name])


def test_learning_rates_and_momenta_share_their_trials():
    with profile("float64"):
        states = [
            full_batch_descent.prepare(CONDITION | other, SEEDS)[1]
            for other in ({}, {"learning_rate": 1, "momentum": 0})
        ]
        for first, second in zip(*map(jax.tree.leaves, states)):
            np.testing.assert_array_equal(first, second)


def test_both_experiments_train_on_the_same_rows():
    with profile("float64"):
        (_, inputs, targets, _), (rows, labels, _) = (
            experiment.prepare(CONDITION, SEEDS)[1] for experiment in EXPERIMENTS
        )
        np.testing.assert_array_equal(inputs, rows)
        np.testing.assert_array_equal(targets, labels)


def test_training_is_that_of_torch_and_sharpness_that_of_the_dense_hessian():
    """Loss curve of torch's SGD with momentum on the full batch; Hessians of the weights that torch passed through."""
    given, observed = run(full_batch_descent)
    with profile("float64"):
        _, state = full_batch_descent.prepare(CONDITION, SEEDS)
        layers, inputs, targets, _ = jax.tree.map(lambda array: array[0], state)
        weights = [torch.tensor(array, requires_grad=True) for array in jax.tree.leaves(layers)]
        optimiser = torch.optim.SGD(weights, lr=CONDITION["learning_rate"], momentum=CONDITION["momentum"])
        losses, sharpnesses = [], []
        for step in range(CONDITION["steps"]):
            outputs = torch.tensor(inputs)
            for matrix, bias in zip(weights[:-2:2], weights[1:-2:2]):
                outputs = torch.tanh(outputs @ matrix + bias)
            outputs = outputs @ weights[-2] + weights[-1]
            loss = 0.5 * (outputs - torch.tensor(targets)).square().sum(dim=1).mean()
            if step % CONDITION["every"] == 0:
                now = jax.tree.unflatten(jax.tree.structure(layers), [w.detach().numpy().copy() for w in weights])
                sharpnesses.append(float(top_of_dense_hessian(now, inputs, targets)))
                losses.append(loss.item())
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    np.testing.assert_allclose(observed["loss"][0], losses, rtol=1e-10)
    np.testing.assert_allclose(observed["sharpness"][0], sharpnesses, rtol=3e-3)
    assert given["initial_sharpness"][0] == pytest.approx(sharpnesses[0], rel=3e-3)


@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
def test_torch_trains_as_jax_does(loss):
    """In double precision, over so few steps, two correct programs agree to rounding."""
    given, in_jax = run(full_batch_descent, CONDITION | {"loss": loss})
    same, in_torch = run(full_batch_descent, CONDITION | {"loss": loss, "backend": "torch"})
    np.testing.assert_array_equal(given["initial_sharpness"], same["initial_sharpness"])
    np.testing.assert_allclose(in_torch["loss"], in_jax["loss"], rtol=1e-10)
    np.testing.assert_allclose(in_torch["sharpness"], in_jax["sharpness"], rtol=3e-3)  # as well as either is found


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_cross_entropy_and_its_sharpness_at_the_start(backend):
    """Loss against scipy's softmax, sharpness against the dense Hessian of a loss written otherwise."""
    condition = CONDITION | {"loss": "cross-entropy", "backend": backend}
    _, observed = run(full_batch_descent, condition, seeds=SEEDS[:1])
    with profile("float64"):
        _, state = full_batch_descent.prepare(condition, SEEDS[:1])
        layers, inputs, targets, _ = jax.tree.map(lambda array: jnp.asarray(array[0]), state)
        flat, unravel = ravel_pytree(layers)

        def loss(flat):
            return -jnp.mean(jnp.log(jax.nn.softmax(fully_connected(unravel(flat), inputs))[targets == 1]))

        top = np.linalg.eigvalsh(jax.hessian(loss)(flat))[-1]
        log_probabilities = log_softmax(np.asarray(fully_connected(layers, inputs)), axis=1)
    assert observed["loss"][0, 0] == pytest.approx(-np.mean(log_probabilities[np.asarray(targets) == 1]), rel=1e-12)
    assert observed["sharpness"][0, 0] == pytest.approx(top, rel=3e-3)


def test_an_unknown_backend_is_named():
    with pytest.raises(ValueError, match="backend is 'numpy', but must be jax or torch"):
        run(full_batch_descent, CONDITION | {"backend": "numpy"})


@jax.jit
def top_of_dense_hessian(layers, inputs, targets):
    flat, unravel = ravel_pytree(layers)

    def loss(flat):
        return 0.5 * jnp.mean(jnp.sum((fully_connected(unravel(flat), inputs) - targets) ** 2, axis=1))

    return jnp.linalg.eigvalsh(jax.hessian(loss)(flat))[-1]


def test_least_squares_keeps_its_curvature_and_reaches_the_minimum():
    condition = CONDITION | {"rows": 200, "momentum": 0.9, "steps": 4000, "every": 1000}
    given, observed = run(least_squares_descent, condition)
    top = given["second_moment_spectrum"].max(axis=1)
    np.testing.assert_allclose(observed["sharpness"], np.repeat(top[:, None], 4, axis=1), rtol=3e-3)
    np.testing.assert_allclose(observed["late_sharpness"], top, rtol=3e-3)
    with profile("float64"):
        _, (inputs, targets, _) = least_squares_descent.prepare(condition, SEEDS)
    for rows, labels, top_eigenvalue, final_loss in zip(inputs, targets, top, observed["final_loss"]):
        best = rows @ np.linalg.lstsq(rows, labels)[0]
        assert final_loss == pytest.approx(0.5 * np.mean(np.sum((best - labels) ** 2, axis=1)), rel=1e-2)
        assert top_eigenvalue == pytest.approx(np.linalg.norm(rows, 2) ** 2 / 200)


def test_a_diverged_run_yields_no_number_that_could_excuse_it():
    _, observed = run(least_squares_descent, CONDITION | {"learning_rate": 10.0, "steps": 600}, precision="float32")
    assert not np.isfinite(observed["final_loss"]).any()
    assert np.isnan(observed["rising_steps"]).all()


def test_late_half_by_hand():
    losses = np.array([[9.0, 8, 1, 2, 1, 2], [9, 8, 4, 3, 2, 1], [9, 8, 1, 1 + 1e-7, 1, 1 + 1e-7]])
    sharpnesses = np.array([[1.0, 5, 6], [1, 2, 3], [1, 2, 4]])
    observed = late_half(losses, sharpnesses)
    np.testing.assert_array_equal(observed["rising_steps"], [0.5, 0, 0])
    np.testing.assert_array_equal(observed["late_sharpness"], [5.5, 2.5, 3])
    np.testing.assert_array_equal(observed["final_loss"], losses[:, -1])
    np.testing.assert_array_equal(observables(losses, sharpnesses, every=2)["loss"], losses[:, ::2])


def test_crest_and_end_by_hand():
    """Thirty records, so that a tenth is three: a single spike is no crest."""
    curve = np.array([1.0] * 10 + [9, 1, 4, 5, 6, 5, 4] + [3.0] * 10 + [2, 1, 2])
    observed = crest_and_end(np.array([[1.0, 2, 1, 0, 3]]), curve[None])
    assert observed["crest_sharpness"] == [5]  # of 5, 6, 5
    assert observed["end_sharpness"] == [2]
    assert observed["end_over_crest"] == [0.4]
    assert observed["all_rising_steps"] == [0.5]


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_diverged_network_yields_no_number_that_could_excuse_it(backend):
    condition = CONDITION | {"learning_rate": 1e6, "momentum": 1.5, "steps": 600, "backend": backend}
    _, observed = run(full_batch_descent, condition, precision="float32")
    assert not np.isfinite(observed["final_loss"]).any()
    assert not np.isfinite(observed["late_sharpness"]).any()
    assert np.isnan(observed["rising_steps"]).all()


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_steps_are_whole_stretches(backend):
    with pytest.raises(ValueError, match="steps is 16, which is not a multiple of every, 5"):
        run(full_batch_descent, CONDITION | {"steps": 16, "backend": backend})


def test_cross_entropy_sharpens_and_then_flattens():
    """Noisy labels are sharpened for; once they are fitted, the softmax saturates and the Hessian fades."""
    condition = TASK | {"rows": 200, "width": 32, "hidden_layers": 3, "label_noise": 0.5, "loss": "cross-entropy"}
    condition |= {"learning_rate": 0.2, "momentum": 0, "steps": 1500, "every": 15}
    given, observed = run(full_batch_descent, condition, precision="float32")
    assert (observed["final_loss"] < 0.05).all()
    assert (observed["crest_sharpness"] > 5 * given["initial_sharpness"]).all()
    assert (observed["end_over_crest"] < 0.5).all()


@pytest.mark.parametrize(("momentum", "threshold"), [(0.0, 2), (0.5, 3)])
def test_training_sharpens_up_to_the_edge(momentum, threshold):
    """The step size in units of which descent of a quadratic turns unstable is 2, and 3 with momentum 1/2."""
    condition = TASK | {"rows": 300, "width": 32, "hidden_layers": 3, "label_noise": 0.5, "steps": 3000, "every": 25}
    condition |= {"learning_rate": 0.2, "momentum": momentum}
    given, observed = run(full_batch_descent, condition, precision="float32")
    assert (0.2 * given["initial_sharpness"] < 0.5 * threshold).all()
    assert (0.2 * observed["late_sharpness"] > 0.97 * threshold).all()
    assert (0.2 * observed["late_sharpness"] < 1.1 * threshold).all()
    assert (observed["rising_steps"] > 0.05).all()
