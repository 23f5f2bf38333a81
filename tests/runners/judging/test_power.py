"""Power before running: against enumeration, against the judge on simulated trials, and by hand."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from runners.judging import intervals
from runners.judging.power import (
    CAUGHT,
    MOST_INSIDE,
    chances,
    deciding,
    detectable_share,
    mean_deviations,
    power,
    powers,
    warnings,
)
from runners.judging.verdicts import Status, judge_condition
from runners.registry.loader import load
from runners.registry.schema import Agreement, Claim, Experiment

TOY = Path(__file__).parents[2] / "worlds" / "toy.yaml"


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
def test_decisions_are_the_judges(share):
    """Trials on one side of the region only, as power assumes."""
    region, n = (-1.0, 1.0), 20
    agree, disagree = deciding(share, looks=1, conditions=3)

    def examine(values, alpha, missing):
        if share is None:
            return intervals.typical_trial(values, region, alpha, missing)
        return intervals.share_inside(values, region, share, alpha, missing)

    for outside in range(n + 1):
        values = np.array([5.0] * outside + [0.0] * (n - outside))
        status = judge_condition(values, np.ones(n, bool), examine, looks=(n,), conditions=3).status
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


@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_a_mean_is_caught_as_often_as_said(alpha):
    distance = mean_deviations(16, alpha=alpha)
    values = 1 + distance + np.random.default_rng(0).standard_normal((3000, 16))
    caught = np.mean([intervals.mean(row, (-1.0, 1.0), 0.05).p_disagree <= alpha for row in values])
    assert stats.binomtest(int(caught * 3000), 3000, CAUGHT).pvalue > 0.001


def entry(replication: str = "seeds", **more) -> Experiment:
    tiers = {"smoke": {"trials": [8]}}
    return Experiment.model_validate(
        {"module": "x", "about": "x", "grid": [{}], "observables": {"x": {"means": "x"}}, "tiers": tiers}
        | {"replication": replication, **more}
    )


def claim(**agreement) -> Claim:
    toy = load([TOY]).claims["law-holds"]
    changed = {"by": "difference", "within": (-1.0, 1.0), "because": "x", **agreement}
    return toy.model_copy(update={"agreement": Agreement.model_validate(changed)})


def test_many_conditions_make_support_unlikely():
    one, many = (power("c", claim(), entry(), "smoke", (8,), k) for k in (1, 16))
    assert many.supported == pytest.approx(one.supported**16)
    assert many.caught_share is None
    assert "can catch no deviation" in many.sentence


def test_resamples_are_caught_beyond_students_t():
    """Six times one-sided: t with 39 degrees of freedom at 0.05 / 6, and the normal quantile of the chance."""
    found = power("c", claim(), entry("resamples", clusters=40), "smoke", (400,), 1)
    expected = stats.t.isf(0.05 / 6, 39) * np.sqrt(40 / 39) + stats.norm.ppf(CAUGHT)
    assert found.caught_deviations == pytest.approx(expected)
    assert "standard errors" in found.sentence


def test_a_deterministic_number_shows_any_deviation():
    found = power("c", claim(numerical_error=0.1), entry("none"), "smoke", (1,), 1)
    assert "twice its numerical error" in found.sentence


def test_what_is_unlikely_to_decide_or_rough_is_warned_of():
    """A share of 0.8 of 16 trials: 0.95^16 = 0.44. Percentiles of few clusters."""
    registry = load([TOY])
    assert warnings(registry) == []
    most = claim(share=0.8).model_copy(update={"experiment": "toy-crowd", "where": {"kind": "noisy"}})
    few = registry.experiments["toy-resampled"].model_copy(update={"clusters": 12})
    changed = replace(
        registry,
        claims={**registry.claims, "most": most},
        experiments={**registry.experiments, "toy-resampled": few},
    )
    found = list(map(str, warnings(changed)))
    assert any("most would be supported with chance 0.44 only" in warning for warning in found)
    assert any("percentiles of 12 clusters" in warning for warning in found)
    assert len(found) == 2


def test_every_claim_has_a_sentence_at_every_tier():
    found = list(powers(load([TOY])))
    assert {(it.claim, it.tier) for it in found} >= {("law-holds", "smoke"), ("law-holds", "standard")}
    assert all(it.sentence for it in found)
