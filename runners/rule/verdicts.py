"""The rule: from trials to the status of a condition, and from conditions and controls to a verdict.

Pure functions of numbers: no files, no clock, no Ray. `judge_conditions` and `judge_claims` are the rule, for many
worlds at once; `judge_condition` and `judge_claim` say of one world what came out and why. The error ALPHA is one
claim's:

* *looks*: a condition is examined at up to m numbers of trials; each look is tested at ALPHA / m, so by the union bound
  the chance of a wrong decision at any look is at most ALPHA, whatever the dependence between looks;
* *supported* needs every condition to agree: if one of them is false, agreeing there has chance at most ALPHA, so the
  intersection needs no correction (P(all agree) <= P(the false one agrees));
* *refuted* needs one of k conditions to disagree: each is tested at ALPHA / k, so a true claim is refuted with chance
  at most ALPHA (P(any disagrees) <= k ALPHA / k), however the conditions depend on each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from runners.rule.intervals import Evidence, Source, tails
from runners.rule.looks import ALPHA

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
    NOT_JUDGED = "Its trials show that everything runs, and are too few or too small to be judged."

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", " ")

    @property
    def code(self) -> int:
        """Its place in the enumeration: what stands for it in arrays."""
        return _CODES[self]


_STATUSES = tuple(Status)
_CODES = {status: place for place, status in enumerate(_STATUSES)}


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
    NOT_JUDGED = "It ran from end to end, at a size that decides nothing."
    UNFALSIFIABLE = "Nobody has yet made it precise enough to fail."

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", " ")

    @property
    def code(self) -> int:
        """Its place in the enumeration: what stands for it in arrays."""
        return list(Outcome).index(self)


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
    stopped: bool = False
    """Whether there will be no more trials: data or hardware went missing after the first."""

    @property
    def set_aside(self) -> int:
        return self.trials - len(self.admitted)

    @property
    def wants_more(self) -> bool:
        """Whether another look could decide what is still open."""
        return self.status in (Status.UNDECIDED, Status.NOT_RUN) and self.look < self.looks and not self.stopped


@dataclass(frozen=True)
class ControlVerdict:
    """A control and whether it did what it had to do: True, False, or None while undecided."""

    must: str
    conditions: tuple[ConditionVerdict, ...]

    @property
    def kept(self) -> bool | None:
        kept, broken = (bool(which) for which in _kept(self.must, _codes(self.conditions)))
        return True if kept else False if broken else None


@dataclass(frozen=True)
class Looked:
    """What the looks say in each world (worlds,)."""

    status: np.ndarray
    """Codes of `Status`."""
    look: np.ndarray
    """The look that settled it, or the last one there is: from 1; 0 before the first."""
    agree: np.ndarray
    """p_agree at that look, 1 before the first."""
    disagree: np.ndarray
    """p_disagree there."""

    def trials(self, looks: Sequence[int]) -> np.ndarray:
        """Trials looked at."""
        return np.array([0, *looks])[self.look]


def judge_conditions(
    values: np.ndarray, admitted: np.ndarray, source: Source, *, looks: Sequence[int], conditions: int = 1
) -> Looked:
    """Replay the looks on the trials of one condition in each world and stop at the first that decides.

    `values` (worlds, trials) are agreement values in the order of repeats, `admitted` (worlds, trials) says which
    trials meet the requirements. `conditions` is k, the number of conditions among which a disagreement could be found
    by chance. A condition is not applicable if the quorum is missed at the last look, or before by more than chance
    explains (a binomial test): two of eight trials say little.
    """
    worlds, alpha = len(values), ALPHA / len(looks)
    status, look = np.full(worlds, Status.NOT_RUN.code), np.zeros(worlds, dtype=int)
    p_agree, p_disagree = np.ones(worlds), np.ones(worlds)
    open_ = np.arange(worlds)
    for number, trials in enumerate(looks, start=1):
        if trials > values.shape[1] or not len(open_):
            break
        here = admitted[open_, :trials]
        counted = np.count_nonzero(here, axis=1)
        short = counted < QUORUM * trials
        hopeless = tails(trials, 1 - QUORUM)[trials - counted] <= alpha
        agree, disagree = source.chances(values[open_, :trials], here)
        agrees, disagrees = ~short & (agree <= alpha), ~short & (disagree <= alpha / conditions)
        silent = short & (hopeless | (number == len(looks)))
        found = np.select(
            [silent, agrees, disagrees],
            [Status.NOT_APPLICABLE.code, Status.AGREES.code, Status.DISAGREES.code],
            Status.UNDECIDED.code,
        )
        status[open_], look[open_], p_agree[open_], p_disagree[open_] = found, number, agree, disagree
        open_ = open_[found == Status.UNDECIDED.code]
    return Looked(status, look, p_agree, p_disagree)


def judge_condition(
    values: np.ndarray, admitted: np.ndarray, source: Source, *, looks: Sequence[int], conditions: int = 1
) -> ConditionVerdict:
    """The verdict on the trials (trials,) of one condition, with evidence and reason."""
    return judge_each(values[None], admitted[None], source, looks=looks, conditions=conditions)[0]


def judge_each(
    values: np.ndarray, admitted: np.ndarray, source: Source, *, looks: Sequence[int], conditions: int = 1
) -> list[ConditionVerdict]:
    """The verdict on each world's trials (worlds, trials), with evidence and reason."""
    looked = judge_conditions(values, admitted, source, looks=looks, conditions=conditions)
    return [_told(values[world], admitted[world], source, looks, looked, world) for world in range(len(values))]


