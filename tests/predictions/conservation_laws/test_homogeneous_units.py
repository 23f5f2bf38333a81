"""Descent of homogeneous units against a plain loop, and the charges that it should move."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.conservation_laws import homogeneous_units, theory
from runners.measuring.profiles import profile

CONDITION = {"units": 6, "features": 4, "samples": 20, "time": 2.0, "learning_rate": 0.05, "weight_decay": 0.0}
SEEDS = np.array([3, 14, 159], dtype=np.uint64)


def run(seeds=SEEDS, **changes):
    condition = {**CONDITION, **changes}
    with profile("float64"):
        given, state = homogeneous_units.prepare(condition, seeds)
        return condition, given, homogeneous_units.measure(condition, state)


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_the_drift_is_that_of_a_plain_loop(weight_decay):
    _, given, observed = run(weight_decay=weight_decay)
    for trial in range(len(SEEDS)):
        inner, outer = given["initial_inner"][trial], given["initial_outer"][trial]
        weights, accounted = np.concatenate([inner.ravel(), outer]), np.zeros(6)
        for _ in range(40):
            gradient = theory.loss_gradient(weights, given["inputs"][trial], given["targets"][trial])
            move = -0.05 * (gradient + weight_decay * weights)
            weights, accounted = weights + move, accounted + theory.imbalance(move, 6)
        start = given["initial_charges"][trial]
        drift, scale = theory.imbalance(weights, 6) - start, np.linalg.norm(start)
        assert observed["relative_drift"][trial] == pytest.approx(np.linalg.norm(drift) / scale, rel=1e-9)
        left = np.linalg.norm(drift - accounted) / scale
        assert observed["unexplained_drift"][trial] == pytest.approx(left, abs=1e-13)


def test_squared_steps_explain_all_of_the_drift_unless_weights_decay():
    _, _, conserved = run()
    _, _, decayed = run(weight_decay=0.1)
    assert np.all(conserved["unexplained_drift"] < 1e-13)
    assert np.all(conserved["relative_drift"] > 1e-4)
    np.testing.assert_allclose(decayed["unexplained_drift"], 1 - np.exp(-2 * 0.1 * 2), rtol=0.05)


def test_the_drift_follows_theory_and_learning_has_happened():
    condition, given, observed = run(samples=200, time=4.0)
    for trial in range(len(SEEDS)):
        predicted = theory.relative_drift(condition, {name: array[trial] for name, array in given.items()})
        assert observed["relative_drift"][trial] == pytest.approx(predicted, rel=0.03)
    assert np.all(observed["remaining_loss"] < 0.6)


def test_step_sizes_that_do_not_divide_the_time_are_refused():
    with pytest.raises(ValueError, match="no multiple"):
        run(learning_rate=0.3)
