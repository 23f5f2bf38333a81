"""Evidence against independent oracles: enumeration of all outcomes, scipy's own tests, simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from runners.rule.intervals import Deterministic, Share, TypicalTrial, in_region, median_interval
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples

REGION = (0.9, 1.1)


def examined(source, known, alpha, missing=0):
    """Evidence of so many known trials and so many that were set aside."""
    values, admitted = np.append(known, np.zeros(missing)), np.arange(len(known) + missing) < len(known)
    return source.evidence(values, alpha, admitted)


def typical_trial(known, region, alpha, missing=0):
    return examined(TypicalTrial(region), known, alpha, missing)


def share_inside(known, region, share, alpha, missing=0):
    return examined(Share(region, share), known, alpha, missing)


def deterministic(value, region, numerical_error):
    return Deterministic(region, numerical_error).evidence([value], 0.05)


def chance_of_at_least(count: int, n: int) -> float:
    """P(at least `count` heads in n fair tosses), by listing all of them."""
    return np.mean([sum(tosses) >= count for tosses in product((0, 1), repeat=n)])


@pytest.mark.parametrize("n", [1, 5, 8])
def test_sign_tests_match_an_enumeration_of_all_sign_patterns(n):
    for below in range(n + 1):
        for above in range(n + 1 - below):
            inside = n - below - above
            values = np.array([0.0] * below + [1.0] * inside + [2.0] * above)
            evidence = typical_trial(values, REGION, 0.05)
            agree = max(chance_of_at_least(inside + above, n), chance_of_at_least(inside + below, n))
            disagree = 2 * min(chance_of_at_least(below, n), chance_of_at_least(above, n))
            assert evidence.p_agree == pytest.approx(agree)
            assert evidence.p_disagree == pytest.approx(min(1.0, disagree))


def test_sign_test_is_scipys():
    values = np.random.default_rng(0).normal(1.0, 0.1, size=31)
    above = int(np.sum(values >= REGION[0]))
    below = int(np.sum(values <= REGION[1]))
    expected = max(
        stats.binomtest(above, 31, 0.5, alternative="greater").pvalue,
        stats.binomtest(below, 31, 0.5, alternative="greater").pvalue,
    )
    assert typical_trial(values, REGION, 0.05).p_agree == pytest.approx(expected)


def test_sign_tests_do_not_depend_on_scale():
    """A monotone map of values and region changes nothing."""
    values = np.exp(np.random.default_rng(1).normal(size=16))
    region = (0.5, 2.0)
    raw, logged = typical_trial(values, region, 0.05), typical_trial(np.log(values), tuple(np.log(region)), 0.05)
    assert (raw.p_agree, raw.p_disagree) == (logged.p_agree, logged.p_disagree)
    assert np.log(raw.interval) == pytest.approx(logged.interval)


@pytest.mark.parametrize("source", ["typical trial", "share"])
def test_missing_trials_count_as_the_worst_that_they_could_have_said(source):
    """Whatever the unknown values are, no decision is easier than without them: the worst of all completions."""

    def examine(values, missing=0):
        if source == "share":
            return share_inside(values, REGION, 0.6, 0.05, missing)
        return typical_trial(values, REGION, 0.05, missing)

    generator = np.random.default_rng(8)
    for _ in range(50):
        known = generator.choice([0.0, 1.0, 2.0], size=10, p=[0.2, 0.6, 0.2])
        completions = [examine(np.concatenate([known, unknown])) for unknown in product((0.0, 1.0, 2.0), repeat=2)]
        evidence = examine(known, 2)
        if source == "share":
            assert evidence.p_agree == pytest.approx(max(it.p_agree for it in completions))
            assert evidence.p_disagree == pytest.approx(max(it.p_disagree for it in completions))
        else:  # a missing trial may be below for one of the two tests, above for the other
            assert evidence.p_agree >= max(it.p_agree for it in completions) - 1e-12
            assert evidence.p_disagree >= max(it.p_disagree for it in completions) - 1e-12
        limits = [it.interval for it in completions]
        assert evidence.interval[0] <= min(low for low, _ in limits)
        assert evidence.interval[1] >= max(high for _, high in limits)


def test_values_on_an_edge_lie_inside():
    evidence = typical_trial(np.full(8, REGION[1]), REGION, 0.05)
    assert evidence.p_agree == pytest.approx(2.0**-8)
    assert evidence.p_disagree == 1.0
    assert in_region(np.array([0.9, 1.1, np.nan, np.inf, 0.8999]), REGION).tolist() == [True, True, False, False, False]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_counts_against(bad):
    values = np.array([1.0] * 6 + [bad] * 2)
    clean = typical_trial(np.ones(8), REGION, 0.05)
    assert typical_trial(values, REGION, 0.05).p_agree > clean.p_agree
    assert typical_trial(np.full(8, bad), REGION, 0.05).p_disagree == pytest.approx(2 * 2.0**-8)
    assert not np.any(in_region(np.full(3, bad), REGION))
    assert examined(Mean(REGION), values, 0.05).p_agree == 1.0
    assert examined(Resamples(REGION, 30), np.full(100, bad), 0.05).p_agree == 1.0
    assert deterministic(bad, REGION, 0.1).p_agree == 1.0
    assert deterministic(bad, REGION, 0.1).p_disagree == 0.0


@pytest.mark.parametrize("n", [8, 13, 16, 32, 64])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 3, 0.001])
def test_median_limits_have_their_level(n, alpha):
    """P(limit misses the median) by brute binomial sums, and no tighter order statistic would do."""
    low, high = median_interval(np.arange(n, dtype=float), alpha)
    total = sum(stats.binom.pmf(k, n, 0.5) for k in range(n + 1))
    assert total == pytest.approx(1.0)
    if np.isinf(low):
        assert 0.5**n > alpha
        return
    outer = int(low)  # the value at position k is k
    assert high == n - 1 - outer
    missed = [sum(stats.binom.pmf(k, n, 0.5) for k in range(order + 1)) for order in (outer, outer + 1)]
    assert missed[0] <= alpha < missed[1]


@pytest.mark.parametrize("n", [8, 9, 16, 32])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 3])
@pytest.mark.parametrize("missing", [0, 1, 4])
def test_agreement_of_the_median_is_an_interval_inside_the_region(n, alpha, missing):
    """Two sign tests at a level and the order-statistic interval at that level are one decision, ties included."""
    generator = np.random.default_rng(n)
    for _ in range(150):
        values = np.round(generator.normal(1.0, 0.08, size=n), 2)
        evidence = typical_trial(values, REGION, alpha, missing)
        low, high = evidence.interval
        assert (evidence.p_agree <= alpha) == (REGION[0] <= low and high <= REGION[1])


@pytest.mark.parametrize("inside", [0, 10, 13, 14, 20])
def test_share_is_scipys_binomial_test(inside):
    n, share, alpha = 20, 0.8, 0.05
    values = np.array([1.0] * inside + [5.0] * (n - inside))
    evidence = share_inside(values, REGION, share, alpha)
    greater, less = (stats.binomtest(inside, n, share, alternative=side) for side in ("greater", "less"))
    assert evidence.point == inside / n
    assert evidence.p_agree == pytest.approx(greater.pvalue)
    assert evidence.p_disagree == pytest.approx(less.pvalue)
    limits = stats.binomtest(inside, n).proportion_ci(1 - 2 * alpha, method="exact")
    assert evidence.interval == pytest.approx((limits.low, limits.high))


def test_fourteen_trials_show_four_fifths_and_fifty_nine_nineteen_twentieths():
    for fewest, share in ((14, 0.8), (59, 0.95)):
        assert share_inside(np.ones(fewest), REGION, share, 0.05).p_agree <= 0.05
        assert share_inside(np.ones(fewest - 1), REGION, share, 0.05).p_agree > 0.05


@pytest.mark.parametrize(
    ("value", "error", "agrees", "disagrees"),
    [
        (1.0, 0.05, True, False),
        (1.08, 0.05, False, False),
        (1.2, 0.05, False, True),
        (1.15, 0.05, False, False),  # it touches the closed region
        (1.1, 0.0, True, False),
        (0.9, 0.0, True, False),
        (0.85, 0.05, False, False),  # 0.85 + 0.05 is the lower edge
        (0.84, 0.05, False, True),
    ],
)
def test_a_deterministic_number_is_inside_outside_or_across(value, error, agrees, disagrees):
    evidence = deterministic(value, REGION, error)
    assert (evidence.p_agree, evidence.p_disagree) == (1.0 - agrees, 1.0 - disagrees)
    assert (evidence.point, evidence.interval) == (value, (value - error, value + error))


def test_a_median_between_infinities_of_one_sign_is_infinite():
    assert typical_trial(np.array([1.0, np.inf, np.inf, np.inf]), REGION, 0.05).point == np.inf
    assert typical_trial(np.array([1.0, 1.2, np.inf]), REGION, 0.05).point == 1.2


# --- error rates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edge", REGION)
def test_a_median_on_an_edge_is_rarely_called_outside_or_inside(edge):
    """At the edge both errors are at their worst: each at most alpha, by simulation with continuous values."""
    draws = np.random.default_rng(7).standard_exponential((1000, 16)) - np.log(2)  # median 0, skewed
    alpha = 0.05
    evidence = [typical_trial(edge + 1e-9 + row * 0.01, REGION, alpha) for row in draws]
    outside = edge == REGION[1]
    wrong = np.mean([(e.p_agree if outside else e.p_disagree) <= alpha for e in evidence])
    assert wrong <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / 1000)


@pytest.mark.parametrize(("value", "interval"), [(np.nan, (-np.inf, np.inf)), (np.inf, (np.inf, np.inf))])
def test_a_deterministic_number_that_is_none_disagrees(value, interval):
    """A run that diverged is outside; what is not a number could be anything, and counts as outside, too."""
    for region in (REGION, (-np.inf, np.inf)):
        evidence = deterministic(value, region, 0.1)
        assert (evidence.p_agree, evidence.p_disagree, evidence.interval) == (1.0, 0.0, interval)


def test_deterministic_worlds_without_a_number_decide_nothing():
    values, admitted = (
        np.array([[1.0, 5.0], [5.0, 1.0], [1.0, 1.0]]),
        np.array([[True, True], [False, True], [False] * 2]),
    )
    agree, disagree = Deterministic(REGION, 0.0).chances(values, admitted)
    assert (agree.tolist(), disagree.tolist()) == ([0.0, 0.0, 1.0], [1.0, 1.0, 1.0])


def test_a_median_of_values_of_which_some_are_no_numbers():
    evidence = typical_trial(np.array([1.0, np.nan, 1.2, np.nan, np.nan, 1.1, np.nan, np.nan]), REGION, 0.05)
    assert evidence.point == np.inf
    assert evidence.interval == (1.1, np.inf)
