"""The rule: looks, truth tables of claims and controls, and its error rates in worlds whose truth is known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from runners.rule.intervals import TypicalTrial
from runners.rule.verdicts import (
    ALPHA,
    ConditionVerdict,
    ControlVerdict,
    Outcome,
    Status,
    judge_claim,
    judge_condition,
    judge_conditions,
)

REGION = (-1.0, 1.0)
LOOKS = (8, 16, 32)
AGREES, DISAGREES, UNDECIDED = Status.AGREES, Status.DISAGREES, Status.UNDECIDED


def verdict(values, admitted=None, *, looks=LOOKS, conditions=1):
    values = np.asarray(values, dtype=float)
    admitted = np.ones(len(values), dtype=bool) if admitted is None else np.asarray(admitted)
    return judge_condition(values, admitted, TypicalTrial(REGION), looks=looks, conditions=conditions)


def condition(status: Status) -> ConditionVerdict:
    return ConditionVerdict(status, f"it is {status.word}")


def claim(*statuses: Status, controls=()):
    names = [f"c{number}" for number in range(len(statuses))]
    return judge_claim([condition(status) for status in statuses], controls, names=names)


def control(must: str, *statuses: Status) -> ControlVerdict:
    return ControlVerdict(must, tuple(condition(status) for status in statuses))


# --- one condition --------------------------------------------------------------------------------------------------


def test_the_first_look_that_decides_is_the_last():
    values = [0.0] * 8 + [9.0] * 24
    found = verdict(values)
    assert (found.status, found.look, found.trials) == (AGREES, 1, 8)


def test_a_look_that_does_not_decide_asks_for_the_next():
    values = [9.0] + [0.0] * 31  # one of eight lies outside: 2 * 9 / 2^8 > 0.05 / 3; one of sixteen is little enough
    first, second = verdict(values[:8]), verdict(values[:16])
    assert (first.status, first.wants_more) == (UNDECIDED, True)
    assert (second.status, second.look) == (AGREES, 2)
    assert verdict(values) == second


def test_trials_short_of_the_first_look_are_not_judged():
    found = verdict([0.0] * 7)
    assert (found.status, found.wants_more, found.reason) == (Status.NOT_RUN, True, "7 of 8 trials")


def test_the_last_look_leaves_nothing_to_want():
    found = verdict([9.0, 0.0] * 16)
    assert (found.status, found.look, found.wants_more) == (UNDECIDED, 3, False)


def test_disagreement_is_tested_among_all_conditions():
    """Eight trials outside: p = 2 / 2^8 = 0.0078, enough for 0.05 / 3 / 2, not for 0.05 / 3 / 3."""
    outside = [9.0] * 8
    assert verdict(outside, conditions=2).status is DISAGREES
    assert verdict(outside, conditions=3).status is UNDECIDED
    assert verdict([0.0] * 8, conditions=1000).status is AGREES  # an intersection needs no correction


@pytest.mark.parametrize(("missed", "status"), [(1, AGREES), (2, Status.NOT_APPLICABLE)])
def test_a_quorum_of_four_fifths_must_meet_the_requirements(missed, status):
    """Of eight trials, one may be set aside (7/8), two may not (6/8)."""
    found = verdict([99.0] * missed + [0.0] * (8 - missed), [False] * missed + [True] * (8 - missed), looks=(8,))
    assert found.status is status
    assert found.set_aside == missed


def test_a_quorum_missed_by_chance_waits_for_more_trials():
    """Three of eight: chance 0.20 at a rate of 20%; five of eight: 0.0104 < 0.05 / 3."""
    values, admitted = np.zeros(32), np.ones(32, dtype=bool)
    admitted[:3] = False
    first = verdict(values[:8], admitted[:8])
    assert (first.status, first.wants_more) == (UNDECIDED, True)
    assert verdict(values, admitted).status is AGREES
    admitted[:5] = False
    assert verdict(values[:8], admitted[:8]).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize("value", [0.0, 9.0])
def test_trials_set_aside_count_against_every_decision(value):
    """One unknown of eight: 9 / 2^8 = 0.035 > 0.05 / 3; two unknown of sixteen: 137 / 2^16 = 0.0021, or twice it."""
    values, admitted = np.full(16, value), np.ones(16, dtype=bool)
    values[[3, 12]], admitted[[3, 12]] = 9.0 - value, False
    assert verdict(values[:8], admitted[:8]).status is UNDECIDED
    found = verdict(values, admitted)
    assert found.status is (AGREES if value == 0.0 else DISAGREES)
    assert found.evidence.p_agree == pytest.approx(137 / 2**16) or value
    assert found.evidence.p_disagree == pytest.approx(2 * 137 / 2**16) or not value
    assert 3 not in found.admitted


def test_not_a_number_is_outside():
    assert verdict([np.nan] * 8).status is DISAGREES
    assert verdict([np.nan, np.nan] + [0.0] * 6).status is UNDECIDED


def test_the_verdict_on_a_condition_says_why():
    """p-values of sign tests: 2^-8, or twice it; one of eight outside is 9 / 2^8."""
    assert verdict([0.0] * 8).reason == "p = 0.0039"
    assert verdict([9.0] * 8).reason == "p = 0.0078"
    assert verdict([9.0] + [0.0] * 7).reason == "across an edge of the region; more trials would decide"
    assert verdict([9.0, 0.0] * 16).reason == "across an edge of the region; the last look is spent"
    seven = verdict([9.0] * 7 + [0.0], looks=(8,))  # 9 / 2^8 a side is below 0.05, twice it is not
    assert seven.reason == "outside the region, but not surely (p = 0.07); the last look is spent"
    few = [False] * 2 + [True] * 6
    missed = "2 of 8 trials miss a requirement or are undefined"
    assert verdict([0.0] * 8, few).reason == f"{missed}; more trials would tell"
    assert verdict([0.0] * 8, few, looks=(8,)).reason == missed


def test_the_evidence_is_that_of_the_look():
    """Limits at a look's share of the error, from the trials that are admitted."""
    values = np.random.default_rng(0).normal(0.0, 0.4, 16)
    admitted = np.arange(16) != 5
    found = verdict(values, admitted)
    assert found.look == 2
    assert found.evidence == TypicalTrial(REGION).evidence(values, ALPHA / 3, admitted)
    assert found.evidence.interval != TypicalTrial(REGION).evidence(values, ALPHA / 3).interval


