"""Contests: ties are ties, a prediction that is farther off loses, and an even contest is rarely decided."""

from __future__ import annotations

import numpy as np
import pytest

from runners.reporting.report import report
from runners.rule.contests import contest, errors
from runners.rule.intervals import Deterministic, Share, TypicalTrial
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples
from runners.rule.verdicts import ALPHA, Outcome

WORLDS = 2000
REGION = (-1.0, 1.0)
TYPICAL, MEAN = TypicalTrial(REGION), Mean(REGION)
SQUARE = {"predicted": "toy_theory:inverse_square", "held_by": "null-model", "because": "a slip of the pen"}


def standings(entries, source, looks=1):
    return {entry.name: (entry.rank, entry.beats, entry.ties) for entry in contest(entries, source, looks=looks)}


def draws(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("source", [TYPICAL, Share(REGION, 0.8), MEAN, Resamples(REGION, 200)])
def test_equal_predictions_tie_and_share_what_they_beat(source):
    measured = draws((1, 400)) * 0.1
    found = standings({"a": measured, "b": measured.copy(), "far": measured - 5.0}, source)
    assert found == {"a": (1, ("far",), ("b",)), "b": (1, ("far",), ("a",)), "far": (3, (), ())}


def test_predictions_that_differ_by_rounding_tie():
    measured = 1.0 + draws((2, 32)) * 0.1
    nearly = measured * (1 + 1e-14)
    assert standings({"a": measured, "b": nearly}, TYPICAL)["a"] == (1, (), ("b",))


def test_eight_trials_that_all_agree_decide_one_of_three_looks_and_seven_do_not():
    near = np.full((1, 8), 0.1)
    far = np.full((1, 8), 0.2)
    assert standings({"a": near, "b": far}, TYPICAL, looks=3)["a"] == (1, ("b",), ())
    far[0, 0] = 0.05
    assert standings({"a": near, "b": far}, TYPICAL, looks=3)["a"] == (1, (), ("b",))


def test_a_trial_set_aside_everywhere_counts_against_both():
    near, far = np.full((2, 8), 0.1), np.full((2, 8), 0.2)
    near[0, 0] = np.nan
    assert standings({"a": near, "b": far}, TYPICAL, looks=3)["a"][1] == ("b",)
    near[1, 0] = np.nan
    assert standings({"a": near, "b": far}, TYPICAL, looks=3)["a"][1] == ()


def test_closer_in_one_condition_and_farther_in_the_other_is_a_tie():
    a = np.array([[0.1] * 16, [0.3] * 16])
    b = np.array([[0.2] * 16, [0.2] * 16])
    assert standings({"a": a, "b": b}, TYPICAL)["a"] == (1, (), ("b",))
    resampled = np.vstack([draws((1, 400)) * 0.01 + 0.1, draws((1, 400), 1) * 0.01 + 0.3])
    other = np.vstack([resampled[:1] + 0.1, resampled[1:] - 0.1])
    assert standings({"a": resampled, "b": other}, Resamples(REGION, 200))["a"] == (1, (), ("b",))


def test_expectations_are_compared_by_all_conditions_squared_errors():
    noise = draws((2, 32)) * 0.01
    a = noise + np.array([[0.1], [0.3]])
    b = noise + 0.2  # 0.2^2 + 0.2^2 < 0.1^2 + 0.3^2
    assert standings({"a": a, "b": b}, MEAN)["b"] == (1, ("a",), ())


def test_the_order_of_three_is_found():
    measured = draws((3, 32)) * 0.1
    found = contest({"far": measured - 2.0, "near": measured, "middle": measured + 1.0}, TYPICAL, looks=3)
    assert [(entry.name, entry.rank) for entry in found] == [("near", 1), ("middle", 2), ("far", 3)]
    tally = found[0].closer["far"]
    assert (tally.wins, tally.losses, tally.equal) == (96, 0, 0)


def test_an_infinite_measurement_is_equally_far_from_all():
    infinite = np.full((1, 16), np.inf)
    tally = contest({"a": infinite, "b": infinite}, TYPICAL)[0].closer["b"]
    assert (tally.wins, tally.losses, tally.equal) == (0, 0, 16)


def test_a_deterministic_measurement_names_no_winner_while_the_midpoint_lies_within_its_error():
    a, b = np.array([[0.999]]), np.array([[-1.001]])  # measured 1.999 between predictions of 1 and 3
    assert standings({"a": a, "b": b}, Deterministic(REGION))["a"][1] == ("b",)
    assert standings({"a": a, "b": b}, Deterministic(REGION, 0.01))["a"][1] == ()


def test_a_formula_coded_twice_ties_however_well_it_predicts():
    measured = 1e-5 * np.abs(draws((1, 32)))
    assert standings({"a": measured, "b": measured - 1e-13}, TYPICAL)["a"] == (1, (), ("b",))


def test_ties_are_not_transitive_and_rank_counts_who_beats_whom():
    measured = 0.1 + 0.5 * draws((1, 32), 1)
    found = standings({"a": measured, "b": measured - 0.5, "c": measured + 0.3}, TYPICAL)
    assert found["a"] == (1, ("c",), ("b",))
    assert found["b"] == (1, (), ("a", "c"))
    assert found["c"] == (2, (), ("b",))


def test_a_deterministic_measurement_decides_beyond_its_error():
    near, far = np.array([[0.1]]), np.array([[0.2]])
    assert standings({"a": near, "b": far}, Deterministic(REGION))["a"][1] == ("b",)
    assert standings({"a": near, "b": far}, Deterministic(REGION, 0.5))["a"][1] == ()


def test_errors_of_ratios_are_logarithms_and_symmetric():
    found = errors("ratio", np.array([2.0, 0.5, 0.0, -1.0, np.inf]))
    assert np.allclose(np.abs(found), [np.log(2), np.log(2), np.inf, np.inf, np.inf])


@pytest.mark.parametrize("correlation", [0.0, 0.9])
@pytest.mark.parametrize("source", [TYPICAL, MEAN])
def test_an_even_contest_is_decided_at_most_as_often_as_alpha(source, correlation):
    """The truth midway between two predictions, in four conditions that share their trials; stopped after any look."""
    rng = np.random.default_rng(1)
    wrong = 0
    for _ in range(WORLDS):
        shared, own = rng.normal(size=(1, 64)), rng.normal(size=(4, 64))
        measured = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * own
        decided = [
            standings({"a": measured[:, :n] - 0.5, "b": measured[:, :n] + 0.5}, source, looks=3)["a"][0] != 1
            or standings({"a": measured[:, :n] - 0.5, "b": measured[:, :n] + 0.5}, source, looks=3)["b"][0] != 1
            for n in (16, 32, 64)
        ]
        wrong += any(decided)
    assert wrong / WORLDS <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / WORLDS)


