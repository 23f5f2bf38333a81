"""Power before running: against enumeration, against the judge on simulated trials, and by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from runners.rule.intervals import Deterministic, Share, TypicalTrial
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples
from runners.rule.power import (
    CAUGHT,
    MOST_INSIDE,
    chance_of_skewness,
    chances,
    deciding,
    detectable,
    detectable_share,
    power,
)
from runners.rule.verdicts import Status, judge_condition

REGION = (-1.0, 1.0)


@pytest.mark.parametrize("share", [None, 0.3])
@pytest.mark.parametrize("outside", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("conditions", [1, 2])
def test_chances_are_those_of_listing_every_sequence(share, outside, conditions):
    looks = (6, 9, 12)
    agree, disagree = deciding(share, looks=3, conditions=conditions)
    expected = np.zeros(3)
    for sequence in product((0, 1), repeat=looks[-1]):
        weight = np.prod([outside if trial else 1 - outside for trial in sequence])
        for look in looks:
            if agree(sum(sequence[:look]), look):
                expected[0] += weight
                break
            if disagree(sum(sequence[:look]), look):
                expected[1] += weight
                break
        expected[2] += weight * look
    assert chances(looks, outside, agree, disagree) == pytest.approx(tuple(expected))


@pytest.mark.parametrize("share", [None, 0.8])
@pytest.mark.parametrize("looks", [1, 2])
def test_decisions_are_the_judges(share, looks):
    """Trials on one side of the region only, as power assumes."""
    region, n = (-1.0, 1.0), 20
    agree, disagree = deciding(share, looks=looks, conditions=3)

    source = TypicalTrial(region) if share is None else Share(region, share)
    for outside in range(n + 1):
        values = np.array([5.0] * outside + [0.0] * (n - outside))
        status = judge_condition(values, np.ones(n, bool), source, looks=(n,) * looks, conditions=3).status
        assert (status is Status.AGREES) == agree(outside, n)
        assert (status is Status.DISAGREES) == (disagree(outside, n) and not agree(outside, n))


def test_eight_trials_must_all_be_outside():
    """2 * 9 / 2^8 > 0.05: seven of eight do not suffice, so the share is the eighth root of the chance."""
    agree, disagree = deciding(None, looks=1, conditions=1)
    assert detectable_share((8,), agree, disagree) == pytest.approx(CAUGHT ** (1 / 8), abs=1e-5)
    assert detectable_share((8,), *deciding(None, looks=1, conditions=7)) is None  # 2 / 2^8 > 0.05 / 7


def test_sixteen_trials_of_a_share_must_all_agree():
    """0.8^16 = 0.028, 0.8^16 + 16 0.8^15 0.2 = 0.14."""
    agree, disagree = deciding(0.8, looks=1, conditions=1)
    assert chances((16,), 1 - MOST_INSIDE, agree, disagree)[0] == pytest.approx(MOST_INSIDE**16)


@pytest.mark.parametrize("conditions", [1, 5])
def test_a_mean_is_caught_as_often_as_said(conditions):
    """Normal trials whose skewness is what is allowed for."""
    allowed, source = 0.3, Mean((-1.0, 1.0))
    distance = detectable(source, (32,), conditions=conditions, skewness=allowed)
    values = 1 + distance + np.random.default_rng(0).standard_normal((20_000, 32))
    skewness = -stats.skew(values, axis=1, bias=False)  # towards the edge, which lies below
    values = values[np.abs(skewness - allowed) < 0.02]
    caught = source.chances(values, np.ones(values.shape, bool))[1] <= 0.05 / conditions
    assert len(caught) > 500
    assert stats.binomtest(int(np.sum(caught)), len(caught), CAUGHT).pvalue > 0.001


@pytest.mark.parametrize("n", [8, 16, 64])
def test_chances_of_a_skewness_are_scipys(n):
    """D'Agostino's test of a skewness, two-sided."""
    values = np.random.default_rng(n).standard_exponential(n)
    expected = 1 - stats.skewtest(values).pvalue
    assert chance_of_skewness(stats.skew(values, bias=False), n) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("n", [16, 64])
def test_normal_trials_are_as_skewed_as_said(n):
    skewness = stats.skew(np.random.default_rng(1).standard_normal((20_000, n)), axis=1, bias=False)
    for most in (0.3, 0.8, 1.2):
        assert chance_of_skewness(most, n) == pytest.approx(np.mean(np.abs(skewness) <= most), abs=0.012)
    assert chance_of_skewness(-0.1, n) == 0.0


def test_a_mean_of_few_trials_is_seldom_too_skewed():
    """|skewness| <= 2: fewer than three of a thousand samples of sixteen lie beyond."""
    few, more = power(Mean(REGION), (16,), 6), power(Mean(REGION), (32,), 6)
    assert 0.98 < few.supported < 0.999 < more.supported
    assert "if noise is normal and small" in few.sentence
    assert 0 < more.caught_deviations < few.caught_deviations < 4


def test_many_conditions_make_support_unlikely():
    one, many = (power(TypicalTrial(REGION), (8,), k) for k in (1, 16))
    assert many.supported == pytest.approx(one.supported**16)
    assert many.caught_share is None
    assert "can catch no deviation" in many.sentence


def test_resamples_are_caught_beyond_students_t():
    """Six times one-sided: t with 39 degrees of freedom at 0.05 / 6, shifted by BCa for 1.5 standard errors of a
    skewness, and the normal quantile of the chance."""
    found = power(Resamples(REGION, 40), (400,), 1)
    t, shift = stats.t.isf(0.05 / 6, 39) * np.sqrt(40 / 39), 1.5 * np.sqrt(6) / 40 / 6
    expected = shift + (np.exp(2 * shift * (shift + t)) - 1) / (2 * shift) + stats.norm.ppf(CAUGHT)
    assert found.caught_deviations == pytest.approx(expected)
    assert "standard errors" in found.sentence


def test_a_deterministic_number_shows_any_deviation():
    found = power(Deterministic(REGION, 0.1), (1,), 1)
    assert "twice its numerical error" in found.sentence


def test_a_share_is_caught_by_its_own_test():
    """At least 0.8 of 20 trials: 12 inside disagree (P(X <= 12) = 0.032), 13 do not (0.087)."""
    found = power(Share(REGION, 0.8), (20,), 1)
    caught = stats.binom.sf(7, 20, found.caught_share)  # at least eight outside
    assert caught == pytest.approx(CAUGHT, abs=1e-5)
    assert (
        found.caught_deviations
        == detectable(Share(REGION, 0.8), (20,))
        == pytest.approx(stats.norm.ppf(found.caught_share))
    )
    assert found.supported == pytest.approx(MOST_INSIDE**20)  # 19 of 20 inside: P = 0.069; all: 0.0115
    assert found.conditions == 1


def test_a_mean_allows_for_one_standard_error_of_skewness():
    source = Mean(REGION)
    found = power(source, (16, 32), 3)
    assert found.caught_deviations == detectable(source, (16, 32), conditions=3, skewness=np.sqrt(6 / 32))
    assert detectable(source, (16, 32), conditions=3) < found.caught_deviations
    # the error is split over looks and conditions, and a mean may lie beyond either edge
    needed = source.needed_t(0.05 / 2 / 3 / 2, 32, 0.0)
    beyond = detectable(source, (16, 32), conditions=3)
    assert stats.nct.sf(needed, 31, beyond * np.sqrt(32)) == pytest.approx(CAUGHT, abs=1e-5)


def test_the_error_may_be_split_over_more_looks_than_there_are_trials_for():
    for source in (Mean(REGION), TypicalTrial(REGION), Resamples(REGION, 20)):
        assert detectable(source, (32,), split=3) > detectable(source, (32,)) == detectable(source, (32,), split=1)


def test_a_number_is_caught_beyond_twice_its_error():
    assert detectable(Deterministic(REGION, 0.1), (1,)) == 2.0
