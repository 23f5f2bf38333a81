"""Times of classes that share nothing, by the recursion itself; slopes and crossings of curves that are known."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.heavy_tailed_classes import class_times, theory

SMALL = {
    "data": "digits", "most": 8, "tail": 1.0, "width": 8, "hidden_layers": 0, "learning_rate": 0.2, "sign_rate": 1e-3,
    "steps": 20,
}  # fmt: skip


@pytest.mark.parametrize(("optimiser", "power"), [("descent", theory.inverse_frequency), ("sign", theory.no_frequency)])
def test_classes_that_share_no_input_take_the_times_that_are_claimed(optimiser, power):
    """A linear softmax on one input a class, a unit vector of its own, by hand."""
    frequencies = np.array([0.5, 0.25, 0.15, 0.1])
    weights, losses = np.zeros((4, 4)), []  # (class, input)
    for _ in range(400):
        odds = np.exp(weights)
        shares = odds / odds.sum(axis=0)
        losses.append(-np.log(np.diag(shares)))
        gradient = (shares - np.eye(4)) * frequencies
        weights -= 0.05 * gradient if optimiser == "descent" else 0.002 * np.sign(gradient)
    slope, learnt = class_times.slope(np.arange(1, 401), np.array(losses), frequencies)
    assert learnt == 1
    assert slope == pytest.approx(power({}, {}), abs=0.03)


def test_a_slope_needs_classes_that_are_learnt():
    counts, losses = np.array([1, 10, 100]), np.full((3, 4), 5.0)
    slope, learnt = class_times.slope(counts, losses, np.array([0.4, 0.3, 0.2, 0.1]))
    assert np.isnan(slope)
    assert learnt == 0


def test_ranks_have_their_frequencies_and_rows_their_class():
    given, (inputs, labels, _, frequencies) = class_times.prepare(SMALL, [0, 1])
    counts = np.sort(np.bincount(labels[0]))[::-1]
    np.testing.assert_array_equal(counts[:3], [8, 4, 4])
    np.testing.assert_allclose(np.bincount(labels[0]) / len(labels[0]), frequencies[0])
    np.testing.assert_array_equal(given["frequencies"], frequencies)
    # an order is a permutation of a digit's pixels: the same values, elsewhere
    images = {tuple(np.sort(row)) for row in class_times.classification("digits").inputs}
    assert all(tuple(np.sort(row)) in images for row in inputs[0])


def test_a_run_lowers_the_loss_and_sign_descent_takes_its_own_rate():
    _, state = class_times.prepare(SMALL, [0, 1])
    slow, fast = (
        class_times.measure({**SMALL, "optimiser": "sign", "sign_rate": rate}, state)["final_loss"]
        for rate in (1e-4, 1e-2)
    )
    assert np.all(fast < slow)
    assert np.all(slow < np.log(40) + 1)