def _told(
    values: np.ndarray, admitted: np.ndarray, source: Source, looks: Sequence[int], looked: Looked, world: int
) -> ConditionVerdict:
    """What the looks say of one world's trials (trials,), in words."""
    status, look = _STATUSES[looked.status[world]], int(looked.look[world])
    if not look:
        return ConditionVerdict(status, f"{len(values)} of {looks[0]} trials", looks=len(looks))
    trials = looks[look - 1]
    at = np.flatnonzero(admitted[:trials])
    counted = tuple(at.tolist())
    evidence, left = None, "more trials would decide" if look < len(looks) else "the last look is spent"
    if len(counted) < QUORUM * trials:
        reason = f"{trials - len(counted)} of {trials} trials miss a requirement or are undefined"
        reason += "; more trials would tell" if status is Status.UNDECIDED else ""
    else:
        known, missing = values[at], trials - len(at)
        chances = float(looked.agree[world]), float(looked.disagree[world])
        evidence = Evidence(*source.estimate(known, ALPHA / len(looks), missing), *chances)
        reason = f"p = {chances[status is not Status.AGREES]:.2g}"
        if status is Status.UNDECIDED:
            (low, high), (least, most) = evidence.interval, source.target_region
            # limits have alpha a side, as agreement needs; disagreement, which may lie on either side, needs half of it
            beside = f"outside the region, but not surely (p = {chances[1]:.2g})" if low > most or high < least else ""
            reason = f"{source.doubt(known, missing) or beside or 'across an edge of the region'}; {left}"
    return ConditionVerdict(status, reason, evidence, trials, counted, look, len(looks))


def judge_claims(conditions: np.ndarray, controls: Sequence[tuple[str, np.ndarray]] = ()) -> np.ndarray:
    """What becomes of a claim in each world (worlds,), as codes of `Outcome`.

    `conditions` (worlds, k) are codes of `Status`; a control is what it must do, and the codes (worlds, c) of its own.
    """
    rows = _table(conditions, controls)
    return np.select([true for _, _, true in rows], [outcome.code for _, outcome, _ in rows])


def judge_claim(
    conditions: Sequence[ConditionVerdict], controls: Sequence[ControlVerdict], *, names: Sequence[str]
) -> tuple[Outcome, str]:
    """Verdict on a claim, with its reason. `names` say in words which condition is which."""
    rows = _table(_codes(conditions), [(control.must, _codes(control.conditions)) for control in controls])
    why, outcome = next((why, outcome) for why, outcome, true in rows if true.all())
    return outcome, _reason(why, conditions, controls, names)


