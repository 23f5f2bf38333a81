"""Evidence against independent oracles: enumeration of all outcomes, scipy's own tests, simulation."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from runners.rule.intervals import Deterministic, Mean, Share, TypicalTrial, in_region, median_interval
from runners.rule.percentiles import Resamples, needed_score, resample_skewness, score_beyond, score_p

REGION = (0.9, 1.1)


def examined(source, known, alpha, missing=0):
    """Evidence of so many known trials and so many that were set aside."""
    values, admitted = np.append(known, np.zeros(missing)), np.arange(len(known) + missing) < len(known)
    return source.evidence(values, alpha, admitted)


def typical_trial(known, region, alpha, missing=0):
    return examined(TypicalTrial(region), known, alpha, missing)


def mean(known, region, alpha, missing=0):
    return examined(Mean(region), known, alpha, missing)


def share_inside(known, region, share, alpha, missing=0):
    return examined(Share(region, share), known, alpha, missing)


def resamples(known, region, alpha, missing=0, *, clusters):
    return examined(Resamples(region, clusters), known, alpha, missing)


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
    assert mean(values, REGION, 0.05).p_agree == 1.0
    assert resamples(np.full(100, bad), REGION, 0.05, clusters=30).p_agree == 1.0
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


@pytest.mark.parametrize("n", [16, 32])
def test_agreement_of_the_mean_is_an_interval_inside_the_region(n):
    generator, alpha = np.random.default_rng(n), 0.05 / 2
    for _ in range(300):
        evidence = mean(generator.normal(1.0, 0.2, size=n), REGION, alpha)
        low, high = evidence.interval
        assert (evidence.p_agree <= alpha) == (REGION[0] <= low and high <= REGION[1])


def test_mean_is_scipys_t_test():
    """Two-sided: half of the error is kept for skewness."""
    values = np.random.default_rng(3).normal(1.02, 0.1, size=20)
    evidence = mean(values, REGION, 0.05)
    assert evidence.p_agree == pytest.approx(max(stats.ttest_1samp(values, edge).pvalue for edge in REGION))
    far = mean(values + 1, REGION, 0.05)
    assert far.p_disagree == pytest.approx(2 * stats.ttest_1samp(values + 1, REGION[1]).pvalue)
    limits = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert evidence.interval == pytest.approx((limits.low, limits.high))


def test_a_mean_of_trials_that_are_not_all_known_decides_nothing():
    evidence = mean(np.full(16, 1.0), REGION, 0.05, 1)
    assert (evidence.p_agree, evidence.p_disagree, evidence.interval) == (1.0, 1.0, (-np.inf, np.inf))


def test_equal_trials_decide_a_mean_without_a_division_by_zero():
    assert mean(np.full(16, 1.0), REGION, 0.05).p_agree == 0.0
    assert mean(np.full(16, 2.0), REGION, 0.05).p_disagree == 0.0


@pytest.mark.parametrize("inside", [0, 10, 13, 14, 20])
def test_share_is_scipys_binomial_test(inside):
    n, share, alpha = 20, 0.8, 0.05
    values = np.array([1.0] * inside + [5.0] * (n - inside))
    evidence = share_inside(values, REGION, share, alpha)
    greater, less = (stats.binomtest(inside, n, share, alternative=side) for side in ("greater", "less"))
    assert evidence.p_agree == pytest.approx(greater.pvalue)
    assert evidence.p_disagree == pytest.approx(less.pvalue)
    limits = stats.binomtest(inside, n).proportion_ci(1 - 2 * alpha, method="exact")
    assert evidence.interval == pytest.approx((limits.low, limits.high))


def test_fourteen_trials_show_four_fifths_and_fifty_nine_nineteen_twentieths():
    for fewest, share in ((14, 0.8), (59, 0.95)):
        assert share_inside(np.ones(fewest), REGION, share, 0.05).p_agree <= 0.05
        assert share_inside(np.ones(fewest - 1), REGION, share, 0.05).p_agree > 0.05


@pytest.mark.parametrize("n", [19, 39, 100, 200, 1000])
@pytest.mark.parametrize("alpha", [0.05, 0.025])
@pytest.mark.parametrize("missing", [0, 2])
def test_agreement_of_resamples_is_an_interval_inside_the_region(n, alpha, missing):
    generator = np.random.default_rng(n)
    for _ in range(100):
        values = generator.normal(generator.uniform(0.9, 1.1), 0.06, size=n)
        evidence = resamples(values, REGION, alpha, missing, clusters=40)
        low, high = evidence.interval
        assert (evidence.p_agree <= alpha) == (REGION[0] <= low and high <= REGION[1])


def test_more_resamples_do_not_narrow_the_interval():
    """With many clusters and no skewness: percentiles of a normal, a third of the error on either side."""
    generator = np.random.default_rng(5)
    few, many = (resamples(generator.normal(size=n), REGION, 0.05, clusters=10_000).interval for n in (1_000, 100_000))
    assert many == pytest.approx((-2.128, 2.128), abs=0.06)
    assert few == pytest.approx(many, abs=0.3)


@pytest.mark.parametrize("clusters", [9, 100])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_few_clusters_widen_percentiles_to_students_t(clusters, alpha):
    """The percentile interval of a normal mean is too narrow by z sqrt((N - 1) / N) over Student's t."""
    score = stats.t.isf(alpha, clusters - 1) * np.sqrt(clusters / (clusters - 1))
    assert score_p(score, clusters, 0.0) == pytest.approx(alpha)
    assert needed_score(alpha, clusters, 0.0) == pytest.approx(score)
    assert score_p(score, clusters, 0.3) == score_p(score, clusters, -0.3) > alpha


