"""Mini-batch descent: all rows are plain descent, batches are steps by hand, small batches keep the loss flat."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.edge_of_stability import full_batch_descent, minibatch_descent
from predictions.edge_of_stability.minibatch_descent import observables
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {"data": "digits", "rows": 30, "label_noise": 0.3, "width": 6, "hidden_layers": 2, "learning_rate": 0.2}
CONDITION |= {"batch_size": "all", "steps": 20, "every": 5}
SEEDS = derive_seeds("test-minibatch", "explore", range(3))


def run(condition=CONDITION, *, precision="float64", seeds=SEEDS):
    with profile(precision):
        given, state = minibatch_descent.prepare(condition, seeds)
        return given, state, minibatch_descent.measure(condition, state)


def test_all_rows_are_full_batch_descent():
    condition = CONDITION | {"loss": "mse", "momentum": 0.0, "backend": "jax"}
    with profile("float64"):
        given, state = full_batch_descent.prepare(condition, SEEDS)
        expected = full_batch_descent.measure(condition, state)
    same, _, observed = run()
    np.testing.assert_array_equal(given["initial_sharpness"], same["initial_sharpness"])
    np.testing.assert_allclose(observed["loss"], expected["loss"], rtol=1e-10)
    np.testing.assert_allclose(observed["sharpness"], expected["sharpness"], rtol=3e-3)


def test_each_step_goes_down_the_gradient_of_its_own_batch():
    """Linear regression by hand in numpy, four steps on 2 of 6 rows."""
    condition = CONDITION | {"hidden_layers": 0, "rows": 6, "batch_size": 2, "steps": 4, "every": 1}
    _, state, observed = run(condition)
    [(matrices, biases)], inputs, targets, _, batches = state
    for matrix, bias, rows, labels, taken, losses in zip(matrices, biases, inputs, targets, batches, observed["loss"]):
        for batch, loss in zip(taken, losses):
            assert loss == pytest.approx(0.5 * np.mean(np.sum((rows @ matrix + bias - labels) ** 2, axis=1)), rel=1e-10)
            errors = rows[batch] @ matrix + bias - labels[batch]
            matrix, bias = matrix - 0.2 * rows[batch].T @ errors / 2, bias - 0.2 * errors.mean(axis=0)


def test_batches_are_reshuffled_epochs():
    condition = CONDITION | {"rows": 12, "batch_size": 4, "steps": 8}
    first, second = (minibatch_descent.batches(condition, np.random.default_rng(seed)) for seed in (0, 1))
    assert first.shape == (8, 4)
    for epoch in (first[:3], first[3:6]):
        assert sorted(epoch.ravel()) == list(range(12))
    assert not np.array_equal(first[:3], first[3:6])
    assert not np.array_equal(first, second)
    with pytest.raises(ValueError, match="rows is 12, which is not a multiple of batch_size, 5"):
        minibatch_descent.batches(condition | {"batch_size": 5}, np.random.default_rng(0))


def test_sharpness_of_linear_regression_is_that_of_all_rows_whatever_the_batch():
    condition = CONDITION | {"hidden_layers": 0, "batch_size": 5}
    _, state, observed = run(condition)
    for rows, sharpnesses in zip(state[1], observed["sharpness"]):
        with_bias = np.column_stack([rows, np.ones(len(rows))])
        np.testing.assert_allclose(sharpnesses, np.linalg.norm(with_bias, 2) ** 2 / len(rows), rtol=3e-3)


def test_same_seeds_give_the_same_bits_alone_and_in_a_block():
    condition = CONDITION | {"batch_size": 10}
    _, _, block = run(condition, precision="float32")
    _, _, alone = run(condition, precision="float32", seeds=SEEDS[1:2])
    for name, values in block.items():
        np.testing.assert_array_equal(values[1:2], alone[name])


def test_observables_by_hand():
    curve = np.array([[9.0, 9, 1, 3, 4, 4, 5, 6]])
    observed = observables(curve[:, ::-1], curve)
    assert observed["late_sharpness"] == [4.5]
    assert observed["late_drift"] == [5.5 / 4]
    assert observed["final_loss"] == [9]


def test_a_diverged_run_yields_no_number_that_could_excuse_it():
    _, _, observed = run(CONDITION | {"learning_rate": 1e30, "batch_size": 10, "steps": 40}, precision="float32")
    assert not np.isfinite(observed["late_sharpness"]).any()
    assert np.isnan(observed["late_drift"]).all()


def test_steps_are_whole_stretches():
    with pytest.raises(ValueError, match="steps is 20, which is not a multiple of every, 3"):
        run(CONDITION | {"every": 3})


def test_small_batches_stay_flatter():
    condition = CONDITION | {"rows": 128, "width": 24, "hidden_layers": 3, "label_noise": 0.4, "steps": 2000}
    (_, _, small), (_, _, full) = (
        run(condition | {"batch_size": size, "every": 25}, precision="float32", seeds=SEEDS[:2]) for size in (8, "all")
    )
    assert (0.2 * full["late_sharpness"] > 1.95).all()
    assert (small["late_sharpness"] < 0.7 * full["late_sharpness"]).all()