def _table(conditions: np.ndarray, controls: Sequence[tuple[str, np.ndarray]]) -> list[tuple[str, Outcome, np.ndarray]]:
    """Why, outcome and worlds (worlds,): the first row that is true of a world is the verdict there."""
    worlds, k = conditions.shape
    nowhere = np.zeros(worlds, dtype=bool)
    count = {status: np.count_nonzero(conditions == status.code, axis=1) for status in Status}
    broken, waiting, unmeasured = ({"fail": nowhere, "hold": nowhere} for _ in range(3))
    crashed, unjudged = count[Status.ERROR] > 0, count[Status.NOT_JUDGED] > 0
    left_out = count[Status.NOT_RUN] > 0
    for must, found in controls:
        did, did_not = _kept(must, found)
        open_ = ~did & ~did_not
        broken[must], waiting[must] = broken[must] | did_not, waiting[must] | open_
        unmeasured[must] = unmeasured[must] | (open_ & np.any(found == Status.NOT_RUN.code, axis=1))
        crashed = crashed | np.any(found == Status.ERROR.code, axis=1)
        unjudged = unjudged | np.any(found == Status.NOT_JUDGED.code, axis=1)
        left_out = left_out | np.any(found == Status.NOT_RUN.code, axis=1)
    agree, disagree = count[Status.AGREES], count[Status.DISAGREES]
    applicable = k - count[Status.NOT_APPLICABLE] - count[Status.UNAVAILABLE]
    divided, agreed, disagreed = (agree > 0) & (disagree > 0), agree == applicable, disagree > 0
    always = ~nowhere
    return [
        ("nothing is run", Outcome.NOT_RUN, always & (k == 0)),
        ("crashed", Outcome.ERROR, crashed),
        ("unavailable", Outcome.UNAVAILABLE, count[Status.UNAVAILABLE] == k),
        ("no trials", Outcome.NOT_RUN, count[Status.NOT_RUN] == k),
        ("not shown", Outcome.NOT_RUN, unjudged & left_out),
        ("not judged", Outcome.NOT_JUDGED, unjudged),
        ("not applicable", Outcome.INCONCLUSIVE, applicable == 0),
        ("divided, a control broken", Outcome.INCONCLUSIVE, divided & (broken["fail"] | broken["hold"])),
        ("divided", Outcome.PARTLY, divided),
        ("cannot fail", Outcome.VACUOUS, agreed & broken["fail"]),
        ("fail unmeasured", Outcome.NOT_RUN, agreed & unmeasured["fail"]),
        ("fail undecided", Outcome.INCONCLUSIVE, agreed & waiting["fail"]),
        ("agreed", Outcome.SUPPORTED, agreed),
        ("hold broken", Outcome.INCONCLUSIVE, disagreed & broken["hold"]),
        ("hold unmeasured", Outcome.NOT_RUN, disagreed & unmeasured["hold"]),
        ("hold undecided", Outcome.INCONCLUSIVE, disagreed & waiting["hold"]),
        ("disagreed", Outcome.REFUTED, disagreed),
        ("unmeasured", Outcome.NOT_RUN, count[Status.NOT_RUN] > 0),
        ("undecided", Outcome.INCONCLUSIVE, always),
    ]


def _reason(
    why: str, conditions: Sequence[ConditionVerdict], controls: Sequence[ControlVerdict], names: Sequence[str]
) -> str:
    """A row of the table in words."""
    everything = [*conditions, *(condition for control in controls for condition in control.conditions)]

    def those(*statuses: Status) -> list[str]:
        return [name for status in statuses for name, it in zip(names, conditions) if it.status is status]

    silent = {status: those(status) for status in (Status.NOT_APPLICABLE, Status.UNAVAILABLE)}
    applicable = len(conditions) - sum(map(len, silent.values()))
    aside = "".join(f"; {len(names)} {status.word} ({_listed(names)})" for status, names in silent.items() if names)
    agree, disagree = those(Status.AGREES), those(Status.DISAGREES)
    agreed = f"{applicable} of {applicable} conditions agree{aside}"
    match why:
        case "nothing is run":
            return "this tier runs none of its conditions"
        case "crashed":
            return next(verdict.reason for verdict in everything if verdict.status is Status.ERROR)
        case "unavailable":
            return conditions[0].reason
        case "no trials":
            return "no trials are recorded"
        case "not judged":
            return next(verdict.reason for verdict in everything if verdict.status is Status.NOT_JUDGED)
        case "not applicable":
            return f"requirements are not met ({conditions[0].reason}){aside}"
        case "divided, a control broken":
            return f"a control that must {next(it.must for it in controls if it.kept is False)} does not"
        case "divided":
            return f"{len(agree)} of {applicable}; fails at {_listed(disagree)}{aside}"
        case "cannot fail":
            return "a control that must fail agrees"
        case "fail unmeasured":
            return f"a control that must fail is not measured yet ({agreed})"
        case "fail undecided":
            return f"a control that must fail is undecided ({agreed})"
        case "agreed":
            return agreed
        case "hold broken":
            return "a control that must hold fails: the test would refute a true relation"
        case "hold unmeasured":
            return "a control that must hold is not measured yet"
        case "hold undecided":
            return "a control that must hold is undecided"
        case "disagreed":
            return f"{len(disagree)} of {applicable} disagree, none agrees: {_listed(disagree)}{aside}"
        case "unmeasured" | "not shown":
            unmeasured = those(Status.NOT_RUN)
            said = f"{len(unmeasured)} of {applicable} conditions are not measured yet"
            return f"{said}: {_listed(unmeasured)}{aside}"
    pending = those(Status.UNDECIDED)
    return f"{len(pending)} of {applicable} conditions undecided: {_listed(pending)}{aside}"


def _kept(must: str, conditions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether a control with these statuses (worlds, c) did what it must, and whether it did the opposite."""
    agree, disagree = (conditions == status.code for status in (Status.AGREES, Status.DISAGREES))
    wanted, opposite = (disagree, agree) if must == "fail" else (agree, disagree)
    return np.all(wanted, axis=1) & (conditions.shape[1] > 0), np.any(opposite, axis=1)


def _codes(conditions: Sequence[ConditionVerdict]) -> np.ndarray:
    """(1, k)."""
    return np.array([condition.status.code for condition in conditions], dtype=int)[None]


def _listed(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return "; ".join(names[:most]) + more