@pytest.mark.parametrize("skewness", [0.0, 0.2, -0.7, 1.5])
def test_the_skewness_correction_is_bcas(skewness):
    """Efron's BCa with acceleration and bias k / 6 looks up the percentile z0 + (z0 + z) / (1 - a (z0 + z))."""
    a = z0 = abs(skewness) / 6
    z = np.array([0.5, 1.0, 2.0])
    looked_up = z0 + (z0 + z) / (1 - a * (z0 + z))
    many = 10**9  # clusters: Student's t is normal
    assert score_p(looked_up, many, skewness) == pytest.approx(stats.norm.sf(z))
    assert needed_score(stats.norm.sf(2.0), many, skewness) == pytest.approx(looked_up[-1])


def test_an_infinitely_far_edge_has_the_smallest_p():
    assert score_p(np.inf, 30, 0.0) == 0.0
    assert score_p(np.inf, 30, 0.6) == pytest.approx(score_p(1e9, 30, 0.6))


@pytest.mark.parametrize("n", [80, 401])
def test_scores_are_percentiles_and_go_on_as_a_normal(n):
    values = stats.norm(3.0, 0.5).ppf((np.arange(n) + 1) / (n + 1))  # exact normal quantiles
    for z in (0.0, 1.0, 1.5):  # rank by rank
        assert score_beyond(values, 3.0 + 0.5 * z) == pytest.approx(z, abs=0.06)
    for z in (4.0, 8.0, 30.0):  # beyond all of them
        assert score_beyond(values, 3.0 + 0.5 * z) == pytest.approx(z, rel=0.02)
        assert score_beyond(-values[::-1], -3.0 + 0.5 * z) == pytest.approx(z, rel=0.02)
        assert (
            score_beyond(np.append(values, np.nan), 3.0 + 0.5 * z, missing=1) < 3.1
        )  # what is missing could lie anywhere


def test_equal_resamples_lie_on_one_side():
    equal = np.full(100, 2.0)
    assert score_beyond(equal, 2.0) == score_beyond(equal, 2.1) == np.inf
    assert score_beyond(equal, 2.0, closed=True) == score_beyond(equal, 1.9) < -2
    assert resamples(np.full(100, 1.0), REGION, 0.05, clusters=30).p_agree == 0.0
    assert resamples(np.full(100, 1.0), REGION, 0.05, clusters=30).interval == (1.0, 1.0)


def test_skewness_of_resamples_is_scipys():
    values = np.random.default_rng(6).standard_exponential(200)
    expected = stats.skew(values) * np.sqrt(50 * 49) / 48
    assert resample_skewness(np.append(values, np.inf), 50) == pytest.approx(expected)
    assert resample_skewness(np.full(100, 2.1), 50) == resample_skewness(np.full(9, np.nan), 50) == 0.0


def test_resamples_refute_by_the_tail_that_reaches_the_region():
    """Two of 200 reach it; or none does, and the distance tells."""
    values = np.sort(np.random.default_rng(9).normal(2.0, 0.3, size=200))
    reach = values.copy()
    reach[:2] = 1.0
    evidence = resamples(reach, REGION, 0.05, clusters=200)
    once = score_p(stats.norm.isf(3 / 201), 200, resample_skewness(reach, 200))
    assert evidence.p_disagree == pytest.approx(6 * once)
    assert (
        resamples(values, (0.9, 1.0), 0.05, clusters=200).p_disagree
        > resamples(values, (0.7, 0.8), 0.05, clusters=200).p_disagree
    )


def test_infinite_resamples_count_against():
    values = np.append(np.full(95, 1.0) + np.arange(95) / 1e4, np.full(5, np.inf))
    evidence = resamples(values, REGION, 0.05, clusters=50)
    assert evidence.p_agree > 0.05
    assert evidence.interval[1] == np.inf


@pytest.mark.parametrize(
    ("value", "error", "agrees", "disagrees"),
    [
        (1.0, 0.05, True, False),
        (1.08, 0.05, False, False),
        (1.2, 0.05, False, True),
        (1.15, 0.05, False, False),  # it touches the closed region
        (1.1, 0.0, True, False),
    ],
)
def test_a_deterministic_number_is_inside_outside_or_across(value, error, agrees, disagrees):
    evidence = deterministic(value, REGION, error)
    assert (evidence.p_agree == 0.0, evidence.p_disagree == 0.0) == (agrees, disagrees)


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