def test_an_even_contest_of_resamples_is_decided_at_most_as_often_as_alpha():
    """A mean of 20 exponential draws, resampled; its expectation midway between the predictions."""
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(WORLDS):
        data = rng.exponential(size=20)
        measured = rng.choice(data, size=(200, 20)).mean(axis=1)[None]
        found = standings({"a": measured - 0.8, "b": measured - 1.2}, Resamples(REGION, 20))
        wrong += found["a"][0] != found["b"][0]
    assert wrong / WORLDS <= ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / WORLDS)


def test_a_claim_that_fails_loses_to_the_rival_that_holds(world):
    name = world.claim(
        "wrong-power",
        predicted="toy_theory:inverse_square",
        rivals={
            "right": {"predicted": "toy_theory:inverse_width", "held_by": "authors", "because": "the toy's own law"},
            "failing": {"predicted": "toy_theory:raises", "held_by": "folklore", "because": "it predicts nothing"},
        },
    )
    result = world.run(name)[name]
    assert [(entry.name, entry.rank) for entry in result.contest] == [("right", 1), ("this claim", 2)]


def test_a_rival_that_fails_where_it_is_hard_does_not_win_by_it(world):
    silent = {"predicted": "toy_theory:silent_when_wide", "held_by": "authors", "because": "silent at width 4"}
    name = world.claim("wrong-power", predicted="toy_theory:inverse_square", rivals={"silent": silent})
    result = world.run(name)[name]
    assert [(entry.name, entry.rank) for entry in result.contest] == [("this claim", 1), ("silent", 1)]


