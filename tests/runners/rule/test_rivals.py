"""Rivals refuted by all conditions of a trial: thresholds, what counts, and that no dependence makes it err."""

from __future__ import annotations

from itertools import product
from math import comb, log

import numpy as np
import pytest
from scipy import stats

from runners.rule.draw_outcomes import Draw
from runners.rule.means import Mean
from runners.rule.rivals import balls_apart, claim_sides, discordant, p_of_means, shares_beyond, trials_to_refute


@pytest.mark.parametrize(("against", "trials"), [(0, 7), (1, 11), (2, 14), (3, 17), (4, 20)])
def test_trials_that_refute_where_conditions_agree(against, trials):
    """7 of 7, 10 of 11, 12 of 14, 14 of 17, 16 of 20: by the integral as a sum of beta functions."""

    def wealth(ups: int, downs: int) -> float:  # int_0^1 (1 + x)^ups (1 - x)^downs dx, by 1 + x = 2 - (1 - x)
        return sum(comb(ups, i) * 2 ** (ups - i) * (-1) ** i / (i + downs + 1) for i in range(ups + 1))

    assert wealth(trials - against, against) >= 20 > wealth(trials - against - 1, against)
    assert trials_to_refute(np.array([0.0] * against + [1.0] * (trials - against))) == trials
    assert trials_to_refute(np.array([0.0] * against + [1.0] * (trials - against - 1))) == 0


def test_it_stays_refuted():
    """As the bet may be looked at after every trial, later ones cannot take it back."""
    assert trials_to_refute(np.array([1.0] * 7 + [0.0] * 20)) == 7
    assert trials_to_refute(np.empty((3, 0))).tolist() == [0, 0, 0]


def test_a_true_rival_is_refuted_with_chance_five_percent_at_most():
    """All 2^16 outcomes of sixteen trials whose conditions all agree: the worst dependence."""
    outcomes = np.array(list(product([0.0, 1.0], repeat=16)))
    assert 0.005 < np.mean(trials_to_refute(outcomes) > 0) <= 0.05


def test_conditions_are_not_independent_signs():
    """Four trials of which all five conditions say the same: twenty signs at p = 1e-6, and no evidence to speak of."""
    assert stats.binom.sf(19, 20, 0.5) < 1e-5
    assert trials_to_refute(np.ones(4)) == 0


def test_half_of_the_conditions_beyond_is_no_evidence():
    assert trials_to_refute(np.full(400, 0.5)) == 0
    assert 0 < trials_to_refute(np.full(400, 0.75)) < 40


def test_conditions_count_where_regions_are_apart_on_one_side():
    claim = np.array([[[2.0, 3.0]] * 2, [[2.0, 3.0]] * 2, [[0.0, 1.0]] * 2, [[2.0, 3.0], [0.0, 0.5]]])
    rival = np.array([[[0.0, 1.9]] * 2, [[0.0, 2.0]] * 2, [[1.5, 2.0]] * 2, [[1.0, 1.5]] * 2])
    assert claim_sides(claim, rival).tolist() == [1, 0, -1, 0]  # apart, touching, apart below, on either side


def test_arrays_are_apart_if_none_is_near_both():
    claim = np.tile([1.0, 0, 0, 0], (3, 2, 1))
    rival = np.tile(np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [1.15, 0, 0, 0]])[:, None], (1, 2, 1))
    assert balls_apart(claim, rival, 0.1).tolist() == [False, True, False]
    middle = np.array([1.0, 1, 0, 0]) / 2  # within sqrt(1/2) of both
    assert np.linalg.norm(middle - claim[1, 0]) == pytest.approx(0.7071, abs=1e-4)
    assert balls_apart(claim, rival, 0.70)[1]
    assert not balls_apart(claim, rival, 0.71)[1]


