"""The fewest trials that decide, held against the p-values of the evidence itself."""

from __future__ import annotations

import numpy as np
import pytest

from runners.judging import intervals, verdicts
from runners.registry.looks import ALPHA, fewest_draws, fewest_trials
from runners.registry.schema import Agreement

REGION = (-1.0, 1.0)


def agreement(**settings) -> Agreement:
    return Agreement.model_validate({"by": "difference", "within": REGION, "because": "x", **settings})


def decides(evidence, n: int, *, looks: int, conditions: int) -> bool:
    """Whether n unanimous trials lead to a verdict of either kind, by the judge's own rule."""

    def status(value: float):
        return verdicts.judge_condition(
            np.full(n, value), np.ones(n, bool), evidence, looks=[n] * looks, conditions=conditions
        ).status

    return status(0.0) is verdicts.Status.AGREES and status(5.0) is verdicts.Status.DISAGREES


CASES = {
    "two sign tests": (agreement(), "seeds", lambda v, a, m: intervals.typical_trial(v, REGION, a, m)),
    "share of 0.8": (agreement(share=0.8), "seeds", lambda v, a, m: intervals.share_inside(v, REGION, 0.8, a, m)),
    "share of 0.3": (agreement(share=0.3), "seeds", lambda v, a, m: intervals.share_inside(v, REGION, 0.3, a, m)),
}


@pytest.mark.parametrize("conditions", [1, 6, 12])
@pytest.mark.parametrize("looks", [1, 3])
@pytest.mark.parametrize("case", CASES)
def test_so_many_decide_and_one_fewer_does_not(case, looks, conditions):
    target, replication, evidence = CASES[case]
    n = fewest_trials(target, replication=replication, looks=looks, conditions=conditions)
    assert decides(evidence, n, looks=looks, conditions=conditions)
    assert not decides(evidence, n - 1, looks=looks, conditions=conditions)


@pytest.mark.parametrize(
    ("settings", "looks", "conditions", "needed"),
    [
        ({}, 1, 1, 6),  # 2 / 2^6 = 0.031
        ({}, 3, 1, 7),  # 2 / 2^7 = 0.0156 < 0.05 / 3
        ({}, 1, 12, 9),  # 2 / 2^8 = 0.0078 > 0.05 / 12
        ({"share": 0.8}, 1, 1, 14),
        ({"share": 0.95}, 1, 1, 59),
        ({"target": "mean"}, 1, 1, 16),
        ({"target": "mean"}, 2, 5, 16),
    ],
)
def test_numbers_by_hand(settings, looks, conditions, needed):
    assert fewest_trials(agreement(**settings), replication="seeds", looks=looks, conditions=conditions) == needed


def test_a_deterministic_measurement_needs_one():
    assert fewest_trials(agreement(numerical_error=0.1), replication="none", looks=1) == 1


def test_a_mean_of_many_conditions_averages_more_draws():
    assert [fewest_draws(conditions) for conditions in (1, 8, 12)] == [32, 32, 40]


def test_resamples_must_show_their_outermost_twentieth():
    assert fewest_trials(agreement(), replication="resamples", looks=1, conditions=5) == 80


def test_the_error_is_the_judges():
    assert ALPHA == verdicts.ALPHA
