"""Contests: predictions of one observable on the same trials, ranked with ties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leaderboard.marks import VERDICTS
from leaderboard.summaries import measured_conditions

OWN = "this claim"


def contest(claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The claim and its rivals, best first, each with rank, verdict, bits and conditions.

    Empty without rivals, and while no condition is judged: what nobody has measured is not a tie.

    The report's own ranking, contestant against contestant on the same trials, decides; a report that holds none is
    ranked by bits and verdict.
    """
    if not claim.get("rivals") or not measured_conditions(claim["conditions"]):
        return []
    own = {key: claim[key] for key in ("predicted", "held_by", "verdict", "bits", "conditions")}
    entries = {OWN: {"name": OWN, "because": None, "own": True, **own}}
    entries |= {rival["name"]: {"own": False, **rival} for rival in claim["rivals"]}
    ranked = claim.get("contest") or []
    if ranked and {entry["name"] for entry in ranked} == set(entries):
        return [entries[entry["name"]] | {"paired": True} | entry for entry in ranked]
    return _by_bits(list(entries.values()))


def tied(entries: list[dict[str, Any]], entry: Mapping[str, Any]) -> bool:
    """Whether another contestant has this one's rank."""
    return sum(other["rank"] == entry["rank"] for other in entries) > 1


def duel_text(entry: Mapping[str, Any]) -> str:
    """`closer than initial sharpness in 16 of 16 trials`, a clause for each opponent."""
    clauses = []
    for name, score in (entry.get("closer") or {}).items():
        total = score["wins"] + score["losses"] + score["equal"]
        equal = f", equal in {score['equal']}" if score["equal"] else ""
        clauses.append(f"closer than {name.replace('-', ' ')} in {score['wins']} of {total}{equal}")
    return "; ".join(clauses)


def _by_bits(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def worth(entry: Mapping[str, Any]) -> tuple[float, int]:
        return -(entry["bits"] or 0), VERDICTS.index(entry["verdict"])

    ordered = sorted(entries, key=worth)
    return [
        entry | {"paired": False, "rank": 1 + sum(worth(other) < worth(entry) for other in entries)}
        for entry in ordered
    ]