def test_eight_of_ten_trials_are_a_quorum():
    enough = verdict([0.0] * 10, [False] * 2 + [True] * 8, looks=(10,))
    assert (enough.status, enough.evidence.point) == (UNDECIDED, 0.0)
    assert verdict([0.0] * 10, [False] * 3 + [True] * 7, looks=(10,)).status is Status.NOT_APPLICABLE


def test_one_condition_is_the_default():
    """Six trials outside: 2 / 2^6 < 0.05, but not < 0.05 / 2."""
    assert verdict([9.0] * 6, looks=(6,)).status is DISAGREES
    outside = np.full((1, 6), 9.0)
    assert judge_conditions(outside, outside > 0, TypicalTrial(REGION), looks=(6,)).status == DISAGREES.code
    assert judge_condition(outside[0], outside[0] > 0, TypicalTrial(REGION), looks=(6,)).status is DISAGREES


def test_before_the_first_look_no_trial_is_looked_at():
    looked = judge_conditions(np.zeros((2, 7)), np.ones((2, 7), dtype=bool), TypicalTrial(REGION), looks=LOOKS)
    assert looked.trials(LOOKS).tolist() == [0, 0]
    assert set(looked.status) == {Status.NOT_RUN.code}


# --- claims ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statuses", list(product((AGREES, DISAGREES, UNDECIDED), repeat=3)))
def test_conditions_without_controls(statuses):
    agree, disagree = statuses.count(AGREES), statuses.count(DISAGREES)
    if agree and disagree:
        expected = Outcome.PARTLY
    elif agree == 3:
        expected = Outcome.SUPPORTED
    elif disagree:
        expected = Outcome.REFUTED
    else:
        expected = Outcome.INCONCLUSIVE
    assert claim(*statuses)[0] is expected


