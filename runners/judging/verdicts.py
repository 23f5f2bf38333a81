"""The rule: from trials to the status of a condition, and from conditions and controls to a verdict.

Pure functions of numbers: no files, no clock, no Ray. The error ALPHA is one claim's:

* *looks*: a condition is examined at up to m numbers of trials; each look is tested at ALPHA / m, so by the union bound
  the chance of a wrong decision at any look is at most ALPHA, whatever the dependence between looks;
* *supported* needs every condition to agree: if one of them is false, agreeing there has chance at most ALPHA, so the
  intersection needs no correction (P(all agree) <= P(the false one agrees));
* *refuted* needs one of k conditions to disagree: each is tested at ALPHA / k, so a true claim is refuted with chance
  at most ALPHA (P(any disagrees) <= k ALPHA / k), however the conditions depend on each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from runners.judging.intervals import Evidence, at_least
from runners.registry.looks import ALPHA

QUORUM = 0.8
"""Share of trials that must meet the requirements; below it the condition is not applicable."""


class Status(Enum):
    """Where one condition stands."""

    AGREES = "The target lies in the region."
    DISAGREES = "The target lies outside the region."
    UNDECIDED = "The interval reaches over an edge of the region; more trials would decide."
    NOT_APPLICABLE = "Too many trials miss a requirement; the theory does not speak about this run."
    UNAVAILABLE = "Data or hardware that this condition needs is missing."
    ERROR = "The measurement or the prediction crashed."
    NOT_RUN = "No trials are recorded."

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", " ")


class Outcome(Enum):
    """What became of a claim."""

    SUPPORTED = "The prediction held in every condition, and the controls show that it could have failed."
    REFUTED = "In at least one condition the measurement lies outside the region, and it agrees in none."
    PARTLY = "The prediction holds in some conditions and fails in others."
    VACUOUS = "It would be supported, but a control that had to fail agrees: the test could not have failed."
    INCONCLUSIVE = "The trials do not decide."
    UNAVAILABLE = "Nothing could be measured: data or hardware is missing."
    ERROR = "A measurement or a prediction crashed."
    NOT_RUN = "Not measured yet, or only in part."
    UNFALSIFIABLE = "Nobody has yet made it precise enough to fail."

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True)
class ConditionVerdict:
    """The status of one condition, at the look that settled it or at the last one there is."""

    status: Status
    reason: str
    evidence: Evidence | None = None
    trials: int = 0
    """Trials looked at, those set aside included."""
    admitted: tuple[int, ...] = ()
    """Which of them count: positions in the order of repeats."""
    look: int = 0
    """Number of the look, from 1; 0 before the first."""
    looks: int = 0

    @property
    def set_aside(self) -> int:
        return self.trials - len(self.admitted)

    @property
    def wants_more(self) -> bool:
        """Whether another look could decide what is still open."""
        return self.status in (Status.UNDECIDED, Status.NOT_RUN) and self.look < self.looks


@dataclass(frozen=True)
class ControlVerdict:
    """A control and whether it did what it had to do: True, False, or None while undecided."""

    must: str
    conditions: tuple[ConditionVerdict, ...]

    @property
    def kept(self) -> bool | None:
        wanted, opposite = (
            (Status.DISAGREES, Status.AGREES) if self.must == "fail" else (Status.AGREES, Status.DISAGREES)
        )
        statuses = [condition.status for condition in self.conditions]
        if any(status is opposite for status in statuses):
            return False
        return True if statuses and all(status is wanted for status in statuses) else None


def judge_condition(
    values: np.ndarray,
    admitted: np.ndarray,
    examine: Callable[[np.ndarray, float, int], Evidence],
    *,
    looks: Sequence[int],
    conditions: int = 1,
) -> ConditionVerdict:
    """Replay the looks on the trials of one condition and stop at the first that decides.

    `values` (trials,) are agreement values in the order of repeats, `admitted` (trials,) says which trials meet the
    requirements; `examine(values, alpha, missing)` is the claim's source of evidence, from the admitted trials and the
    number of those set aside. `conditions` is k, the number of conditions among which a disagreement could be found by
    chance. A condition is not applicable if the quorum is missed at the last look, or before by more than chance
    explains (a binomial test): two of eight trials say little.
    """
    alpha = ALPHA / len(looks)
    verdict = ConditionVerdict(Status.NOT_RUN, f"{len(values)} of {looks[0]} trials", looks=len(looks))
    for number, trials in enumerate(looks, start=1):
        if trials > len(values):
            break
        counted = tuple(np.flatnonzero(admitted[:trials]).tolist())
        here = ConditionVerdict(Status.UNDECIDED, "", None, trials, counted, number, len(looks))
        missing = trials - len(counted)
        if len(counted) < QUORUM * trials:
            missed = f"{missing} of {trials} trials miss a requirement or are undefined"
            if number == len(looks) or at_least(missing, trials, 1 - QUORUM) <= alpha:
                return replace(here, status=Status.NOT_APPLICABLE, reason=missed)
            verdict = replace(here, reason=f"{missed}; more trials would tell")
            continue
        evidence = examine(values[list(counted)], alpha, missing)
        if evidence.p_agree <= alpha:
            return replace(here, status=Status.AGREES, reason=f"p = {evidence.p_agree:.2g}", evidence=evidence)
        if evidence.p_disagree <= alpha / conditions:
            return replace(here, status=Status.DISAGREES, reason=f"p = {evidence.p_disagree:.2g}", evidence=evidence)
        left = "more trials would decide" if number < len(looks) else "the last look is spent"
        verdict = replace(here, reason=f"across an edge of the region; {left}", evidence=evidence)
    return verdict


def judge_claim(
    conditions: Sequence[ConditionVerdict], controls: Sequence[ControlVerdict], *, names: Sequence[str]
) -> tuple[Outcome, str]:
    """Verdict on a claim, with its reason. `names` say in words which condition is which."""
    if not conditions:
        return Outcome.NOT_RUN, "this tier runs none of its conditions"
    by_status = {
        status: [name for name, verdict in zip(names, conditions, strict=True) if verdict.status is status]
        for status in Status
    }
    everything = [*conditions, *(condition for control in controls for condition in control.conditions)]
    if any(verdict.status is Status.ERROR for verdict in everything):
        return Outcome.ERROR, next(verdict.reason for verdict in everything if verdict.status is Status.ERROR)
    if len(by_status[Status.UNAVAILABLE]) == len(conditions):
        return Outcome.UNAVAILABLE, conditions[0].reason
    if len(by_status[Status.NOT_RUN]) == len(conditions):
        return Outcome.NOT_RUN, "no trials are recorded"

    silent = by_status[Status.NOT_APPLICABLE] + by_status[Status.UNAVAILABLE]
    applicable = len(conditions) - len(silent)
    agree, disagree = by_status[Status.AGREES], by_status[Status.DISAGREES]
    aside = f"; {len(silent)} not judged ({_listed(silent)})" if silent else ""
    if not applicable:
        return Outcome.INCONCLUSIVE, f"requirements are not met ({conditions[0].reason}){aside}"

    broken = _broken_control(controls)
    if agree and disagree:
        if broken:
            return Outcome.INCONCLUSIVE, broken
        return Outcome.PARTLY, f"{len(agree)} of {applicable}; fails at {_listed(disagree)}{aside}"
    if len(agree) == applicable:
        return _supported(controls, f"{applicable} of {applicable} conditions agree{aside}")
    if disagree:
        holds = [control for control in controls if control.must == "hold"]
        if any(control.kept is False for control in holds):
            return Outcome.INCONCLUSIVE, "a control that must hold fails: the test would refute a true relation"
        if any(control.kept is None for control in holds):
            return _open_control(holds, "")
        return Outcome.REFUTED, f"{len(disagree)} of {applicable} disagree, none agrees: {_listed(disagree)}{aside}"
    if unmeasured := by_status[Status.NOT_RUN]:
        said = f"{len(unmeasured)} of {applicable} conditions are not measured yet"
        return Outcome.NOT_RUN, f"{said}: {_listed(unmeasured)}{aside}"
    pending = by_status[Status.UNDECIDED]
    return Outcome.INCONCLUSIVE, f"{len(pending)} of {applicable} conditions undecided: {_listed(pending)}{aside}"


def _supported(controls: Sequence[ControlVerdict], reason: str) -> tuple[Outcome, str]:
    fails = [control for control in controls if control.must == "fail"]
    if any(control.kept is False for control in fails):
        return Outcome.VACUOUS, "a control that must fail agrees"
    if any(control.kept is None for control in fails):
        return _open_control(fails, f" ({reason})")
    return Outcome.SUPPORTED, reason


def _open_control(controls: Sequence[ControlVerdict], aside: str) -> tuple[Outcome, str]:
    """What a claim is that only waits for one of these controls: not measured, or measured without a decision."""
    waiting = [control for control in controls if control.kept is None]
    must = f"a control that must {waiting[0].must}"
    if any(condition.status is Status.NOT_RUN for control in waiting for condition in control.conditions):
        return Outcome.NOT_RUN, f"{must} is not measured yet{aside}"
    return Outcome.INCONCLUSIVE, f"{must} is undecided{aside}"


def _broken_control(controls: Sequence[ControlVerdict]) -> str | None:
    for control in controls:
        if control.kept is False:
            return f"a control that must {control.must} does not"
    return None


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more
