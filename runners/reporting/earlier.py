"""What version 0.1 published: reports and runs of schema 1, turned into documents of schema 2.

Nothing else knows what was called otherwise then.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any

Document = dict[str, Any]
KINDS = {"identity": "theorem"}
UNITS = {"thousand": 1e3, "million": 1e6, "billion": 1e9}
NUMBER = r"(\d(?:[\d,.]*\d)?)"
COUNTED = re.compile(rf"{NUMBER}(?: (thousand|million|billion))? (?:parameters|weights)|\bparameters {NUMBER}")


def report(old: Document) -> Document:
    """A report of schema 1 as one of schema 2."""
    return old | {"schema": 2, "epoch": "none", "claims": [_claim(claim) for claim in old["claims"]]}


def run(old: Document) -> Document:
    """A run in short: the same, without what it says it does not know."""
    known = {name: {k: v for k, v in entry.items() if v is not None} for name, entry in old["claims"].items()}
    return old | {"schema": 2, "epoch": "none", "claims": known}


def _claim(old: Document) -> Document:
    source = _renamed({key: value for key, value in old["source"].items() if key != "quoted"}, "where", "at")
    described = old | {"kind": KINDS.get(old["kind"], old["kind"]), "source": source}
    described["reading"] = old["held_by"] == "authors"
    if old["kind"] == "unfalsifiable":
        return described
    del described["postdiction"]  # its status says so
    return described | {
        "agreement": _renamed(old["agreement"], "of", "target"),
        "severity": old["severity"] and [old["severity"]["low"], old["severity"]["high"]],
        "expected_before": None,
        "late": False,
        "seen": False,
        "parameters": _parameters(old["scope"]),
        "seeds": _seeds(old) if old["replication"] == "seeds" else [],
        "contest": [{key: value for key, value in entry.items() if key != "own"} for entry in old["contest"]],
        "conditions": [*map(_condition, old["conditions"])],
        "shown": [*map(_condition, old["shown"])],
        "controls": [one | {"conditions": [*map(_condition, one["conditions"])]} for one in old["controls"]],
        "rivals": [one | {"conditions": [*map(_under_rival, one["conditions"])]} for one in old["rivals"]],
    }


def _parameters(scope: str) -> list[int] | None:
    """The ends of the numbers of parameters that a scope named, which was written by hand then."""
    found = [
        round(float((number or listed).replace(",", "")) * UNITS.get(unit, 1.0))
        for number, unit, listed in COUNTED.findall(scope)
    ]
    return [min(found), max(found)] if found else None


def _condition(old: Document) -> Document:
    """A picture held the points of a fold, curves, or both; rivals have none."""
    picture = {**(old.get("picture") or {})}
    rest = {key: value for key, value in old.items() if key not in ("picture", "label")}
    return rest | {"curves": picture.pop("curves", []), "points": picture or None}


def _under_rival(old: Document) -> Document:
    kept = ("status", "reason", "predicted", "agreement", "interval", "share_in_region")
    return {key: old[key] for key in kept}


def _seeds(old: Document) -> list[int]:
    """They were hashed from experiment, purpose and repeat, and a report did not say them."""
    trials = max((condition["trials"] for condition in old["conditions"]), default=0)
    digests = (sha256(f"{old['experiment']}/record/{repeat}".encode()).digest() for repeat in range(min(8, trials)))
    return [int.from_bytes(digest[:8], "big") >> 1 for digest in digests]


def _renamed(old: Document, was: str, now: str) -> Document:
    return {now if key == was else key: value for key, value in old.items()}
