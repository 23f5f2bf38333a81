"""Which statements of the review the registry tests, and what became of them: docs/coverage.md.

Statements stand in docs/coverage.yaml; which of them a claim tests, and in whose setting, in its field `review`;
verdict and reach are those of the published report. Measures nothing. After publishing, or after a change of either:

    python benchmarks/coverage_of_review.py > docs/coverage.md
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from leaderboard.evidence import evidence_of, on_real_data, scale_of
from leaderboard.phenomena import phenomena
from leaderboard.table import agreement_text, cell
from runners.commands.options import load_registry
from runners.reporting import published
from runners.reporting.report_model import ClaimReport, Report

ROOT = Path(__file__).resolve().parents[1]
STATEMENTS = ROOT / "docs" / "coverage.yaml"
PAGE = ROOT / "docs" / "coverage.md"
REPORT = published.PUBLISHED / "standard.json"

DECIDED = ("supported", "refuted", "partly")

Sections = Mapping[str, Mapping[str, Mapping[str, str]]]

HEAD = """\
# What the review states, and what is tested of it

*Made by `benchmarks/coverage_of_review.py` from [coverage.yaml](coverage.yaml), the claims' field `review`, and the
verdicts published on {day}; a claim that was changed since keeps its published word until the next.*

The suite takes its questions from a review, "There Will Be a Scientific Theory of Deep Learning" (Simon et al.
2026, arXiv [2604.21691](https://arxiv.org/abs/2604.21691)). The list of statements is ours, in our words: its
sections 2.1 to 2.5 are the review's five bodies of evidence, but where we draw the line between two statements,
and which of the works that it cites count as one, is our choice. *Own*: in the setting that the statement is
about; *reduced*: in a smaller one; *other*: in one that its source does not speak of. A verdict without a word for
its reach is of fixed settings only. A claim's cost is the computing time of one core for what was measured at its fixed
settings and for its controls; claims of one experiment share measurements, and each is told all of it.

Of {statements} statements {own} are tested in their own setting, {reduced} only in a reduced or another one, and {left}
by no claim.
"""


def sections() -> Sections:
    """Statements by section: what each says, and for some why it, or a part of it, is left out."""
    found: Sections = yaml.safe_load(STATEMENTS.read_text())["sections"]
    return found


def page() -> str:
    """The document, from the registry and the report as they stand."""
    registry, report = load_registry(()), published.read_report(REPORT)
    became = {entry.id: entry for entry in report.claims if isinstance(entry, ClaimReport)}
    testing: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, claim in registry.falsifiable.items():
        for statement, setting in claim.review.items():
            testing[statement][name] = setting
    listed = sections()
    best = Counter(_best(testing[statement]) for statements in listed.values() for statement in statements)
    head = HEAD.format(
        day=report.created[:10],
        statements=best.total(),
        own=best["own"],
        reduced=best["reduced"] + best["other"],
        left=best["none"],
    )
    parts = [head, *(line for title, it in listed.items() for line in _section(title, it, testing, became))]
    return "\n".join([*parts, *_strongest(report)]) + "\n"


def _best(claims: Mapping[str, str]) -> str:
    return next((setting for setting in ("own", "reduced", "other") if setting in claims.values()), "none")


def _section(
    title: str,
    statements: Mapping[str, Mapping[str, str]],
    testing: Mapping[str, Mapping[str, str]],
    became: Mapping[str, ClaimReport],
) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| statement | claim | setting | verdict | reach | cost |\n|---|---|---|---|---|---:|"
    for statement, told in statements.items():
        said, claims = told["says"], testing[statement]
        for name, setting in claims.items():
            entry = became.get(name)
            verdict = entry.verdict if entry else "not yet published"
            reach = entry.reach.word if entry and entry.reach else ""
            yield f"| {said} | `{name}` | {setting} | {verdict} | {reach} | {_cost(entry)} |"
            said = ""
        if why := told.get("left"):
            yield f"| {said or '*the rest of it*'} | *none* | | | {why} | |"
    yield ""


def _cost(entry: ClaimReport | None) -> str:
    """Seconds of one core; nothing where nothing was measured."""
    if entry is None or not entry.cost.blocks:
        return ""
    return f"{entry.cost.seconds:,.0f} s" if entry.cost.seconds >= 1 else "under 1 s"


def _strongest(report: Report) -> Iterator[str]:
    """A row a phenomenon: of its decided claims the one that rests on most."""
    yield "## The strongest claim of each phenomenon\n"
    yield "A law before a bound before a theorem; then one that its authors hold, that was decided in full, that was"
    yield "tried in settings drawn at random, on real data, on larger networks, and that earned more bits.\n"
    yield "| phenomenon | claim | verdict | agreement [interval] | drawn settings | rests on |"
    yield "|---|---|---|---|---|---|"
    for room, claims in phenomena(report).items():
        decided = [claim for claim in claims if claim.judged and claim.verdict in DECIDED]
        cells = _row(max(decided, key=_strength)) if decided else ["*none is decided*", "", "", "", ""]
        yield f"| {' | '.join([room.replace('_', ' '), *cells])} |"


def _row(claim: ClaimReport) -> list[str]:
    drawn = claim.reach and claim.reach.held + claim.reach.failed + claim.reach.split
    tried = f"held in {claim.reach.held} of {drawn}" if claim.reach and drawn else ""
    agreement, rests = cell(agreement_text(claim)), cell(evidence_of(claim))
    return [f"{cell(claim.statement)} `{claim.id}`", claim.verdict, agreement, tried, rests]


def _strength(claim: ClaimReport) -> tuple[object, ...]:
    kind = ("theorem", "bound", "law").index(claim.kind)
    drawn = claim.reach is not None and claim.reach.held > 0
    held = (claim.counts, claim.held_by == "authors", claim.verdict != "partly", drawn)
    return (kind, *held, on_real_data(claim), scale_of(claim), claim.bits or 0.0)


if __name__ == "__main__":
    print(page(), end="")
