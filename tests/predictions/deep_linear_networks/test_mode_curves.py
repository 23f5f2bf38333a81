"""Half-times, shares of the way and rank correlations against cases by hand and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau

from predictions.deep_linear_networks.mode_curves import half_times, kendall_tau, share_of_way


def test_half_times_interpolate_and_know_the_ends():
    times = np.array([0.0, 1.0, 2.0, 3.0])
    progress = np.array(
        [
            [0.0, 0.4, 0.8, 1.0],  # a quarter of the way from time 1 to time 2
            [0.7, 0.8, 0.9, 1.0],  # starts above
            [0.0, 0.1, 0.2, 0.3],  # never
            [0.0, 0.6, 0.2, 1.0],  # only the first crossing counts
            [0.0, np.nan, np.nan, np.nan],  # diverged
        ]
    )
    np.testing.assert_allclose(half_times(progress, times), [1.25, 0.0, np.inf, 5 / 6, np.inf])


def test_share_of_way_is_measured_from_the_start_and_blind_to_its_sign():
    np.testing.assert_allclose(share_of_way(np.array([[1.0, 2.0, 5.0], [3.0, 1.0, -1.0]])), [[0, 0.25, 1], [0, 0.5, 1]])


@pytest.mark.parametrize("seed", range(5))
def test_kendall_tau_is_scipys_where_nothing_ties(seed):
    first, second = np.random.default_rng(seed).standard_normal((2, 7))
    assert kendall_tau(first, second) == pytest.approx(kendalltau(first, second).statistic)


def test_kendall_tau_counts_ties_as_neither_and_keeps_undefined_times():
    ranks = np.array([3.0, 2.0, 1.0])
    assert kendall_tau(ranks, np.array([5.0, 5.0, 5.0])) == 0
    assert kendall_tau(ranks, np.array([1.0, 1.0, 0.0])) == pytest.approx(2 / 3)
    assert kendall_tau(ranks, np.array([0.0, -1.0, -np.inf])) == 1
    assert np.isnan(kendall_tau(ranks, np.array([0.0, np.nan, 1.0])))
