"""The front page: counts, theories, contests, claims, and what is listed apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from leaderboard import summaries
from leaderboard.contests import contest
from leaderboard.evidence import on_real_data
from leaderboard.history import injections, last_flip, passages, replicated
from leaderboard.marks import VERDICTS
from leaderboard.one_law import one_law
from leaderboard.rely import RULES
from leaderboard.templating import STRANDS
from runners.reporting.report_model import ClaimReport, Report
from runners.reporting.run_model import Run
from runners.reporting.standing_apart import nested, resting_of
from runners.rule.looks import ALPHA

DECIDED = ("supported", "refuted", "partly")


def front_context(report: Report, runs: Sequence[Run]) -> dict[str, Any]:
    """Claims in the board's order: laws and bounds by strand, then what is listed apart."""
    claims = report.falsifiable
    judged = nested([c for c in claims if c.kind != "theorem"])
    records = summaries.theories(claims)
    walk = passages(runs)
    decided = sum(report.counts.get(word, 0) for word in DECIDED)
    return {
        "counts": [
            ("Laws and bounds of authors", counted([c for c in claims if c.held_by == "authors" and c.counts])),
            ("Folklore, null models", counted([c for c in claims if c.held_by != "authors" and c.counts])),
            ("Their corollaries", counted([c for c in claims if not c.counts and c.kind != "theorem"])),
            ("Theorems (proved)", counted([c for c in claims if c.kind == "theorem"])),
        ],
        "decided": decided,
        "resting": resting_of(report),
        "injections": injections(runs),
        "wrong": ALPHA * decided,
        "alpha": ALPHA,
        "expected": expected(claims),
        "counterexamples": sum(len(claim.counterexamples) for claim in claims),
        "replicated": replicated(runs, [claim.id for claim in claims if claim.counts]),
        "one_law": one_law(claims),
        "reached": [(word, reaching(claims, word)) for word in ("wide", "narrow", "open")],
        "real": on_real([c for c in judged if c.held_by == "authors" and c.counts and c.verdict in DECIDED]),
        "rules": [(rule, evidence(claims, rule.claims), reaches(claims, rule.claims)) for rule in RULES],
        "reaching": any(claim.reach and claim.reach.applicable for claim in claims),
        "strands": [(key, title, [c for c in judged if c.strand == key]) for key, title in STRANDS.items()],
        "theorems": [c for c in claims if c.kind == "theorem"],
        "unfalsifiable": report.unfalsifiable,
        "theories": [
            ("Held by their authors", [r for r in records if r.held_by == "authors"]),
            ("Folklore and null models, apart", [r for r in records if r.held_by != "authors"]),
        ],
        "contests": [(c, entries) for c in judged if (entries := contest(c))],
        "flips": {c.id: found for c in claims if (found := last_flip(walk, c.id))},
        "tiers": {c.id: tiers(report, runs, c.id) for c in claims},
    }


def on_real(claims: Sequence[ClaimReport]) -> tuple[int, int]:
    """(on real data or public runs, all) of decided laws."""
    return sum(map(on_real_data, claims)), len(claims)


def evidence(claims: Sequence[ClaimReport], names: Sequence[str]) -> list[tuple[str, int]]:
    """How many of the claims behind a rule have each verdict, of those that were judged."""
    return counted([c for c in claims if c.id in names and c.has_verdict])


def reaches(claims: Sequence[ClaimReport], names: Sequence[str]) -> list[tuple[str, int]]:
    """How many of the claims behind a rule were found to reach widely, and how many not to."""
    found = {word: sum(c.id in names for c in reaching(claims, word)) for word in ("wide", "narrow")}
    return [(word, count) for word, count in found.items() if count]


def counted(claims: Sequence[ClaimReport]) -> list[tuple[str, int]]:
    """How many of these claims have each verdict, in the board's order."""
    found = Counter(c.verdict for c in claims)
    return [(word, found[word]) for word in VERDICTS if word in found]


def reaching(claims: Sequence[ClaimReport], word: str) -> list[ClaimReport]:
    """Claims whose draws tell this reach, laws of authors first: as many as have this rim in the overview."""
    return sorted(
        (c for c in claims if c.reach and c.reach.applicable and c.reach.word == word),
        key=lambda c: (c.held_by != "authors", not c.counts),
    )


def expected(claims: Sequence[ClaimReport]) -> tuple[int, int]:
    """(found as expected, expected at all): counted claims with a verdict for which the literature suggests one."""
    told = [c for c in claims if c.counts and c.expect != "open" and c.verdict in (*DECIDED, "vacuous")]
    return sum(c.verdict == c.expect for c in told), len(told)


def tiers(report: Report, runs: Sequence[Run], claim: str) -> str:
    """The tiers at which a claim was judged in other runs, besides this report's."""
    found = dict.fromkeys(run.tier for run in runs if claim in run.claims)
    return " ".join(tier for tier in found if tier != report.tier)
