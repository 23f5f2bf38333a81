"""The history of verdicts: measurements of each claim, what changed from run to run, and every flip.

A measurement is a set of records: one epoch's seeds on one machine with one set of versions. A run that judges stored
records again publishes them once more and measures nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from runners.registry.tiers import TIERS
from runners.reporting.changes import DECIDED, Change, Kind, changes, hardware, versions
from runners.reporting.region import Region
from runners.reporting.run_model import Run, RunClaim

MOST = 12
"""Measurements in a sparkline, the latest ones."""
STEP, HEIGHT = 6, 20


@dataclass(frozen=True)
class Measurement:
    """One measurement of a claim, with what the last run that judged it said."""

    run: Run
    said: RunClaim
    published: tuple[Run, ...]
    """Every run that judged it, oldest first."""

    @property
    def versions(self) -> dict[str, str]:
        """Of the libraries that measured it, where the run says which these are."""
        libraries = self.run.environment.libraries
        return {name: libraries[name] for name in self.said.libraries or libraries if name in libraries}


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
        unsaid = (Kind.NEW, Kind.NOT_RUN)
        return [change for change in self.changes if not change.kind.quiet and change.kind not in unsaid]

    @property
    def flips(self) -> list[Change]:
        return [change for change in self.changes if change.kind is Kind.FLIPPED]

    @property
    def new(self) -> list[Change]:
        return [change for change in self.changes if change.kind is Kind.NEW]


def passages(runs: Sequence[Run]) -> list[Passage]:
    """Each published run beside the last one before it at its tier, of its own epoch if there is one, latest first: an
    epoch that replicates some claims of another comes between two runs of that one, and takes nothing from them."""
    found = []
    for place, after in enumerate(runs):
        earlier = [run for run in runs[:place] if run.tier == after.tier]
        if not earlier:
            continue
        before = next((run for run in reversed(earlier) if run.epoch == after.epoch), earlier[-1])
        around = [text for _, text in versions(before, after)] + hardware(before, after)
        found.append(Passage(before, after, changes(before, after), around))
    return sorted(found, key=lambda passage: passage.after.created, reverse=True)


def measurements(runs: Iterable[Run], claim: str) -> list[Measurement]:
    """The measurements of a claim, oldest first; none where every run found nothing to judge."""
    found: list[Measurement] = []
    for run in runs:
        said = run.claims.get(claim)
        if said is None or not said.conditions:
            continue
        same = (i for i, it in enumerate(found) if it.run.tier == run.tier and it.said.same_records(said))
        at = next(same, len(found))
        found[at : at + 1] = [Measurement(run, said, (*(found[at].published if at < len(found) else ()), run))]
    return found


def measured_anew(runs: Sequence[Run], run: Run) -> int:
    """How many claims a run measured that no run before it had."""
    before = [it for it in runs if it.created < run.created and it.tier == run.tier]
    return sum(
        bool(said.conditions) and not any(name in it.claims and it.claims[name].same_records(said) for it in before)
        for name, said in run.claims.items()
    )


def replicated(runs: Sequence[Run], claims: Iterable[str]) -> int:
    """Of these claims, those that two epochs or more decided at one tier, all of them alike."""

    def alike(name: str) -> bool:
        said: dict[str, dict[str, str]] = {}
        for it in measurements(runs, name):
            said.setdefault(it.run.tier, {})[it.run.epoch] = it.said.verdict
        words = [{*epochs.values()} for epochs in said.values() if len(epochs) > 1]
        return any(len(them) == 1 and them <= {*DECIDED} for them in words)

    return sum(map(alike, claims))


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


def flips_context(runs: Sequence[Run], walk: Sequence[Passage]) -> dict[str, Any]:
    """Every flip, latest first, beside how many verdicts could have flipped: pairs of measurements of one claim."""
    names = dict.fromkeys(name for run in runs for name in run.claims)
    found = {name: measurements(runs, name) for name in names}
    counts = [len([it for it in its if it.run.tier == tier]) for its in found.values() for tier in TIERS]
    return {
        "flips": [(passage, change) for passage in walk for change in passage.flips],
        "measured": sum(counts),
        "repeated": sum(max(0, count - 1) for count in counts),
        "claims": sum(map(bool, found.values())),
    }


def sparkline(runs: Sequence[Run], claim: str, tier: str) -> Markup:
    """A mark a measurement: how high, where the hardest condition stood against its region (the middle third); how
    shaped, the verdict. Nothing for a claim that was measured once.
    """
    found = [it.said for it in measurements(runs, claim) if it.run.tier == tier][-MOST:]
    if len(found) < 2:
        return Markup("")
    marks: dict[str, str] = {}
    for kind, height, first, last in _stretches(found):
        length = STEP * (last - first) + 0.1  # a dash that begins just where its line ends is not drawn
        marks[kind] = marks.get(kind, "") + f"M{STEP * first + 3} {height}h{length:g}"
    words = [said.verdict for said in found]
    told = f"{len(words)} × {words[0]}" if len(set(words)) == 1 else " → ".join(_runs_of(words))
    return Markup('<svg class="spark" role="img" aria-label="{told}">{paths}</svg>').format(
        told=told,
        paths=Markup("").join(Markup('<path class="p {}" d="{}"/>').format(kind, d) for kind, d in marks.items()),
    )


def _stretches(found: Sequence[RunClaim]) -> list[tuple[str, str, int, int]]:
    """(class, height, first, last) of neighbouring marks that are alike: a dashed line draws them all."""
    stretches: list[tuple[str, str, int, int]] = []
    for number, entry in enumerate(found):
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
