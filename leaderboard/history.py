"""The history of verdicts: what changed from run to run, and a line a claim."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from runners.reporting.changes import Change, Kind, changes, hardware, versions
from runners.reporting.region import Region
from runners.reporting.run_model import Run, RunClaim

MOST = 12
"""Runs in a sparkline, the latest ones."""
STEP, HEIGHT = 6, 20


@dataclass(frozen=True)
class Passage:
    """From one published run to the next of the same tier."""

    before: Run
    after: Run
    changes: list[Change]
    surroundings: list[str]
    """Versions and hardware that changed."""

    @property
    def counts(self) -> dict[str, int]:
        return {kind.word: sum(change.kind is kind for change in self.changes) for kind in Kind}

    @property
    def told(self) -> list[Change]:
        return [change for change in self.changes if change.kind not in (Kind.HELD, Kind.NEW)]

    @property
    def new(self) -> list[Change]:
        return [change for change in self.changes if change.kind is Kind.NEW]


def passages(runs: Sequence[Run]) -> list[Passage]:
    """Each published run beside the one before it at its tier, latest first."""
    found = []
    for tier in dict.fromkeys(run.tier for run in runs):
        for before, after in pairwise(run for run in runs if run.tier == tier):
            around = [text for _, text in versions(before, after)] + hardware(before, after)
            found.append(Passage(before, after, changes(before, after), around))
    return sorted(found, key=lambda passage: passage.after.created, reverse=True)


def entries(runs: Iterable[Run], claim: str) -> list[tuple[Run, RunClaim]]:
    """The runs that held a claim, with what they said of it, oldest first."""
    return [(run, run.claims[claim]) for run in runs if claim in run.claims]


def injections(runs: Iterable[Run]) -> tuple[int, int]:
    """(caught, injected) over all runs; a copy that several runs judged on the same records counts once."""
    copies = {copy for run in runs for copy in run.injections}
    return sum(caught for *_, caught in copies), len(copies)


def last_flip(walk: Iterable[Passage], claim: str) -> tuple[Passage, Change] | None:
    """The latest flip of a claim."""
    for passage in walk:
        for change in passage.changes:
            if change.claim == claim and change.kind is Kind.FLIPPED:
                return passage, change
    return None


def sparkline(runs: Sequence[Run], claim: str, tier: str) -> Markup:
    """A mark a run: how high, where the hardest condition stood against its region (the middle third); how shaped,
    the verdict. Nothing for a claim with a single run.
    """
    found = [(run, entry) for run, entry in entries(runs, claim) if run.tier == tier][-MOST:]
    if len(found) < 2:
        return Markup("")
    marks: dict[str, str] = {}
    for kind, height, first, last in _stretches(found):
        length = STEP * (last - first) + 0.1  # a dash that begins just where its line ends is not drawn
        marks[kind] = marks.get(kind, "") + f"M{STEP * first + 3} {height}h{length:g}"
    words = [entry.verdict for _, entry in found]
    told = f"{len(words)} × {words[0]}" if len(set(words)) == 1 else " → ".join(_runs_of(words))
    return Markup('<svg class="spark" role="img" aria-label="{told}">{paths}</svg>').format(
        told=told,
        paths=Markup("").join(Markup('<path class="p {}" d="{}"/>').format(kind, d) for kind, d in marks.items()),
    )


def _stretches(found: Sequence[tuple[Run, RunClaim]]) -> list[tuple[str, str, int, int]]:
    """(class, height, first, last) of neighbouring marks that are alike: a dashed line draws them all."""
    stretches: list[tuple[str, str, int, int]] = []
    for number, (_, entry) in enumerate(found):
        look = {"supported": "a", "refuted": "d"}.get(entry.verdict, "u"), _height(entry)
        if stretches and stretches[-1][:2] == look:
            stretches[-1] = (*look, stretches[-1][2], number)
        else:
            stretches.append((*look, number, number))
    return stretches


def _runs_of(words: Sequence[str]) -> list[str]:
    return [word for i, word in enumerate(words) if i == 0 or words[i - 1] != word]


def _height(entry: RunClaim) -> str:
    if entry.within is None:
        return f"{HEIGHT / 2:g}"
    position = Region(entry.by, *entry.within).position(entry.agreement)
    position = 0.0 if math.isnan(position) else min(3.0, max(-3.0, position))
    return f"{HEIGHT / 2 - position / 3 * (HEIGHT / 2 - 3):.0f}"
