"""Percentiles of resamples, corrected for few clusters and for skewness, against closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runners.rule.percentiles import Resamples, needed_score, resample_skewness, score_beyond, score_p

REGION = (0.9, 1.1)


def resamples(known, region, alpha, missing=0, *, clusters):
    """Evidence of so many known resamples and so many that were set aside."""
    values, admitted = np.append(known, np.zeros(missing)), np.arange(len(known) + missing) < len(known)
    return Resamples(region, clusters).evidence(values, alpha, admitted)


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
    assert score_p(score, clusters, 0.3) > alpha


@pytest.mark.parametrize("skewness", [0.01, 0.02])
def test_the_skewness_correction_is_bcas_to_second_order(skewness):
    """Efron's BCa with acceleration and bias k / 6 looks up the percentile z0 + (z0 + z) / (1 - a (z0 + z))."""
    a = z0 = skewness / 6
    z = np.array([0.5, 1.0, 2.0])
    looked_up = z0 + (z0 + z) / (1 - a * (z0 + z))
    many = 10**9  # clusters: Student's t is normal
    assert score_p(looked_up, many, skewness) == pytest.approx(stats.norm.sf(z), rel=20 * a**2)
    assert needed_score(stats.norm.sf(2.0), many, skewness) == pytest.approx(looked_up[-1], abs=10 * a**2)


@pytest.mark.parametrize("skewness", [0.0, 0.4, 1.5])
@pytest.mark.parametrize("clusters", [5, 30])
def test_a_score_is_needed_where_its_p_value_is_the_error(skewness, clusters):
    """At any skewness some distance suffices, the farther the larger it is."""
    needed = needed_score(0.001, clusters, skewness)
    assert score_p(needed, clusters, skewness) == pytest.approx(0.001)
    assert needed < needed_score(0.001, clusters, skewness + 0.1) < np.inf


def test_below_the_median_the_correction_only_shifts():
    assert score_p(-1.0, 10**9, 0.6) == pytest.approx(stats.norm.cdf(1.2))


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
    assert resamples(np.full(100, 1.0), REGION, 0.05, clusters=30).p_agree < 1e-20
    assert resamples(np.full(100, 1.0), REGION, 0.05, clusters=30).interval == (1.0, 1.0)


def test_skewness_of_resamples_is_scipys():
    values = np.random.default_rng(6).standard_exponential(200)
    expected = stats.skew(values) * np.sqrt(50 * 49) / 48
    assert resample_skewness(np.append(values, np.inf), 50) == pytest.approx(expected)
    assert resample_skewness(np.full(100, 2.1), 50) == resample_skewness(np.full(9, np.nan), 50) == 0.0


def test_skewness_of_worlds_of_other_sizes_does_not_mix():
    """What is rounding beside large numbers is not beside small ones; equal resamples have none."""
    small = np.random.default_rng(1).standard_exponential(100)
    found = resample_skewness(np.stack([1e-12 * small, 1e6 * small, np.full(100, 1e6), np.full(100, 0.0)]), 9)
    expected = stats.skew(small) * np.sqrt(9 * 8) / 7
    assert found == pytest.approx([expected, expected, 0.0, 0.0])
    nearly = 1.0 + 1e-14 * small  # rounding only
    assert resample_skewness(nearly, 9) == 0.0


def test_resamples_refute_by_the_tail_that_reaches_the_region():
    """Two of 200 reach it; or none does, and the distance tells."""
    values = np.sort(np.random.default_rng(9).normal(2.0, 0.3, size=200))
    reach = values.copy()
    reach[:2] = 1.0
    evidence = resamples(reach, REGION, 0.05, clusters=200)
    skewness = 2 * abs(resample_skewness(reach, 200)) + 1.5 * np.sqrt(6) / 200
    once = score_p(stats.norm.isf(3 / 201), 200, skewness)
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


@pytest.mark.parametrize("far", [np.inf, -np.inf])
def test_resamples_that_all_lie_infinitely_far_lie_outside(far):
    """A statistic that is infinite in every resample is infinite; with a few finite ones their share tells."""
    evidence = resamples(np.full(80, far), REGION, 0.05, clusters=9)
    assert evidence.p_disagree < 1e-4
    assert evidence.p_agree == 1.0
    mostly = np.append(np.full(60, far), np.linspace(0.99, 1.01, 20))
    assert resamples(mostly, REGION, 0.05, clusters=9).p_disagree > 0.05


def test_an_open_side_asks_nothing():
    values = np.random.default_rng(4).standard_normal(400)
    assert resamples(values, (-np.inf, np.inf), 0.05, clusters=5).p_agree == 0.0
    closed, open_ = (resamples(values, (-5.0, high), 0.05, clusters=9).p_agree for high in (50.0, np.inf))
    assert open_ <= closed


def test_too_skewed_is_undecided_with_the_reason():
    values = np.random.default_rng(5).lognormal(sigma=0.8, size=400)
    source = Resamples((0.0, 50.0), 9)
    assert source.doubt(values, 0).startswith("too skewed for 9 clusters: skewness +")
    assert source.evidence(values, 0.05).interval == (-np.inf, np.inf)
    assert source.doubt(values - np.mean(values), 0) == source.doubt(values, 0)
    assert Resamples((0.0, 50.0), 9).doubt(np.random.default_rng(6).normal(size=400), 0) is None


def test_skewness_is_allowed_for_on_either_side():
    source = Resamples(REGION, 17)
    assert source.allowed(0.1) == source.allowed(-0.1) == pytest.approx(0.2 + 1.5 * np.sqrt(6) / 17)
    assert source.needed(0.03, 0.1) == pytest.approx(needed_score(0.01, 17, source.allowed(0.1)))