@pytest.mark.parametrize(
    ("must", "there", "supported", "refuted", "partly"),
    [
        ("fail", DISAGREES, Outcome.SUPPORTED, Outcome.REFUTED, Outcome.PARTLY),
        ("fail", AGREES, Outcome.VACUOUS, Outcome.REFUTED, Outcome.INCONCLUSIVE),
        ("fail", UNDECIDED, Outcome.INCONCLUSIVE, Outcome.REFUTED, Outcome.PARTLY),
        ("hold", AGREES, Outcome.SUPPORTED, Outcome.REFUTED, Outcome.PARTLY),
        ("hold", DISAGREES, Outcome.SUPPORTED, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
        ("hold", UNDECIDED, Outcome.SUPPORTED, Outcome.INCONCLUSIVE, Outcome.PARTLY),
    ],
)
def test_controls_guard_what_they_must(must, there, supported, refuted, partly):
    guard = [control(must, there)]
    assert claim(AGREES, AGREES, controls=guard)[0] is supported
    assert claim(DISAGREES, UNDECIDED, controls=guard)[0] is refuted
    assert claim(AGREES, DISAGREES, controls=guard)[0] is partly


@pytest.mark.parametrize("must", ["fail", "hold"])
def test_every_condition_of_a_control_has_to_do_what_it_must(must):
    wanted, opposite = (DISAGREES, AGREES) if must == "fail" else (AGREES, DISAGREES)
    assert control(must, wanted, wanted).kept is True
    assert control(must, wanted, opposite).kept is False
    assert control(must, opposite, UNDECIDED).kept is False
    assert control(must, wanted, UNDECIDED).kept is None
    assert control(must, wanted, Status.NOT_APPLICABLE).kept is None
    assert control(must).kept is None


def test_what_is_silent_is_left_out_of_the_scope():
    outcome, reason = claim(AGREES, Status.NOT_APPLICABLE, Status.UNAVAILABLE)
    assert outcome is Outcome.SUPPORTED
    assert reason == "1 of 1 conditions agree; 1 not applicable (c1); 1 unavailable (c2)"
    assert claim(Status.NOT_APPLICABLE, DISAGREES)[0] is Outcome.REFUTED


def test_nothing_left_to_judge():
    assert claim(Status.UNAVAILABLE, Status.UNAVAILABLE)[0] is Outcome.UNAVAILABLE
    assert claim(Status.NOT_APPLICABLE, Status.UNAVAILABLE)[0] is Outcome.INCONCLUSIVE
    assert claim(Status.NOT_RUN, Status.NOT_RUN)[0] is Outcome.NOT_RUN
    assert claim()[0] is Outcome.NOT_RUN


def test_what_only_lacks_measurement_is_not_run():
    """Claims share blocks: running one measures parts of others, which is no verdict on them."""
    not_run = Status.NOT_RUN
    assert claim(AGREES, not_run) == (Outcome.NOT_RUN, "1 of 2 conditions are not measured yet: c1")
    assert claim(UNDECIDED, not_run, not_run)[0] is Outcome.NOT_RUN
    assert claim(Status.UNAVAILABLE, not_run)[0] is Outcome.NOT_RUN
    assert claim(UNDECIDED, AGREES)[0] is Outcome.INCONCLUSIVE
    assert claim(DISAGREES, not_run)[0] is Outcome.REFUTED  # one of k suffices, whatever the others will say
    assert claim(AGREES, DISAGREES, not_run)[0] is Outcome.PARTLY


@pytest.mark.parametrize(("must", "there"), [("fail", AGREES), ("hold", DISAGREES)])
def test_a_claim_that_waits_for_a_control_without_trials_is_not_run(must, there):
    """Where the control was measured and says nothing, it is inconclusive; where it is not needed, it is decided."""
    outcome, reason = claim(there, controls=[control(must, UNDECIDED, Status.NOT_RUN)])
    assert outcome is Outcome.NOT_RUN
    assert reason.startswith(f"a control that must {must} is not measured yet")
    assert claim(there, controls=[control(must, UNDECIDED)])[0] is Outcome.INCONCLUSIVE
    other = "hold" if must == "fail" else "fail"
    assert claim(there, controls=[control(other, Status.NOT_RUN)])[0] in (Outcome.SUPPORTED, Outcome.REFUTED)


def test_an_error_anywhere_is_the_claims():
    assert claim(AGREES, Status.ERROR) == (Outcome.ERROR, "it is error")
    assert claim(AGREES, controls=[control("fail", Status.ERROR)])[0] is Outcome.ERROR


@pytest.mark.parametrize("others", [(AGREES,), (DISAGREES, AGREES), (Status.NOT_APPLICABLE,), (Status.UNAVAILABLE,)])
def test_what_is_not_judged_anywhere_leaves_the_claim_not_judged(others):
    assert claim(Status.NOT_JUDGED, *others) == (Outcome.NOT_JUDGED, "it is not judged")
    assert claim(*others, controls=[control("fail", Status.NOT_JUDGED)])[0] in (Outcome.NOT_JUDGED, Outcome.UNAVAILABLE)
    assert claim(Status.NOT_JUDGED, Status.ERROR, *others)[0] is Outcome.ERROR
    assert claim(Status.NOT_JUDGED, Status.NOT_RUN, *others)[0] is Outcome.NOT_RUN
    without_control = claim(Status.NOT_JUDGED, *others, controls=[control("fail", Status.NOT_RUN)])
    assert without_control[0] is Outcome.NOT_RUN, "not all of it ran"


def test_partly_says_where():
    assert claim(AGREES, DISAGREES, AGREES)[1] == "2 of 3; fails at c1"


MISSING, NOT_RUN, SILENT = Status.UNAVAILABLE, Status.NOT_RUN, Status.NOT_APPLICABLE
REASONS = [
    ((), (), "this tier runs none of its conditions"),
    ((AGREES, Status.ERROR), (), "it is error"),
    ((AGREES, Status.NOT_JUDGED), (), "c1 is not judged"),
    ((MISSING, MISSING), (), "c0 is unavailable"),
    ((NOT_RUN, NOT_RUN), (), "no trials are recorded"),
    (
        (SILENT, MISSING),
        (),
        "requirements are not met (c0 is not applicable); 1 not applicable (c0); 1 unavailable (c1)",
    ),
    ((AGREES, DISAGREES), (("hold", DISAGREES),), "a control that must hold does not"),
    ((AGREES, DISAGREES), (("hold", AGREES), ("fail", AGREES)), "a control that must fail does not"),
    ((AGREES, DISAGREES, SILENT), (), "1 of 2; fails at c1; 1 not applicable (c2)"),
    ((AGREES, AGREES), (("fail", AGREES),), "a control that must fail agrees"),
    ((AGREES,), (("fail", NOT_RUN),), "a control that must fail is not measured yet (1 of 1 conditions agree)"),
    ((AGREES,), (("fail", UNDECIDED),), "a control that must fail is undecided (1 of 1 conditions agree)"),
    ((AGREES, MISSING), (), "1 of 1 conditions agree; 1 unavailable (c1)"),
    (
        (DISAGREES,),
        (("hold", DISAGREES),),
        "a control that must hold fails: the test would refute a true relation",
    ),
    ((DISAGREES,), (("hold", NOT_RUN),), "a control that must hold is not measured yet"),
    ((DISAGREES,), (("hold", UNDECIDED),), "a control that must hold is undecided"),
    ((DISAGREES, UNDECIDED, SILENT), (), "1 of 2 disagree, none agrees: c0; 1 not applicable (c2)"),
    ((AGREES, NOT_RUN, MISSING), (), "1 of 2 conditions are not measured yet: c1; 1 unavailable (c2)"),
    ((AGREES, UNDECIDED, SILENT), (), "1 of 2 conditions undecided: c1; 1 not applicable (c2)"),
    ((UNDECIDED,) * 3, (), "3 of 3 conditions undecided: c0; c1; c2"),
    ((UNDECIDED,) * 5, (), "5 of 5 conditions undecided: c0; c1; c2 and 2 more"),
]


@pytest.mark.parametrize(("statuses", "controls", "reason"), REASONS)
def test_every_verdict_says_why(statuses, controls, reason):
    conditions = [ConditionVerdict(status, f"c{number} is {status.word}") for number, status in enumerate(statuses)]
    if Status.ERROR in statuses:
        conditions = [condition(status) for status in statuses]
    guards = [control(must, status) for must, status in controls]
    assert judge_claim(conditions, guards, names=[f"c{number}" for number in range(len(statuses))])[1] == reason


# --- error rates ----------------------------------------------------------------------------------------------------

WORLDS = 400


def outcomes(medians, seed: int) -> dict[Outcome, float]:
    """Shares of verdicts over many worlds in which the conditions have these medians and skewed, heavy-tailed noise."""
    generator = np.random.default_rng(seed)
    noise = np.exp(generator.standard_normal((WORLDS, len(medians), LOOKS[-1]))) - 1  # median 0
    counted: dict[Outcome, float] = dict.fromkeys(Outcome, 0.0)
    for world in noise:
        judged = [verdict(m + row, conditions=len(medians)) for m, row in zip(medians, world, strict=True)]
        counted[judge_claim(judged, (), names=list(map(str, medians)))[0]] += 1 / WORLDS
    return counted


def most(rate: float) -> float:
    """Three standard errors above a rate."""
    return rate + 3 * np.sqrt(rate * (1 - rate) / WORLDS)


def test_a_false_claim_on_the_edge_is_rarely_supported():
    """Worst case of the intersection-union test: all conditions true by far, one just outside."""
    assert outcomes([1.0 + 1e-9], seed=1)[Outcome.SUPPORTED] <= most(ALPHA)
    found = outcomes([0.2, 0.2, 1.0 + 1e-9], seed=2)
    assert found[Outcome.SUPPORTED] <= most(ALPHA)


def test_a_true_claim_on_the_edge_is_rarely_refuted():
    """Worst case: each of four conditions on an edge of the region, where disagreement is tested at a / 4."""
    found = outcomes([1.0, -1.0, 1.0, -1.0], seed=3)
    assert found[Outcome.REFUTED] + found[Outcome.PARTLY] <= most(ALPHA)


def test_clear_worlds_are_decided():
    assert outcomes([0.0, 0.1], seed=4)[Outcome.REFUTED] <= most(0.002)
    assert outcomes([5.0, 5.0], seed=5)[Outcome.REFUTED] >= 0.99
    assert outcomes([0.0, 5.0], seed=6)[Outcome.SUPPORTED] == 0.0
