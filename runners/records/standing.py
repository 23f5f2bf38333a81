"""Where a verdict stands in time: what was sealed before its records were measured, and what it can therefore be.

* *postdiction*: some of its records were measured before the claim was sealed as it stands
* *extension*: the literature has an answer, but for other data, architectures or sizes (`extends`)
* *replication*: the literature has an answer (`expect` is not open)
* *prediction*: nobody had one, and no record of the observable under these conditions predates the seal

Records that were measured while the claim was sealed as something else judge it by another bar than they were promised:
such a verdict is shown, but neither counted nor scored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runners.records.seals import Lock, seal
from runners.registry.loaded import LoadedRegistry
from runners.registry.schema import Claim

THIS, ANOTHER, UNSEALED = "this", "another", "unsealed"


def standing(
    registry: LoadedRegistry,
    name: str,
    cited: Iterable[str | None],
    lock: Lock,
    read_lock: Callable[[str], Mapping[str, Any]],
) -> dict[str, Any]:
    """Status of a claim, the seal in force, and under which seals its records were measured.

    `cited` are the names of the locks that its records cite, `read_lock` gives what stands in one.
    """
    claim = registry.claims[name]
    assert isinstance(claim, Claim)
    present, entry = seal(registry, name), lock["claims"].get(name)
    measured: Counter[str] = Counter()
    for lock_name, records in Counter(cited).items():
        measured[_bar(name, present, lock_name, read_lock)] += records
    bar = None if not measured else THIS if set(measured) == {THIS} else ANOTHER if measured[ANOTHER] else UNSEALED
    return {
        "status": _status(claim, bar),
        "postdiction": bar in (ANOTHER, UNSEALED),
        "bar": bar,
        "measured_under": {which: measured[which] for which in (THIS, ANOTHER, UNSEALED)},
        "seal": present,
        "sealed": entry["sealed"] if entry else None,
        "resealed": entry["resealed"] if entry else 0,
        "seal_holds": bool(entry) and entry["seal"] == present,
        "supersedes": claim.supersedes,
        "superseded_by": superseded_by(registry, name),
    }


def superseded_by(registry: LoadedRegistry, name: str) -> str | None:
    """The claim that replaces this one, which keeps its page but counts no more."""
    return next((other for other, claim in registry.falsifiable.items() if claim.supersedes == name), None)


def counts(described: Mapping[str, Any]) -> bool:
    """Whether a claim of a report is counted and scored: judged by its own bar, and not superseded."""
    return described.get("bar") != ANOTHER and described.get("superseded_by") is None


def caveat(described: Mapping[str, Any]) -> str | None:
    """What a reader of a report's verdict has to know of its standing, in words; None if nothing."""
    if described.get("superseded_by"):
        return f"superseded by {described['superseded_by']}: neither counted nor scored"
    if described.get("bar") == ANOTHER:
        return "judged by another bar than was sealed when it was measured: neither counted nor scored"
    if described.get("bar") == UNSEALED:
        return "measured before it was sealed as it stands: a postdiction"
    return None


def _status(claim: Claim, bar: str | None) -> str | None:
    if bar is None:
        return None
    if bar != THIS:
        return "postdiction"
    if claim.expect == "open":
        return "prediction"
    return "extension" if claim.beyond else "replication"


def _bar(name: str, present: str, lock_name: str | None, read_lock: Callable[[str], Mapping[str, Any]]) -> str:
    """What the claim was when a record that cites this lock was measured."""
    try:
        entry = read_lock(lock_name)["claims"].get(name) if lock_name else None
    except FileNotFoundError:  # the lock is lost: nobody can tell what it held
        entry = None
    if entry is None:
        return UNSEALED
    return THIS if entry["seal"] == present else ANOTHER
