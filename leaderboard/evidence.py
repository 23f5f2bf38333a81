"""On what a verdict rests: a proof, a toy, networks trained or drawn here, or public runs of others, the largest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from leaderboard.names import phenomenon_of
from predictions.data.fetching import public_runs
from runners.reporting.report_model import ClaimReport

SCALES = ((1e4, 1, "below 10,000 parameters"), (1e6, 2, "below a million"), (float("inf"), 3, "a million or more"))
PUBLIC = 4
"""The step of runs that somebody else made and published."""
KINDS = (
    "computed here, without a network of a named size",
    "a toy trained or drawn here",
    "networks trained or drawn here",
    "large networks trained or drawn here",
    "public large runs",
)
"""On what a verdict rests, by the step of its scale."""
LARGE = r"\d[\d.]*(?:[MB]\b|e\d+ FLOP\b)"
SEVERAL = re.compile(rf"{LARGE}(?:(?:, | to | and ){LARGE})*")
PUBLIC_ROOM = "large_runs"
REAL = frozenset("digits cifar10 photographs standard-library tiny-shakespeare".split())
"""Data that nobody made up, as axes and constants name it."""
READ_OFF = re.compile(r"\bpublished [\w-]+ runs\b")
"""How an experiment says that its runs are others', before any record names its data."""


def scale_of(claim: ClaimReport) -> int:
    """How large the networks were behind a verdict: 1 to 3, 4 for public runs, 0 where no network has a named size."""
    if claim.judged and is_public(claim):
        return PUBLIC
    return next((step for edge, step, _ in SCALES if claim.parameters[1] < edge), 3) if claim.parameters else 0


def kind_of(claim: ClaimReport) -> str:
    """On what a verdict rests, in a word; empty before anything was judged."""
    if not claim.judged:
        return ""
    return "theorem" if claim.kind == "theorem" else KINDS[scale_of(claim)]


def kinds(claims: Iterable[ClaimReport]) -> list[tuple[str, int]]:
    """How many claims rest on what, the largest first; none of what was not judged."""
    found = Counter(map(kind_of, claims))
    return [(kind, found[kind]) for kind in (*KINDS[::-1], "theorem") if found[kind]]


def evidence_of(claim: ClaimReport) -> str:
    """The same as a clause: `public large runs, 11M to 6.9B; nothing was trained here`."""
    kind = kind_of(claim)
    if kind == KINDS[PUBLIC]:
        return "; ".join([", ".join([kind, *large_sizes(claim)]), "nothing was trained here"])
    if kind == "theorem":
        return "a theorem: it checks the code, not the theory"
    return f"{kind}, up to {claim.parameters[1]:,} parameters" if kind and claim.parameters else kind


def is_public(claim: ClaimReport) -> bool:
    """Whether its trials are resamples of runs that others published."""
    sets = {it.name for it in public_runs()}
    named = phenomenon_of(claim) == PUBLIC_ROOM or bool(READ_OFF.search(claim.experiment_about))
    return named or bool(sets & claim.data.keys())


def on_real_data(claim: ClaimReport) -> bool:
    """Whether it was judged on images or text that nobody made up, or on public runs."""
    named = {str(value) for condition in claim.judged for value in condition.condition.values()}
    return is_public(claim) or bool(REAL & (named | claim.data.keys() | set(re.findall(r"[\w-]+", claim.scope))))


def large_sizes(claim: ClaimReport) -> list[str]:
    """`11M to 6.9B`: sizes and compute of public models, as their experiment names them."""
    return list(dict.fromkeys(SEVERAL.findall(claim.experiment_about)))
