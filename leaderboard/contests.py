"""Contests: predictions of one observable on the same trials, ranked with ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from leaderboard.marks import VERDICTS
from runners.reporting.report_model import ClaimReport, RivalReport, Tally
from runners.rule.contests import OWN


@dataclass(frozen=True)
class Contestant:
    """A claim or a rival of it, with its place."""

    name: str
    said: ClaimReport | RivalReport
    """What it predicts and what became of it."""
    rank: int
    because: str | None = None
    closer: Mapping[str, Tally] = field(default_factory=dict)
    """Trials against each of the others; empty where bits and verdict decide the ranks."""

    @property
    def own(self) -> bool:
        return self.name == OWN


def contest(claim: ClaimReport) -> list[Contestant]:
    """The claim and its rivals, best first.

    Empty without rivals, and while no condition is judged: what nobody has measured is not a tie. The report's own
    ranking, contestant against contestant on the same trials, decides; without one, bits and verdict do.
    """
    if not claim.rivals or not claim.judged:
        return []
    said = {OWN: claim, **{rival.name: rival for rival in claim.rivals}}
    because = {rival.name: rival.because for rival in claim.rivals}
    if {entry.name for entry in claim.contest} == said.keys():
        return [Contestant(it.name, said[it.name], it.rank, because.get(it.name), it.closer) for it in claim.contest]

    def worth(name: str) -> tuple[float, int]:
        return -(said[name].bits or 0), VERDICTS.index(said[name].verdict)

    ranks = {name: 1 + sum(worth(other) < worth(name) for other in said) for name in said}
    return [Contestant(name, said[name], ranks[name], because.get(name)) for name in sorted(said, key=worth)]


def tied(contestants: Sequence[Contestant], one: Contestant) -> bool:
    """Whether another contestant has this one's rank."""
    return sum(other.rank == one.rank for other in contestants) > 1


def duel_text(one: Contestant) -> str:
    """`closer than initial sharpness in 16 of 16 trials`, a clause for each opponent."""
    clauses = []
    for name, score in one.closer.items():
        equal = f", equal in {score.equal}" if score.equal else ""
        total = score.wins + score.losses + score.equal
        clauses.append(f"closer than {name.replace('-', ' ')} in {score.wins} of {total}{equal}")
    return "; ".join(clauses)