def test_shares_beyond_count_on_the_claims_side_only():
    regions = np.tile([1.0, 2.0], (3, 5, 1))
    values = np.array([[0.5, 1.5, 2.5, np.nan, 2.5], [0.5, 1.5, 2.5, np.nan, 0.5], [9.0, 9.0, 9.0, 9.0, 9.0]])
    known = np.ones((3, 5), dtype=bool)
    known[0, 4] = False  # a trial that is missing lies beyond nothing
    sides = np.array([1, -1, 0])  # the third condition does not count
    assert shares_beyond(values, regions, sides, known).tolist() == [0.5, 0.0, 0.5, 0.5, 0.5]
    assert shares_beyond(values, regions, np.zeros(3, dtype=int), known).tolist() == [0.0] * 5


def test_many_worlds_at_once():
    generator = np.random.default_rng(0)
    values, known = generator.normal(0.4, 1, (50, 3, 30)), generator.random((50, 3, 30)) < 0.9
    regions, sides = np.tile([-1.0, 0.0], (3, 30, 1)), np.array([1, 1, 0])
    shares = shares_beyond(values, regions, sides, known)
    for world in range(50):
        alone = shares_beyond(values[world], regions, sides, known[world])
        assert alone.tolist() == shares[world].tolist()
        assert trials_to_refute(alone) == trials_to_refute(shares)[world]


def test_means_of_one_condition_are_judged_as_a_claims():
    """Student's t, with the allowance for skewness."""
    values = np.random.default_rng(1).normal(0.5, 1.0, (1, 16))
    found = p_of_means(values, np.zeros((1, 16)), np.array([1]), np.ones((1, 16), dtype=bool))
    assert found == pytest.approx(Mean((0.0, np.inf)).evidence(values[0], 0.05).p_agree)
    assert found > 2 * stats.ttest_1samp(values[0], 0.0, alternative="greater").pvalue
    below = p_of_means(-values, np.zeros((1, 16)), np.array([-1]), np.ones((1, 16), dtype=bool))
    assert below == pytest.approx(found)


def test_means_of_conditions_that_agree_are_no_more_than_one():
    """The same numbers in four conditions, in other units: the p-value of one of them."""
    one = np.random.default_rng(2).normal(0.5, 1.0, 16)
    values = one * np.array([[1.0], [10.0], [0.1], [1.0]])
    sides, known = np.ones(4, dtype=int), np.ones((4, 16), dtype=bool)
    alone = p_of_means(one[None], np.zeros((1, 16)), sides[:1], known[:1])
    assert p_of_means(values, np.zeros((4, 16)), sides, known) == pytest.approx(alone)


def test_means_show_nothing_with_a_missing_or_infinite_trial():
    values, edges = np.full((2, 16), 5.0) + np.arange(16), np.zeros((2, 16))
    sides, known = np.array([1, 1]), np.ones((2, 16), dtype=bool)
    assert p_of_means(values, edges, sides, known) < 1e-4
    gone = known.copy()
    gone[1, 3] = False
    assert p_of_means(values, edges, sides, gone) == 1
    assert p_of_means(values, edges, np.array([1, 0]), gone) < 1e-4  # missing where it does not count
    infinite = values.copy()
    infinite[0, 0] = np.inf
    assert p_of_means(infinite, edges, sides, known) == 1
    assert p_of_means(values, edges, np.zeros(2, dtype=int), known) == 1


def test_draws_that_hold_for_one_of_the_two():
    """7 to 0, 10 to 1, 12 to 2, 14 to 3; draws on which both agree change nothing."""
    held, failed = Draw.HOLDS, Draw.FAILS
    both, neither, aside = (held, held), (Draw.SPLIT, failed), (Draw.ASIDE, held)
    for won, lost in ((7, 0), (10, 1), (12, 2), (14, 3)):
        for fewer, beaten in ((0, True), (1, False)):
            pairs = [(failed, held)] * lost + [both, neither, aside] * 5 + [(held, Draw.SPLIT)] * (won - fewer)
            claim, rival = np.array(pairs, dtype=int).T
            assert bool(trials_to_refute(discordant(claim, rival))) is beaten, (won, lost)


def test_wealth_of_twenty_is_needed():
    assert log(20) == pytest.approx(2.9957, abs=1e-4)
    assert trials_to_refute(np.ones(8), needed=40) == 8  # (2^9 - 1) / 9 = 56.8, (2^8 - 1) / 8 = 31.9
    assert trials_to_refute(np.ones(7), needed=40) == 0
