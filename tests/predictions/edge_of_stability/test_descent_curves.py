"""What is read off curves, by hand."""

from __future__ import annotations

import numpy as np

from predictions.edge_of_stability.descent import Curves, batch_observables, drift, observables, share_of_rises


def test_late_half_by_hand():
    losses = np.array([[9.0, 8, 1, 2, 1, 2], [9, 8, 4, 3, 2, 1], [9, 8, 1, 1 + 1e-7, 1, 1 + 1e-7]])
    sharpness, along = np.array([[1.0, 5, 6], [1, 2, 3], [1, 2, 4]]), np.array([[1.0, 0, 2], [3, 4, 5], [0, 0, 0]])
    curves = Curves(losses, sharpness, sharpness / 2, along)
    observed = observables(curves)
    np.testing.assert_array_equal(observed["rising_steps"], [0.5, 0, 0])
    np.testing.assert_array_equal(observed["late_sharpness"], [5.5, 2.5, 3])
    np.testing.assert_array_equal(observed["late_midway"], [2.75, 1.25, 1.5])
    np.testing.assert_array_equal(batch_observables(curves)["late_batch_sharpness"], [1, 4.5, 0])
    np.testing.assert_array_equal(observed["final_loss"], losses[:, -1])
    np.testing.assert_array_equal(observed["loss"], losses[:, ::2])


def test_crest_and_end_by_hand():
    """Thirty records, so that a tenth is three: a single spike is no crest."""
    curve = np.array([[1.0] * 10 + [9, 1, 4, 5, 6, 5, 4] + [3.0] * 8 + [4, 5, 2, 1, 2]])
    losses = np.array([[*[1.0, 2, 1, 0, 3] * 6]])
    observed = observables(Curves(losses, curve, curve, curve))
    assert observed["crest_sharpness"] == [5]  # of 5, 6, 5
    assert observed["end_sharpness"] == [2]
    assert observed["end_over_crest"] == [0.4]
    assert observed["end_drift"] == [2 / 4]  # of 3, 4, 5
    assert observed["all_rising_steps"] == [12 / 29]


def test_late_drift_is_that_midway_from_one_quarter_to_the_next():
    curve, other = np.array([[9.0, 9, 1, 3, 4, 4, 5, 6]]), np.array([[9.0, 9, 1, 3, 2, 8, 5, 8]])
    curves = Curves(other, other, curve, other)
    assert observables(curves)["late_drift"] == [5.5 / 4]
    assert batch_observables(curves)["late_batch_drift"] == [6.5 / 5]


def test_a_drift_of_a_run_too_short_for_one_is_undefined():
    assert np.isnan(drift(np.ones((2, 3)), 3)).all()


def test_a_diverged_run_has_no_share_of_rises():
    losses = np.array([[1.0, 2, 3], [1, np.inf, np.nan]])
    np.testing.assert_array_equal(share_of_rises(losses), [1, np.nan])
