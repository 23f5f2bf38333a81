"""The fewest trials that decide, held against the p-values of the evidence itself."""

from __future__ import annotations

import numpy as np
import pytest

from runners.rule import verdicts
from runners.rule.intervals import Deterministic, Share, TypicalTrial
from runners.rule.looks import fewest_trials
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples

REGION = (-1.0, 1.0)


def decides(source, n: int, *, looks: int, conditions: int) -> bool:
    """Whether n unanimous trials lead to a verdict of either kind, by the judge's own rule."""

    def status(value: float):
        return verdicts.judge_condition(
            np.full(n, value), np.ones(n, bool), source, looks=[n] * looks, conditions=conditions
        ).status

    return status(0.0) is verdicts.Status.AGREES and status(5.0) is verdicts.Status.DISAGREES


@pytest.mark.parametrize("conditions", [1, 6, 12])
@pytest.mark.parametrize("looks", [1, 3])
@pytest.mark.parametrize("source", [TypicalTrial(REGION), Share(REGION, 0.8), Share(REGION, 0.3)])
def test_so_many_decide_and_one_fewer_does_not(source, looks, conditions):
    n = fewest_trials(source, looks=looks, conditions=conditions)
    assert decides(source, n, looks=looks, conditions=conditions)
    assert not decides(source, n - 1, looks=looks, conditions=conditions)


@pytest.mark.parametrize(
    ("source", "looks", "conditions", "needed"),
    [
        (TypicalTrial(REGION), 1, 1, 6),  # 2 / 2^6 = 0.031
        (TypicalTrial(REGION), 3, 1, 7),  # 2 / 2^7 = 0.0156 < 0.05 / 3
        (TypicalTrial(REGION), 1, 12, 9),  # 2 / 2^8 = 0.0078 > 0.05 / 12
        (Share(REGION, 0.8), 1, 1, 14),
        (Share(REGION, 0.95), 1, 1, 59),
        (Mean(REGION), 1, 1, 16),
        (Mean(REGION), 2, 12, 16),
    ],
)
def test_numbers_by_hand(source, looks, conditions, needed):
    assert fewest_trials(source, looks=looks, conditions=conditions) == needed


def test_a_deterministic_measurement_needs_one():
    assert fewest_trials(Deterministic(REGION, 0.1), looks=1) == 1


def test_resamples_must_show_their_outermost_twentieth():
    assert fewest_trials(Resamples(REGION, 30), looks=1, conditions=5) == 80


@pytest.mark.parametrize("source", [TypicalTrial(REGION), Share(REGION, 0.3)])
def test_one_condition_is_the_default(source):
    alone = fewest_trials(source, looks=1)
    assert alone == fewest_trials(source, looks=1, conditions=1) < fewest_trials(source, looks=1, conditions=20)


def test_a_small_share_is_shown_by_one_trial_and_refuted_by_many():
    """One that agrees has p = 0.04; of those that disagree 0.96^74 = 0.0488."""
    assert fewest_trials(Share(REGION, 0.04), looks=1) == 74
