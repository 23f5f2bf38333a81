"""Published and planted runs, and resampling by clusters of compute."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.scaling_laws.language_model_runs import (
    BUDGETS,
    NOISE,
    Runs,
    curve_of,
    designed_runs,
    planted_runs,
    published_runs,
    resample,
    shuffled_runs,
)
from predictions.scaling_laws.parametric_fit import log_loss

LAW = np.array([1.8, 420.0, 0.34, 1900.0, 0.36])


def test_tokens_are_compute_over_six_times_size():
    chinchilla = Runs(np.array([7e10]), np.array([5.88e23]), np.array([1.9]), np.array([-1]))
    assert chinchilla.tokens[0] == pytest.approx(1.4e12)


def test_curves_take_runs_a_little_short_of_the_budget():
    compute = np.array([0.9e20, 1.04e20, 1.06e20, 0.82e20, 2.9e21, 1.3e22])
    assert curve_of(compute).tolist() == [4, 4, -1, -1, 8, -1]


def test_a_resample_takes_whole_clusters_and_keeps_their_number(exact_runs):
    curve = curve_of(exact_runs.compute)
    for seed in range(20):
        draws = resample(exact_runs, np.random.default_rng(seed))
        per_curve = [set(draws[curve == k]) for k in range(len(BUDGETS))]
        assert all(len(times) == 1 for times in per_curve)
        assert sum(times.pop() for times in per_curve) == len(BUDGETS)


def test_a_resample_draws_each_cluster_once_on_average(exact_runs):
    draws = np.mean([resample(exact_runs, np.random.default_rng(seed)) for seed in range(2000)], axis=0)
    np.testing.assert_allclose(draws, 1, atol=0.12)  # a count's standard deviation is 1: five standard errors


def test_designed_curves_are_told_apart_however_close():
    runs = designed_runs(np.geomspace(1e19, 2e19, 12))  # 6% from curve to curve
    assert np.bincount(runs.curve).tolist() == [20] * 12
    for k in range(12):
        assert runs.compute[runs.curve == k] == pytest.approx(1e19 * 2 ** (k / 11))
        assert np.exp(np.log(runs.size[runs.curve == k]).mean()) == pytest.approx(10**8.5 * 2 ** (k / 22))
    draws = resample(runs, np.random.default_rng(0))
    per_curve = [set(draws[runs.curve == k]) for k in range(12)]
    assert sum(times.pop() for times in per_curve) == 12
    assert not any(per_curve)  # the curves were drawn whole


def test_both_sides_of_a_split_keep_their_curves(exact_runs):
    curve = curve_of(exact_runs.compute)
    first = [np.flatnonzero(curve == k)[0] for k in range(len(BUDGETS))]
    for seed in range(20):
        times = resample(exact_runs, np.random.default_rng(seed), split=8e20)[first]
        assert times[:7].sum() == 7
        assert times[7:].sum() == 2


def test_planted_losses_scatter_about_their_surface():
    runs = designed_runs(BUDGETS)
    planted = [planted_runs(runs, LAW, np.random.default_rng(seed)).loss for seed in range(50)]
    residuals = np.log(planted) - log_loss(LAW, runs.size, runs.tokens)
    assert residuals.std() == pytest.approx(NOISE, rel=0.03)
    assert abs(residuals.mean()) < 4 * NOISE / np.sqrt(residuals.size)


def test_shuffling_moves_sizes_alone():
    runs = planted_runs(designed_runs(BUDGETS), LAW, np.random.default_rng(0))
    shuffled = shuffled_runs(runs, np.random.default_rng(1))
    assert (shuffled.loss == runs.loss).all()
    assert (np.sort(shuffled.size) == np.sort(runs.size)).all()
    assert abs(np.corrcoef(np.log(shuffled.size), np.log(runs.size))[0, 1]) < 0.3


def test_the_published_points_lose_their_five_highest_losses(real_points):
    kept, dropped = published_runs(outliers="kept"), published_runs()
    assert len(kept.loss) == 245
    assert len(dropped.loss) == 240
    assert dropped.loss.max() < np.sort(kept.loss)[-5]


def test_the_published_points_lie_on_all_nine_curves(real_points):
    on_curve = np.bincount(curve_of(published_runs().compute) + 1)[1:]
    assert len(on_curve) == len(BUDGETS)
    assert on_curve.min() >= 8
