"""A page a phenomenon: its text, every reading of it on one axis, where it holds, what it assumes, its papers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from leaderboard.evidence import kinds
from leaderboard.forest import data_text, largest, pooled_strip, residuals, size_text
from leaderboard.marks import VERDICTS
from leaderboard.names import phenomenon_of
from leaderboard.quantities import finite, interval_text
from leaderboard.reach import ReachMap, reach_map
from leaderboard.sources import ROOT
from runners.registry.schema import Source
from runners.reporting.report_model import ClaimReport, Report

READINGS = {
    "laws": "Laws of authors",
    "bounds": "Bounds",
    "folklore": "As commonly told, and this project's own readings",
    "theorems": "Theorems: checks of the code",
}
STANDING = ("supported", "partly")
MOST_MAPS = 6


@dataclass(frozen=True)
class Assumption:
    """A property of the run that claims take for granted, and whether the trials had it."""

    name: str
    within: str
    because: str
    missed: int
    """Trials that were set aside, over the claims that require it."""
    trials: int


def phenomena(report: Report) -> dict[str, list[ClaimReport]]:
    """The claims of each phenomenon, in the order of the report."""
    rooms: dict[str, list[ClaimReport]] = {}
    for claim in report.falsifiable:
        if room := phenomenon_of(claim):
            rooms.setdefault(room, []).append(claim)
    return rooms


def about(room: str) -> list[str]:
    """The paragraphs of a room's `about.md`; none where nobody has written one."""
    return paragraphs(room, "about.md")


def paragraphs(room: str, name: str) -> list[str]:
    """Of a text that lies in a room: `response.md` is what authors of its laws answer, in their own words."""
    file = ROOT / "predictions" / room / name
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip() and not part.startswith("#")]


def phenomenon_context(room: str, claims: Sequence[ClaimReport]) -> dict[str, Any]:
    """What a phenomenon's page shows besides its claims' own words."""
    ordered = sorted(claims, key=lambda claim: VERDICTS.index(claim.verdict))
    sources = {source.arxiv or source.doi or source.cite: source for source in (claim.source for claim in claims)}
    return {
        "room": room,
        "paragraphs": about(room),
        "readings": [(title, [c for c in ordered if _reading(c) == key]) for key, title in READINGS.items()],
        "pooled": pooled(claims),
        "pooled_strip": pooled_strip([c for c in claims if c.kind == "law" and c.verdict in STANDING]),
        "sizes": {claim.id: (size_text(claim), data_text(claim)) for claim in claims},
        "evidence": kinds(claims),
        "largest": largest(claims),
        "residuals": residuals(claims),
        "challenges": sum(len(claim.challenges) for claim in claims),
        "responses": paragraphs(room, "response.md"),
        "maps": [(claim, found) for claim, found in _maps(claims)][:MOST_MAPS],
        "assumptions": assumptions(claims),
        "counterexamples": [(claim, found) for claim in claims for found in claim.counterexamples],
        "papers": [(source, bibtex(source)) for source in sources.values()],
    }


def pooled(claims: Sequence[ClaimReport]) -> tuple[float, float, float, int] | None:
    """(median, least, largest, settings) of measured / predicted over every judged setting of laws by ratio that are
    supported or hold in part; None for fewer than three settings."""
    laws = [c for c in claims if c.kind == "law" and c.verdict in STANDING and c.agreement.by == "ratio"]
    points = finite(c.agreement for law in laws if law.agreement.share is None for c in law.judged)
    return (median(points), min(points), max(points), len(points)) if len(points) >= 3 else None


def assumptions(claims: Sequence[ClaimReport]) -> list[Assumption]:
    """What the claims require of a run, each once, with how many trials missed it."""
    found: dict[tuple[str, str], list[ClaimReport]] = {}
    because: dict[tuple[str, str], str] = {}
    for claim in claims:
        for it in claim.requires:
            key = it.measured, interval_text(it.within)
            found.setdefault(key, []).append(claim)
            because.setdefault(key, it.because)
    return [
        Assumption(
            name,
            within,
            because[name, within],
            sum(c.set_aside for claim in members for c in claim.conditions),
            sum(c.trials for claim in members for c in claim.conditions),
        )
        for (name, within), members in found.items()
    ]


def bibtex(source: Source) -> str:
    """An entry of each work of a source, as far as the registry knows it: authors, year, identifier."""
    entries = []
    for work in source.cite.split(";"):
        found = re.search(r"\b(\d{4})[a-z]?\b", work)
        names = re.sub(r"\(.*?\)|\b\d{4}[a-z]?\b.*", "", work).strip(" ,")
        authors = names.replace(" et al.", " and others").replace(" and ", ", ").replace(", others", ", others")
        listed = [name for name in re.split(r",\s*", authors) if name]
        key = re.sub(r"\W", "", listed[0].lower() if listed else "unnamed") + (found[1] if found else "")
        fields = {"author": " and ".join(listed), "year": found[1] if found else ""}
        if source.arxiv:
            fields |= {"eprint": source.arxiv, "archivePrefix": "arXiv"}
        fields |= {"doi": source.doi or "", "url": source.url or ""}
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        entries.append("\n".join([f"@misc{{{key},", *lines, "}"]))
    return "\n".join(entries)


def _reading(claim: ClaimReport) -> str:
    if claim.kind == "theorem":
        return "theorems"
    if claim.held_by != "authors":
        return "folklore"
    return "bounds" if claim.kind == "bound" else "laws"


def _maps(claims: Sequence[ClaimReport]) -> list[tuple[ClaimReport, ReachMap]]:
    return [(claim, found) for claim in claims if (found := reach_map(claim))]
