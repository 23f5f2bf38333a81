"""Means: the transformation of t, the skewness that counts against every decision, and what decides nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from runners.rule.means import MOST, SHOWN, UNSEEN, Mean, moments
from runners.rule.verdicts import Status, judge_condition, judge_conditions

REGION = (0.9, 1.1)
BELOW = (-np.inf, 0.0)
WORLDS = 4000


def mean(values, region=REGION, alpha=0.05):
    return Mean(region).evidence(np.asarray(values), alpha)


def everything(values):
    return np.ones(np.shape(values), dtype=bool)


def test_moments_are_scipys():
    values = np.random.default_rng(0).standard_exponential((5, 16))
    centre, error, skewness = moments(values)
    assert centre == pytest.approx(values.mean(axis=1))
    assert error == pytest.approx(stats.sem(values, axis=1))
    assert skewness == pytest.approx(stats.skew(values, axis=1, bias=False))


@pytest.mark.parametrize("n", [2, 3])
def test_moments_of_very_few_trials_are_scipys(n):
    values = np.array([1.0, 4.0, 5.0])[:n]
    centre, error, skewness = moments(values)
    assert (centre, error) == pytest.approx((values.mean(), stats.sem(values)))
    assert skewness == pytest.approx(stats.skew(values, bias=False) if n > 2 else 0.0)


def test_worlds_of_other_sizes_do_not_mix():
    """What is rounding beside large numbers is not beside small ones; equal trials have no skewness."""
    small = np.random.default_rng(1).standard_exponential(16)
    _, error, skewness = moments(np.stack([1e-12 * small, 1e6 * small, np.full(16, 1e6)]))
    assert error == pytest.approx([1e-12 * stats.sem(small), 1e6 * stats.sem(small), 0.0])
    assert skewness == pytest.approx([stats.skew(small, bias=False)] * 2 + [0.0])


def test_no_chance_is_above_one():
    values = np.random.default_rng(2).standard_normal((200, 16)) + np.linspace(-3, 3, 200)[:, None]
    for chances in Mean((-1.0, 1.0)).chances(values, everything(values)):
        assert 0.9 < np.max(chances) <= 1.0


@pytest.mark.parametrize("tail", [1.0, -1.0])
@pytest.mark.parametrize("n", [16, 40])
def test_p_values_are_students_of_the_transformed_t(tail, n):
    """The mean lies below an edge at 0; of trials that are skewed downwards, nothing beyond the edge is unseen."""
    values = 0.1 * tail * np.random.default_rng(n).standard_gamma(4, n) - 0.5
    t = -values.mean() / stats.sem(values)
    g = (SHOWN * max(0.0, stats.skew(values, bias=False)) + UNSEEN) / np.sqrt(n)
    within = optimize.brentq(lambda x: (np.exp(2 / 3 * g * (x + g / 6)) - 1) / (2 / 3 * g) - t, 0, t)
    assert mean(values, BELOW).p_agree == pytest.approx(2 * stats.t.sf(within, n - 1))
    assert mean(values, (0.0, np.inf)).p_disagree == pytest.approx(4 * stats.t.sf(within, n - 1))
    assert mean(-values, (-np.inf, 0.0)).p_disagree == pytest.approx(4 * stats.t.sf(within, n - 1))


@pytest.mark.parametrize("skewness", [0.0, 1.0])
def test_the_transformation_is_halls_to_second_order(skewness):
    """t + g t^2 / 3 + g / 6 (Hall 1992, section 3.9.4), up to terms in g^2, for many trials."""
    n, alpha = 10**7, 0.01
    g = (SHOWN * skewness + UNSEEN) / np.sqrt(n)
    t = stats.norm.isf(alpha / 2)
    assert Mean(REGION).needed_t(alpha, n, skewness) == pytest.approx(t + g * (t**2 / 3 + 1 / 6), abs=20 * g**2)
    assert 20 * g**2 < g / 10


@pytest.mark.parametrize("n", [16, 32])
def test_agreement_is_an_interval_inside_the_region(n):
    generator, alpha = np.random.default_rng(n), 0.05 / 2
    for skewed in (False, True):
        for _ in range(200):
            noise = generator.standard_exponential(n) - 1 if skewed else generator.standard_normal(n)
            evidence = mean(1.0 + 0.15 * noise, alpha=alpha)
            low, high = evidence.interval
            assert (evidence.p_agree <= alpha) == (REGION[0] <= low and high <= REGION[1])


def test_limits_reach_farther_to_the_side_of_the_tail():
    values = 1 + 0.1 * np.random.default_rng(2).standard_exponential(32)
    evidence = mean(values)
    low, high = (abs(limit - evidence.point) / stats.sem(values) for limit in evidence.interval)
    assert 2 < low < high
    mirrored = mean(2 - values)
    assert mirrored.interval == pytest.approx((2 - evidence.interval[1], 2 - evidence.interval[0]))


@pytest.mark.parametrize("n", [16, 64])
@pytest.mark.parametrize("beyond", [False, True])
def test_beyond_a_skewness_no_distance_suffices(beyond, n):
    """Two values, so many of each that the skewness lies on either side of the largest that is judged."""
    high = next(
        count
        for count in range(1, n)
        if stats.skew([1.0] * count + [0.0] * (n - count), bias=False) <= MOST * np.sqrt(n)
    )
    values = np.array([1.0] * (high - beyond) + [0.0] * (n - high + beyond))
    evidence = mean(values, (-1e9, 1e9))
    assert (evidence.p_agree == 1.0) == (evidence.interval == (-np.inf, np.inf)) == beyond
    assert (mean(values, (1e9, 2e9)).p_disagree == 1.0) == beyond


def test_too_skewed_is_undecided_with_the_reason():
    """One trial in 16 far above: skewness 4 is the most that 16 numbers have."""
    values = np.array([1.0, 1.001] * 7 + [1.0, 1.05])
    verdict = judge_condition(values, everything(values), Mean(REGION), looks=(16,))
    assert verdict.status is Status.UNDECIDED
    assert verdict.reason == "too skewed for a mean: skewness +4 of 16 trials; the last look is spent"
    assert verdict.evidence.interval == (-np.inf, np.inf)


@pytest.mark.parametrize("value", [1.0, 2.0])
def test_equal_trials_decide_nothing(value):
    values = value + np.array([0.0, 2e-16] * 8)
    evidence = mean(values)
    assert (evidence.p_agree, evidence.p_disagree, evidence.interval) == (1.0, 1.0, (-np.inf, np.inf))
    verdict = judge_condition(values, everything(values), Mean(REGION), looks=(16,))
    assert verdict.reason.startswith("too alike for a mean")


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_mean_of_trials_that_are_not_all_known_decides_nothing(odd):
    values = np.append(np.linspace(0.99, 1.01, 19), odd)
    admitted = np.isfinite(values)
    for evidence in (Mean(REGION).evidence(values, 0.05), Mean(REGION).evidence(values, 0.05, admitted)):
        assert (evidence.p_agree, evidence.p_disagree, evidence.interval) == (1.0, 1.0, (-np.inf, np.inf))
    verdict = judge_condition(values, admitted, Mean(REGION), looks=(20,))
    assert verdict.reason.startswith("a mean is not known")


def test_an_open_side_asks_nothing():
    values = np.random.default_rng(4).standard_exponential(16) + 5
    closed, open_ = mean(values, (0.0, 100.0)), mean(values, (0.0, np.inf))
    assert open_.p_agree <= closed.p_agree
    assert mean(values, (-np.inf, np.inf)).p_agree == 0.0


# --- error rates ----------------------------------------------------------------------------------------------------


def heavy(name: str, generator, shape):
    """Draws with expectation 0."""
    if name == "log-normal, sigma 2":
        return np.exp(2 * generator.standard_normal(shape)) - np.exp(2.0)
    if name == "Pareto 2.2":
        return (1 - generator.random(shape)) ** (-1 / 2.2) - 2.2 / 1.2
    return (generator.random(shape) < 0.01) * 100.0 - 1.0 + generator.standard_normal(shape)


def most(rate: float) -> float:
    """Three standard errors above a rate."""
    return rate + 3 * np.sqrt(rate * (1 - rate) / WORLDS)


@pytest.mark.parametrize("name", ["log-normal, sigma 2", "Pareto 2.2", "one event in a hundred"])
def test_heavy_tails_are_not_taken_for_a_small_mean(name):
    """The mean lies on the upper edge: Student's t agrees, or disagrees at a sixth of the error, too often."""
    generator, looks = np.random.default_rng(5), (16, 32)
    noise = np.concatenate([heavy(name, generator, (500, 32, 32)).mean(axis=-1) for _ in range(WORLDS // 500)])
    judged = judge_conditions(noise, everything(noise), Mean((-1e6, 0.0)), looks=looks).status
    refuted = judge_conditions(noise, everything(noise), Mean((0.0, 1e6)), looks=looks, conditions=6).status
    assert np.mean(judged == Status.AGREES.code) <= most(0.05)
    assert np.mean(refuted == Status.DISAGREES.code) <= most(0.05 / 6)
    with np.errstate(invalid="ignore", divide="ignore"):
        plain = stats.ttest_1samp(noise[:, :16], 0.0, axis=1, alternative="less").pvalue
    assert np.mean(2 * plain <= 0.05) > most(0.05)


def test_moderate_skewness_is_no_doubt():
    values = 1 + 0.01 * np.arange(16.0) ** 2 / 16
    assert 0.5 < stats.skew(values, bias=False) < 2
    assert Mean(REGION).doubt(values, 0) is None
