"""The rule for many worlds at once: looks, quorum and alpha of `judge_condition`, the table of `judge_claim`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from runners.calibration.evidence import Source
from runners.judging.intervals import at_least
from runners.judging.verdicts import ALPHA, QUORUM, Outcome, Status

STATUSES = (Status.UNDECIDED, Status.AGREES, Status.DISAGREES, Status.NOT_APPLICABLE)
UNDECIDED, AGREES, DISAGREES, NOT_APPLICABLE = range(4)
OUTCOMES = (Outcome.INCONCLUSIVE, Outcome.SUPPORTED, Outcome.REFUTED, Outcome.PARTLY, Outcome.VACUOUS)
INCONCLUSIVE, SUPPORTED, REFUTED, PARTLY, VACUOUS = range(5)


def judge_conditions(
    values: np.ndarray, admitted: np.ndarray, source: Source, *, looks: Sequence[int], conditions: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Status (worlds,) of one condition, as positions in STATUSES, and trials spent (worlds,)."""
    worlds, alpha = len(values), ALPHA / len(looks)
    status = np.full(worlds, UNDECIDED)
    spent = np.full(worlds, looks[-1])
    open_ = np.ones(worlds, dtype=bool)
    for number, trials in enumerate(looks, start=1):
        at = np.flatnonzero(open_)
        if not len(at):
            break
        admitted_here = admitted[at, :trials]
        missing = trials - np.sum(admitted_here, axis=1)
        short = trials - missing < QUORUM * trials
        by_chance = np.array([at_least(count, trials, 1 - QUORUM) > alpha for count in range(trials + 1)])[missing]
        agree, disagree = source(values[at, :trials], admitted_here)
        found = np.where(agree <= alpha, AGREES, np.where(disagree <= alpha / conditions, DISAGREES, UNDECIDED))
        missed = NOT_APPLICABLE if number == len(looks) else np.where(by_chance, UNDECIDED, NOT_APPLICABLE)
        found = np.where(short, missed, found)
        status[at] = found
        settled = at[found != UNDECIDED]
        spent[settled], open_[settled] = trials, False
    return status, spent


def judge_claims(
    conditions: np.ndarray, *, fail: np.ndarray | None = None, hold: np.ndarray | None = None
) -> np.ndarray:
    """Outcome (worlds,), as positions in OUTCOMES, of claims with these conditions (worlds, k) and controls.

    `fail` and `hold` are the statuses (worlds,) of a control of either kind, if there is one.
    """
    worlds = len(conditions)
    applicable = np.sum(conditions != NOT_APPLICABLE, axis=1)
    agree, disagree = np.sum(conditions == AGREES, axis=1), np.sum(conditions == DISAGREES, axis=1)
    kept = {"fail": np.ones(worlds, bool), "hold": np.ones(worlds, bool)}
    broken = {"fail": np.zeros(worlds, bool), "hold": np.zeros(worlds, bool)}
    for must, control, wanted in (("fail", fail, DISAGREES), ("hold", hold, AGREES)):
        if control is not None:
            kept[must] = control == wanted
            broken[must] = (control == AGREES) | (control == DISAGREES)
            broken[must] &= ~kept[must]
    outcome = np.full(worlds, INCONCLUSIVE)
    every = (agree == applicable) & (applicable > 0)
    outcome[every & kept["fail"]] = SUPPORTED
    outcome[every & broken["fail"]] = VACUOUS
    outcome[(disagree > 0) & (agree == 0) & kept["hold"]] = REFUTED
    outcome[(disagree > 0) & (agree > 0) & ~broken["fail"] & ~broken["hold"]] = PARTLY
    return outcome
