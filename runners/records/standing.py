"""Where a verdict stands in time: what was sealed before its records were measured, and what it can therefore be.

* *postdiction*: some of its records were measured before the claim was sealed as it stands
* *extension*: the literature has an answer, but for other data, architectures or sizes (`beyond`)
* *replication*: the literature has an answer (`expect` is not open)
* *prediction*: nobody had one, and no record of the observable under these conditions predates the seal

Records that were measured while the claim, or the size at which it is judged, was sealed as something else judge it by
another bar than they were promised: such a verdict is shown, but neither counted nor scored. What a claim is expected
to do is not sealed, but what was expected when its records were measured stands in the lock that they cite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runners.records.seals import Lock, Sealing, expectation, size_of, times_resealed, understood
from runners.registry.loaded import LoadedRegistry
from runners.registry.schema import Claim

THIS, ANOTHER, UNSEALED = "this", "another", "unsealed"


def standing(
    sealing: Sealing,
    name: str,
    tier: str,
    cited: Iterable[str | None],
    lock: Lock,
    read_lock: Callable[[str], Mapping[str, Any]],
) -> dict[str, Any]:
    """Status of a claim, the seal in force, and under which seals its records were measured.

    `cited` are the names of the locks that its records at this tier cite, `read_lock` gives what stands in one.
    """
    registry = sealing.registry
    claim = registry.claims[name]
    assert isinstance(claim, Claim)
    present, size, entry = sealing.seal(name), sealing.tiers(name).get(tier), lock["claims"].get(name)
    measured: Counter[str] = Counter()
    expected: set[str] = set()
    for lock_name, records in Counter(cited).items():
        then = _entry(name, lock_name, read_lock)
        measured[_bar(then, present, size, tier)] += records
        expected |= {then["expect"]} if then and then.get("expect") else set()
    before = sorted(expected - {expectation(claim)})
    bar = None if not measured else THIS if set(measured) == {THIS} else ANOTHER if measured[ANOTHER] else UNSEALED
    return {
        "status": _status(claim, bar, foreseen=bool(before)),
        "postdiction": bar in (ANOTHER, UNSEALED),
        "bar": bar,
        "measured_under": {which: measured[which] for which in (THIS, ANOTHER, UNSEALED)},
        "seal": present,
        "sealed": max(entry["sealed"], size_of(entry, tier).get("sealed", "")) if entry else None,
        "resealed": times_resealed(entry, tier) if entry else 0,
        "seal_holds": bool(entry) and entry["seal"] == present and size_of(entry, tier).get("seal") == size,
        "expected_before": " or ".join(before) or None,
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
    if described.get("expected_before"):
        return f"when it was measured, it was expected to be {described['expected_before']}"
    return None


def _status(claim: Claim, bar: str | None, *, foreseen: bool) -> str | None:
    """`foreseen`: something else was expected when it was measured, so that calling it open now makes it no news."""
    if bar is None:
        return None
    if bar != THIS:
        return "postdiction"
    if claim.expect == "open" and not foreseen:
        return "prediction"
    return "extension" if claim.beyond else "replication"


def _entry(name: str, lock_name: str | None, read_lock: Callable[[str], Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """What stands of a claim in a lock that a record cites."""
    try:
        return understood(read_lock(lock_name))["claims"].get(name) if lock_name else None
    except FileNotFoundError:  # the lock is lost: nobody can tell what it held
        return None


def _bar(then: Mapping[str, Any] | None, present: str, size: str | None, tier: str) -> str:
    """What the claim was when a record was measured whose lock says this of it."""
    if then is None or then["seal"] is None:  # by version 0.1: nobody can tell what it would be now
        return UNSEALED
    if then["seal"] != present:
        return ANOTHER
    sealed_size = size_of(then, tier).get("seal")
    return UNSEALED if sealed_size is None else THIS if sealed_size == size else ANOTHER
