"""Regression on a sparse target: the kernel's risk and the trained network, against explicit computations."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.lazy_and_rich import sparse_target
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "directions": 1,
    "multiplier": 3.0,
    "dimension": 6,
    "samples": 15,
    "width": 20,
    "steps": 40,
    "test_samples": 50,
    "relative_learning_rate": 0.5,
}
SEEDS = derive_seeds("test-sparse-target", "explore", range(3))


def run(condition, seeds=SEEDS):
    with profile("float64", frameworks=["jax"]):
        given, state = sparse_target.prepare(condition, seeds)
        return given, state, sparse_target.measure(condition, state)


def features(hidden, readout, rows):
    """Tangents d f / d (hidden, readout) of f = m^{-1/2} sum_j a_j relu(w_j . x / d^{1/2}): (rows, parameters)."""
    rows = rows / np.sqrt(rows.shape[1])
    z = rows @ hidden
    in_hidden = np.einsum("id,ij->idj", rows, (z > 0) * readout[:, 0]).reshape(len(rows), -1)
    return np.hstack([in_hidden, np.maximum(z, 0)]) / np.sqrt(len(readout))


def test_kernel_risk_is_that_of_the_interpolant_in_the_span_of_the_tangents():
    given, (weights, data, *_), _ = run(CONDITION, SEEDS[:1])
    hidden, readout = (np.asarray(array)[0] for array in weights)
    rows, labels, test_rows, test_labels = (np.asarray(array)[0] for array in data)
    solution = np.linalg.pinv(features(hidden, readout, rows)) @ labels  # minimum norm
    risk = np.mean((features(hidden, readout, test_rows) @ solution - test_labels) ** 2)
    assert given["kernel_risk"][0] == pytest.approx(risk, rel=1e-8)


@pytest.mark.parametrize("multiplier", [0.2, 3.0])
def test_training_against_a_plain_loop(multiplier):
    condition = CONDITION | {"multiplier": multiplier}
    given, (weights, data, steepness, _), observed = run(condition, SEEDS[:1])
    hidden, readout = (np.asarray(array)[0].copy() for array in weights)
    rows, labels, test_rows, test_labels = (np.asarray(array)[0] for array in data)
    kernel = features(hidden, readout, rows) @ features(hidden, readout, rows).T
    assert steepness[0] == pytest.approx(np.linalg.eigvalsh(kernel)[-1] / 15)
    eta = 0.5 * 20 / (multiplier * max(1, multiplier * steepness[0]))

    def outputs(rows):
        return multiplier / 20 * np.maximum(rows @ hidden / np.sqrt(6), 0) @ readout[:, 0]

    first, first_test = outputs(rows), outputs(test_rows)
    for _ in range(40):
        slope = multiplier / np.sqrt(20) * features(hidden, readout, rows).T @ (outputs(rows) - first - labels) / 15
        hidden -= eta * slope[: hidden.size].reshape(hidden.shape)
        readout -= eta * slope[hidden.size :].reshape(readout.shape)
    test_error = np.mean((outputs(test_rows) - first_test - test_labels) ** 2)
    assert observed["test_error"][0] == pytest.approx(test_error, rel=1e-8)
    assert observed["halves_the_kernel"][0] == (2 * test_error <= given["kernel_risk"][0])
    assert given["parameters"][0] == hidden.size + readout.size
    assert observed["training_error"][0] == pytest.approx(np.mean((outputs(rows) - first - labels) ** 2), rel=1e-8)


@pytest.mark.parametrize("directions", [1, 4])
def test_labels_have_mean_square_one_and_no_linear_part(directions):
    condition = CONDITION | {"directions": directions, "test_samples": 200_000, "steps": 0, "width": 8}
    _, (_, data, _), observed = run(condition, SEEDS[:1])
    rows, labels = (np.asarray(array)[0] for array in data[2:])
    assert np.mean(labels) == pytest.approx(0, abs=0.02)
    np.testing.assert_allclose(rows.T @ labels / len(rows), 0, atol=0.02)
    assert observed["test_error"][0] == pytest.approx(1, abs=0.05)  # of the zero function, after no step