def test_missing_resamples_could_lie_beyond_either_edge():
    """Three of a hundred: the fourth largest of 101 ranks, whatever is known."""
    known = np.random.default_rng(7).normal(1.0, 0.01, 97)
    found = resamples(known, REGION, 0.05, 3, clusters=50)
    skewness = Resamples(REGION, 50).allowed(resample_skewness(known, 50))
    once = score_p(-stats.norm.ppf(4 / 101), 50, skewness)
    assert found.p_agree == pytest.approx(3 * once)
    outside = resamples(known + 1, REGION, 0.05, 3, clusters=50)
    assert outside.p_disagree == pytest.approx(6 * once)


@pytest.mark.parametrize("side", [1, -1])
def test_resamples_on_an_edge_lie_inside(side):
    """Five of a hundred on the edge are beyond it for disagreement, and not for agreement."""
    edge = REGION[1 if side > 0 else 0]
    away = np.linspace(0.01, 0.05, 95)
    source, clusters = Resamples(REGION, 50), 50
    outside = np.append(edge + side * away, np.full(5, edge))
    shown = source.allowed(resample_skewness(outside, clusters))
    assert resamples(outside, REGION, 0.05, clusters=clusters).p_disagree == pytest.approx(
        min(1.0, 6 * score_p(-stats.norm.ppf(6 / 101), clusters, shown))
    )
    inside = np.append(edge - side * away, np.full(5, edge))
    ordered = np.sort(side * inside)
    once = score_p(score_beyond(ordered, side * edge), clusters, source.allowed(resample_skewness(inside, clusters)))
    assert np.sum(ordered > side * edge) == 0
    assert resamples(inside, REGION, 0.05, clusters=clusters).p_agree == pytest.approx(min(1.0, 3 * once))


@pytest.mark.parametrize("missing", [0, 3])
@pytest.mark.parametrize("n", [300, 301, 302, 2000])
def test_limits_are_the_first_resamples_with_the_needed_score(n, missing):
    """Of so many resamples of 200 clusters, found by trying all of them."""
    known, source = np.random.default_rng(8).normal(size=n), Resamples(REGION, 200)
    needed = source.needed(0.05, float(resample_skewness(known, 200)))
    low, high = resamples(known, REGION, 0.05, missing, clusters=200).interval
    ordered = np.append(np.sort(known), np.full(missing, np.nan))
    mirrored = np.append(np.sort(-known), np.full(missing, np.nan))
    far = [edge for edge in known if score_beyond(ordered, edge, missing=missing) >= needed]
    near = [edge for edge in known if score_beyond(mirrored, -edge, missing=missing) >= needed]
    assert (low, high) == (max(near, default=-np.inf), min(far, default=np.inf))


@pytest.mark.parametrize("n", [80, 99])
def test_limits_beyond_all_resamples_lie_on_the_line(n):
    known, source = np.random.default_rng(n).normal(size=n), Resamples(REGION, 9)
    needed = source.needed(0.05, float(resample_skewness(known, 9)))
    low, high = resamples(known, REGION, 0.05, clusters=9).interval
    assert score_beyond(np.sort(known), high) == pytest.approx(needed)
    assert score_beyond(np.sort(-known), -low) == pytest.approx(needed)
    assert high > known.max()
    assert resamples(known, REGION, 0.05, 1, clusters=9).interval == (-np.inf, np.inf)


def test_a_limit_is_no_nearer_than_the_outermost_resample():
    """The line through the others would end before it."""
    known = np.append(np.random.default_rng(3).normal(size=78), [5.4, -5.5])
    low, high = resamples(known, REGION, 0.05, clusters=200).interval
    assert (low, high) == (-5.5, 5.4)


def test_resamples_that_are_no_numbers_lie_at_the_far_end():
    values = np.append(np.linspace(0.9, 1.1, 95), np.full(5, np.nan))
    found = resamples(values, REGION, 0.05, clusters=50)
    assert (found.point, found.interval[1]) == (pytest.approx(1.005, abs=0.01), np.inf)
    assert np.isfinite(found.interval[0])


def test_no_chance_is_above_one():
    values = np.random.default_rng(2).standard_normal((100, 80)) + np.linspace(-3, 3, 100)[:, None]
    values[0] = np.exp(3 * values[0])  # too skewed
    for chances in Resamples((-1.0, 1.0), 9).chances(values, np.ones(values.shape, dtype=bool)):
        assert np.max(chances) == 1.0


# --- error rates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clusters", [5, 9, 17])
def test_few_skewed_clusters_are_not_called_inside_too_often(clusters):
    """Log-normal clusters of unequal size, whose weighted mean lies on the upper edge; plain percentiles err."""
    generator, worlds = np.random.default_rng(clusters), 1500
    wrong = plain = 0
    for _ in range(worlds):
        value, size = (
            np.exp(generator.normal(size=clusters)) - np.exp(0.5),
            np.exp(0.8 * generator.normal(size=clusters)),
        )
        times = generator.multinomial(clusters, np.full(clusters, 1 / clusters), size=80)
        ratio = (times @ (value * size)) / (times @ size)
        wrong += resamples(ratio, (-1e6, 0.0), 0.05, clusters=clusters).p_agree <= 0.05
        plain += np.mean(ratio > 0) <= 0.05
    assert wrong / worlds <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / worlds)
    assert plain / worlds > 0.1