def test_late_trials_of_one_condition_do_not_outvote_the_others(world):
    """Only trials that every condition has: conditions stop at different looks."""
    early = world.claim("noisy-and-lawful", where={"kind": ["lawful", "noisy"], "width": 2}, rivals={"square": SQUARE})
    result = world.run(early, tier="standard")[early]
    trials = [cell.verdict.trials for cell in result.cells]
    assert len(set(trials)) == 2
    tally = result.contest[0].closer[result.contest[1].name]
    assert tally.wins + tally.losses + tally.equal == 2 * min(trials)


def test_a_claim_without_rivals_holds_no_contest(world):
    name = world.claim("alone")
    assert world.run(name)[name].contest == ()


def test_what_nobody_has_measured_holds_no_contest(world):
    name = world.claim("alone", rivals={"square": SQUARE})
    (result,) = world.judge(name).values()
    assert (result.outcome, result.contest) == (Outcome.NOT_RUN, ())
    assert report(world.stored_judge(), [result]).claims[0].contest == ()


def test_a_claim_whose_conditions_another_shares_is_measured_in_part_only(world):
    """Its contest is held where it was measured; the verdict waits."""
    part = world.claim("part", where={"kind": "lawful", "width": 2})
    whole = world.claim("whole", where={"kind": "lawful", "width": [2, 4]}, rivals={"square": SQUARE})
    world.run(part)
    (result,) = world.judge(whole).values()
    assert (result.outcome, result.reason) == (
        Outcome.NOT_RUN,
        "1 of 2 conditions are not measured yet: kind = lawful, width = 4",
    )
    assert [entry.rank for entry in result.contest] == [1, 2]
    assert report(world.stored_judge(), [result]).counts == {"not run": 1}


def test_one_look_decides_at_half_of_the_error():
    """Eight of nine: p = 10 / 2^9 = 0.0195 < 0.05 / 2, which three looks share."""
    near, far = np.full((1, 9), 0.1), np.full((1, 9), 0.2)
    far[0, 0] = 0.05
    found = contest({"a": near, "b": far}, TYPICAL)
    assert [(entry.name, entry.beats, entry.loses_to) for entry in found] == [("a", ("b",), ()), ("b", (), ("a",))]
    assert (found[0].closer["b"].wins, found[0].closer["b"].losses) == (8, 1)
    assert standings({"a": near, "b": far}, TYPICAL, looks=2)["a"][1] == ()


def test_what_is_infinitely_far_loses_to_what_is_not():
    near, far = np.full((1, 16), 0.1), np.full((1, 16), np.inf)
    assert standings({"a": near, "b": far}, TYPICAL)["a"][1] == ("b",)


def test_predictions_that_differ_by_rounding_of_large_errors_tie():
    near = np.full((1, 16), 1e6)
    assert standings({"a": near, "b": near + 1e-4}, TYPICAL)["a"] == (1, (), ("b",))
    assert standings({"a": near, "b": near + 1e-2}, TYPICAL)["a"][1] == ("b",)


def test_a_deterministic_midpoint_has_to_be_farther_than_the_error():
    """Measured 1.995 between 1 and 3: the midpoint is 0.005 away."""
    a, b = np.array([[0.995]]), np.array([[-1.005]])
    for error, beats in ((0.0045, ("b",)), (0.0055, ())):
        assert standings({"a": a, "b": b}, Deterministic(REGION, error))["a"][1] == beats


def test_resamples_share_their_error_over_conditions():
    """What one condition alone just shows, it does not show among 40; equal rows show nothing by others' scatter."""
    noise = np.sort(draws((1, 400), 3)) * 0.01
    near, far = noise + 0.1, noise + 0.1 + 0.032
    source = Resamples(REGION, 60)
    alone = standings({"a": near, "b": far}, source)["a"][1]
    agree, _ = Resamples((-np.inf, 0.0), 60).chances(near**2 - far**2, np.ones((1, 400), dtype=bool))
    assert (alone == ("b",)) == bool(agree[0] <= ALPHA / 2)
    many = {name: np.vstack([rows] + [noise + 0.1] * 39) for name, rows in (("a", near), ("b", far))}
    assert (standings(many, source)["a"][1] == ("b",)) == bool(agree[0] <= ALPHA / 80)
