"""Collapse of the empirical score: the weights by plain Gaussians, the theory by direct sampling and by its limits."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.diffusion_models import empirical_score, theory
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("test-collapse-time", "explore", range(3))
CONDITION = {"dimension": 5, "rank": 5, "points": 40, "probes": 30}


def plain_concentration(seed, time, condition):
    """Y from densities of x under every point, in the coordinates that `prepare` draws."""
    rng = np.random.default_rng(int(seed))
    data = rng.standard_normal((condition["points"], condition["rank"]))
    starts = rng.integers(condition["points"], size=condition["probes"])
    noise = rng.standard_normal((condition["probes"], condition["rank"]))
    variance = 1 - np.exp(-2 * time)
    x = np.exp(-time) * data[starts] + np.sqrt(variance) * noise
    distance = np.sum((x[:, None] - np.exp(-time) * data) ** 2, axis=2)
    weight = np.exp(-distance / (2 * variance))
    weight /= weight.sum(axis=1, keepdims=True)
    return np.mean(np.sum(weight**2, axis=1))


@pytest.mark.parametrize("time", [0.05, 0.4, 1.5])
def test_concentration_by_plain_gaussian_densities(time):
    _, state = empirical_score.prepare(CONDITION, SEEDS)
    for seed, trial in zip(SEEDS, state):
        assert empirical_score.concentration(trial, time) == pytest.approx(plain_concentration(seed, time, CONDITION))


def test_crossing_is_where_the_concentration_is_a_half():
    _, state = empirical_score.prepare(CONDITION, SEEDS)
    times = empirical_score.measure(CONDITION, state)["collapse_time"]
    for trial, time in zip(state, times):
        assert empirical_score.concentration(trial, time) == pytest.approx(0.5, abs=1e-3)


def test_nearest_distance_by_brute_force():
    given, _ = empirical_score.prepare(CONDITION | {"probes": 4000}, SEEDS[:1])
    data = np.random.default_rng(int(SEEDS[0])).standard_normal((40, 5))
    distance = np.sum((data[:, None] - data) ** 2, axis=2) + np.diag(np.full(40, np.inf))
    assert given["nearest_squared_distance"][0] == pytest.approx(distance.min(axis=1).mean(), rel=0.05)


def test_information_at_the_collapse_time_is_ln_n():
    time = theory.collapse_time({"points": 700, "dimension": 24}, {})
    x_variance, noise_variance = 1.0, 1 - np.exp(-2 * time)
    assert 12 * np.log(x_variance / noise_variance) == pytest.approx(np.log(700))
    by_rank = theory.collapse_time_of_rank({"points": 700, "dimension": 99, "rank": 24}, {})
    assert by_rank == pytest.approx(time)


@pytest.mark.parametrize(("time", "points", "dimension"), [(0.05, 50, 3), (0.3, 20, 6), (1.2, 5, 12)])
def test_expected_concentration_by_sampling(time, points, dimension):
    rng, draws = np.random.default_rng(points), 20_000
    data = rng.standard_normal((draws, points, dimension))
    variance = 1 - np.exp(-2 * time)
    x = np.exp(-time) * data[:, 0] + np.sqrt(variance) * rng.standard_normal((draws, dimension))
    log_weight = -np.sum((x[:, None] - np.exp(-time) * data) ** 2, axis=2) / (2 * variance)
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    sampled = np.mean(np.sum(weight**2, axis=1) / np.sum(weight, axis=1) ** 2)
    computed = theory.expected_concentration(time, points, dimension)
    assert computed == pytest.approx(sampled, abs=0.008)


def test_expected_concentration_has_its_limits():
    assert theory.expected_concentration(1e-4, 30, 10) == pytest.approx(1, abs=1e-3)
    assert theory.expected_concentration(6.0, 30, 10) == pytest.approx(1 / 30, rel=0.01)


def test_finite_size_time_approaches_the_limit_from_above():
    ratios = []
    for dimension, points in [(10, 12), (20, 148), (40, 22026)]:  # ln n / d = 1/4
        condition = {"dimension": dimension, "points": points}
        ratios.append(theory.finite_collapse_time(condition, {}) / theory.collapse_time(condition, {}))
    assert ratios[0] > ratios[1] > ratios[2] > 1
    assert ratios[2] < 1.08


def test_noise_of_half_the_distance_to_the_nearest_neighbour():
    """At that time sqrt(d (1 - e^{-2t})) is half of e^{-t} r: noise and shrunk distance."""
    time = theory.nearest_neighbour_time({"dimension": 7}, {"nearest_squared_distance": 3.3})
    assert np.sqrt(7 * (1 - np.exp(-2 * time))) == pytest.approx(np.exp(-time) * np.sqrt(3.3) / 2)


@pytest.mark.parametrize(("points", "dimension"), [(20, 6), (3, 1)])
def test_finite_time_is_where_sampled_weights_concentrate_by_half(points, dimension):
    time = theory.finite_collapse_time({"points": points, "dimension": dimension}, {})
    rng = np.random.default_rng(0)
    data = rng.standard_normal((20_000, points, dimension))
    variance = 1 - np.exp(-2 * time)
    x = np.exp(-time) * data[:, 0] + np.sqrt(variance) * rng.standard_normal((20_000, dimension))
    log_weight = -np.sum((x[:, None] - np.exp(-time) * data) ** 2, axis=2) / (2 * variance)
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    weight /= weight.sum(axis=1, keepdims=True)
    assert np.mean(np.sum(weight**2, axis=1)) == pytest.approx(0.5, abs=0.01)


def test_fewer_than_two_points_are_refused():
    with pytest.raises(ValueError, match="points is 1"):
        theory.collapse_time({"points": 1, "dimension": 3}, {})
    with pytest.raises(ValueError, match="points is 2"):
        theory.finite_collapse_time({"points": 2, "dimension": 3}, {})


@pytest.mark.parametrize(("points", "dimension"), [(3, 1), (1000, 1), (10**6, 60)])
def test_times_over_the_whole_domain(points, dimension):
    """The information at the limit is ln n everywhere; at the finite time the weights have the mean square 1/2."""
    condition = {"points": points, "dimension": dimension}
    limit = theory.collapse_time(condition, {})
    assert -dimension / 2 * np.log(-np.expm1(-2 * limit)) == pytest.approx(np.log(points), rel=1e-6)
    found = theory.finite_collapse_time(condition, {})
    assert theory.expected_concentration(found, points, dimension) == pytest.approx(0.5, abs=1e-3)
