"""What a draw says, against the definition: the median of three, and all three beyond one edge."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from runners.rule.draw_outcomes import Draw, outcome, outcome_of_mean, sides

REGION = (0.9, 1.1)
VALUES = {-1: 0.5, 0: 1.0, 1: 2.0}


def by_definition(values: tuple[float, ...]) -> Draw:
    if REGION[0] <= np.median(values) <= REGION[1]:
        return Draw.HOLDS
    return Draw.FAILS if max(values) < REGION[0] or min(values) > REGION[1] else Draw.SPLIT


@pytest.mark.parametrize("trials", [1, 3])
def test_every_pattern_of_sides(trials):
    for pattern in product(VALUES, repeat=trials):
        assert outcome(np.array(pattern)) == by_definition([VALUES[side] for side in pattern]), pattern


def test_one_trial_is_never_split():
    assert {Draw(int(it)) for it in outcome(np.array([[-1], [0], [1]]))} == {Draw.HOLDS, Draw.FAILS}


def test_a_missing_trial_could_have_lain_anywhere():
    """The draw holds or fails only if it does so wherever the trial that misses a requirement had lain."""
    for known in product(VALUES, repeat=2):
        completions = {by_definition([VALUES[side] for side in (*known, unknown)]) for unknown in VALUES}
        expected = completions.pop() if len(completions) == 1 else Draw.SPLIT
        for measured in VALUES:  # whatever was measured there
            found = outcome(np.array([*known, measured]), np.array([True, True, False]))
            assert found == (Draw.HOLDS if expected is Draw.HOLDS else Draw.SPLIT)


def test_a_draw_is_aside_if_two_of_three_trials_miss():
    for missing in range(4):
        meets = np.arange(3) >= missing
        assert (outcome(np.zeros(3), meets) == Draw.ASIDE) == (missing >= 2)
        assert (outcome_of_mean(np.ones(3), REGION, meets) == Draw.ASIDE) == (missing >= 2)
    assert outcome(np.array([0]), np.array([False])) == Draw.ASIDE


def test_a_mean_is_one_number():
    """Two trials outside, on either side; the average lies within."""
    values = np.array([[0.5, 1.5, 1.0], [0.5, 1.0, 1.0], [np.inf, 1.0, 1.0], [np.inf, -np.inf, 1.0]])
    assert outcome_of_mean(values, REGION).tolist() == [Draw.HOLDS, Draw.FAILS, Draw.FAILS, Draw.FAILS]
    assert outcome(sides(values, REGION))[0] == Draw.HOLDS  # its median, too
    assert outcome_of_mean(np.array([1.0, 1.0, np.nan]), REGION, np.array([True, True, False])) == Draw.SPLIT


def test_sides_of_the_closed_region():
    values = np.array([0.9, 1.1, 0.89, 1.11, np.nan, np.inf, -np.inf])
    assert sides(values, REGION).tolist() == [0, 0, -1, 1, 1, 1, -1]


def test_many_worlds_at_once():
    generator = np.random.default_rng(0)
    pattern, meets = generator.integers(-1, 2, (4, 5, 3)), generator.random((4, 5, 3)) < 0.7
    found = outcome(pattern, meets)
    assert found.shape == (4, 5)
    assert all(found[at] == outcome(pattern[at], meets[at]) for at in np.ndindex(4, 5))


def test_each_outcome_says_what_it_means():
    assert len({draw.says for draw in Draw}) == len(Draw)
