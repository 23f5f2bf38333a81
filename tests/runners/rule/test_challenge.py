"""Challenges: thresholds against exact binomial tails, the bound against its closed form, distances by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runners.rule.challenge import MOST, TRIALS, confirmed, how_bad, level, most_of_domain, needed, towards_edge


def test_all_challenges_together_spend_five_percent():
    assert [level(j, 5) for j in (1, 2)] == pytest.approx([0.005, 0.05 / 30])
    assert sum(MOST * level(j, MOST) for j in range(1, 100_000)) == pytest.approx(0.05, abs=1e-6)


@pytest.mark.parametrize(
    ("challenge", "settings", "trials"),
    [(1, 5, 14), (2, 5, 15), (3, 5, 15), (4, 5, 16), (17, 5, 16), (18, 5, None), (1, 1, 13), (1, 2, 14), (18, 4, 16)],
)
def test_trials_that_confirm(challenge, settings, trials):
    assert needed(challenge, settings) == trials
    allowed = 0.05 / (challenge * (challenge + 1)) / settings
    enough = [n for n in range(17) if 2 * stats.binom.sf(n - 1, TRIALS, 0.5) <= allowed]
    assert min(enough, default=None) == trials


def test_trials_beyond_the_same_edge_count():
    def of(below: int, above: int) -> np.ndarray:
        return np.array([-1] * below + [1] * above + [0] * (TRIALS - below - above))

    cases = np.array([of(0, 14), of(14, 0), of(0, 13), of(8, 8), of(2, 14), of(0, 0)])
    assert confirmed(cases, 1, settings=5).tolist() == [True, True, False, False, True, False]
    assert not confirmed(cases, 2, settings=5).any()
    assert confirmed(np.array([of(0, 16)]), 17, settings=5).all()
    assert not confirmed(np.array([of(0, 16)]), 18, settings=5).any()  # not even all of them suffice


def test_the_level_is_that_of_the_settings_written_down():
    """13 of 16 confirm the only candidate, not one of five."""
    thirteen = np.array([[1] * 13 + [0] * 3])
    assert confirmed(thirteen, 1, settings=1).all()
    assert not confirmed(thirteen, 1, settings=5).any()


@pytest.mark.parametrize("drawn", [1, 10, 60, 200])
def test_a_vain_search_bounds_the_share_that_fails(drawn):
    assert most_of_domain(drawn) == pytest.approx(1 - 0.05 ** (1 / drawn))


def test_sixty_settings_bound_it_to_five_percent():
    assert most_of_domain(60) == pytest.approx(0.0487, abs=5e-5)


@pytest.mark.parametrize(("drawn", "failed"), [(60, 1), (60, 7), (10, 9)])
def test_with_failures_the_bound_is_clopper_and_pearsons(drawn, failed):
    exact = stats.binomtest(failed, drawn, alternative="less").proportion_ci(0.95, method="exact").high
    assert most_of_domain(drawn, failed) == pytest.approx(exact)
    assert most_of_domain(5, 5) == 1


def test_ratios_are_far_on_the_logarithmic_scale():
    """Half and twice are equally far; T reaches to a factor of 1.25 on either side."""
    found = towards_edge(np.array([1.0, 1.25, 0.8, 2.0, 0.5, 0.0, np.inf, np.nan, -1.0]), (0.8, 1.25), "ratio")
    factor = np.log(2) / np.log(1.25)
    assert found == pytest.approx([0, 1, 1, factor, factor, np.inf, np.inf, np.inf, np.inf])
    lopsided = towards_edge(np.array([0.9, 1.6, 1.2]), (0.9, 1.6), "ratio")
    assert lopsided == pytest.approx([1, 1, 0], abs=1e-12)  # the middle is sqrt(.9 x 1.6)


def test_differences_are_far_as_they_are():
    found = towards_edge(np.array([-0.5, 0.5, 1.5, 3.5, -np.inf]), (-0.5, 1.5), "difference")
    assert found == pytest.approx([1, 0, 1, 3, np.inf])


def test_a_region_with_one_edge_is_measured_from_perfect_agreement():
    assert towards_edge(np.array([1.0, 1.1, 1.21]), (0.0, 1.1), "ratio") == pytest.approx([0, 1, 2])
    assert towards_edge(np.array([1.0, 0.5, 0.25]), (0.5, np.inf), "ratio") == pytest.approx([0, 1, 2])
    assert towards_edge(np.array([0, 0.2, 0.4, -1]), (-np.inf, 0.2), "difference") == pytest.approx([0, 1, 2, -5])
    assert towards_edge(np.array([0.0, 0.1, 0.3]), (0.0, 0.1), "distance") == pytest.approx([0, 1, 3])
    assert towards_edge(np.array([0.0, 0.1, 0.3]), (-np.inf, 0.1), "distance") == pytest.approx([0, 1, 3])


def test_an_edge_on_perfect_agreement_is_still_the_edge():
    """A bound: measured at most predicted."""
    assert towards_edge(np.array([0.0, -1.0, 2.0]), (-np.inf, 0.0), "difference") == pytest.approx([1, 0, 3])
    assert towards_edge(np.array([1.0, np.e]), (0.0, 1.0), "ratio") == pytest.approx([1, 2])


def test_without_an_edge_nothing_is_far_but_what_is_no_number():
    assert towards_edge(np.array([5.0, np.nan]), (-np.inf, np.inf), "difference").tolist() == [0, np.inf]


@pytest.mark.parametrize(("by", "region"), [("ratio", (0.8, 1.25)), ("difference", (-1, 2)), ("distance", (0, 0.1))])
def test_outside_is_beyond_one(by, region):
    values = np.random.default_rng(0).uniform(0, 3, 1000)
    outside = (values < region[0]) | (values > region[1])
    assert ((towards_edge(values, region, by) > 1) == outside).all()


def test_a_setting_is_as_bad_as_its_median_trial():
    settings = np.array([[0.0, 0.0, 9.0], [np.nan, 0.5, 0.5], [np.nan, np.nan, 0.0], [-2.0, -2.0, 2.0]])
    assert how_bad(settings, (-1.0, 1.0), "difference").tolist() == [0.0, 0.5, np.inf, 2.0]
