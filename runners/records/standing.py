"""Where a verdict stands in time: what was sealed before its records were measured, and what it can therefore be.

* *postdiction*: some of its records were measured before the claim was sealed as it stands, or it was sealed so after
  the epoch was announced, or its record seeds had been run before, as their store knows (`looks`) or the registry says
  (`changed`)
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
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from runners.records.epochs import UNSALTED, Epoch
from runners.records.looked import Look
from runners.records.seals import Lock, Sealing, expectation, size_of, times_resealed
from runners.registry.schema import Claim

THIS: Literal["this"] = "this"
ANOTHER: Literal["another"] = "another"
UNSEALED: Literal["unsealed"] = "unsealed"
Bar = Literal["this", "another", "unsealed"]
Status = Literal["prediction", "replication", "extension", "postdiction"]


class Standing(BaseModel):
    """What a claim's verdict can be, by what was sealed when its records were measured."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    status: Status | None
    """prediction, replication, extension or postdiction; null while nothing is measured."""
    bar: Bar | None
    """As what the claim was sealed when it was measured: as this, as another, or (in part) not at all."""
    measured_under: dict[Bar, int]
    """Its records, by that."""
    seal: str
    """Hash of the claim as it stands."""
    sealed: str | None
    """Day since which the lock holds it."""
    resealed: int
    """How often it was sealed anew."""
    seal_holds: bool
    """Whether the lock holds it as it stands."""
    expected_before: str | None
    """What was expected when it was measured, if something else."""
    late: bool
    """Whether it was sealed so only after its epoch was announced."""
    seen: bool
    """Whether record seeds of its epoch had been run before, while it was sealed otherwise or not at all."""
    changed: str | None = None
    """What was changed after record seeds had been seen, unless this epoch was announced after that."""
    supersedes: str | None
    """The claim that it replaces."""
    superseded_by: str | None
    """The claim that replaces it: it keeps its page, and counts no more."""

    @property
    def counts(self) -> bool:
        """Whether it is counted and scored: judged by its own bar, and not superseded."""
        return self.bar != ANOTHER and self.superseded_by is None

    @property
    def caveat(self) -> str | None:
        """What a reader of the verdict has to know of its standing, in words; None if nothing."""
        if self.superseded_by:
            return f"superseded by {self.superseded_by}: neither counted nor scored"
        if self.bar == ANOTHER:
            return "judged by another bar than was sealed when it was measured: neither counted nor scored"
        if self.changed:
            return told(self.changed)
        if self.bar == UNSEALED:
            return "measured before it was sealed as it stands: a postdiction"
        if self.late:
            return "sealed as it stands only after its epoch was announced: a postdiction"
        if self.seen:
            return "its record seeds had been run before it was sealed as it stands: a postdiction"
        return f"when it was measured, it was expected to be {self.expected_before}" if self.expected_before else None


def standing(
    sealing: Sealing,
    name: str,
    tier: str,
    cited: Iterable[str | None],
    lock: Lock,
    read_lock: Callable[[str], Mapping[str, Any]],
    *,
    epoch: Epoch = UNSALTED,
    looks: Iterable[Look] = (),
) -> Standing:
    """Status of a claim, the seal in force, and under which seals its records were measured.

    `cited` are the names of the locks that its records at this tier cite, `read_lock` gives one as it is understood;
    `looks` are the runs of the claim on the record seeds of the epoch.
    """
    registry = sealing.registry
    claim = registry.claims[name]
    assert isinstance(claim, Claim)
    present, size, entry = sealing.seal(name), sealing.tiers(name).get(tier), lock["claims"].get(name)
    measured: Counter[Bar] = Counter()
    expected: set[str] = set()
    for lock_name, records in Counter(cited).items():
        then = _entry(name, lock_name, read_lock)
        measured[_bar(then, present, size, tier)] += records
        expected |= {then["expect"]} if then and then.get("expect") else set()
    before = sorted(expected - {expectation(claim)})
    bar = None if not measured else THIS if set(measured) == {THIS} else ANOTHER if measured[ANOTHER] else UNSEALED
    late = size is not None and not epoch.foretold(name, present, tier, size)
    seen = _seen(looks, present)
    changed = changed_after_a_look(sealing, name, tier, epoch)
    return Standing(
        status=_status(claim, UNSEALED if bar and (late or seen or changed) else bar, foreseen=bool(before)),
        bar=bar,
        measured_under={THIS: measured[THIS], ANOTHER: measured[ANOTHER], UNSEALED: measured[UNSEALED]},
        seal=present,
        sealed=max(entry["sealed"], size_of(entry, tier).get("sealed", "")) if entry else None,
        resealed=times_resealed(entry, tier) if entry else 0,
        seal_holds=bool(entry) and entry["seal"] == present and size_of(entry, tier).get("seal") == size,
        expected_before=" or ".join(before) or None,
        late=late,
        seen=seen,
        changed=changed,
        supersedes=claim.supersedes,
        superseded_by=registry.superseded.get(name),
    )


def sealed_late(sealing: Sealing, names: Iterable[str], epoch: Epoch, tier: str | None = None) -> list[str]:
    """Those of the claims that were sealed as they stand at a tier, or at some, only after the epoch was announced."""

    def late(name: str) -> bool:
        sizes = sealing.tiers(name).items()
        return any(not epoch.foretold(name, sealing.seal(name), *size) for size in sizes if tier in (None, size[0]))

    return [name for name in names if isinstance(sealing.registry.claims[name], Claim) and late(name)]


def changed_after_a_look(sealing: Sealing, name: str, tier: str, epoch: Epoch) -> str | None:
    """What of a claim was changed after record seeds had been seen.

    None if nothing was, or in another epoch that was announced when the claim was sealed as it stands. Data that are
    there once, of which seeds draw resamples at most, have been seen in every epoch.
    """
    claim = sealing.registry.claims[name]
    if not isinstance(claim, Claim) or claim.changed is None:
        return None
    fresh = sealing.registry.experiments[claim.experiment].replication == "seeds" and epoch.name != claim.changed.epoch
    foretold = epoch.seals is not None and epoch.foretold(name, sealing.seal(name), tier, sealing.tiers(name).get(tier))
    return None if fresh and foretold else claim.changed.what


def told(changed: str) -> str:
    """What a reader is told of it."""
    return f"postdiction: changed after its record seeds were seen ({changed})"


def _seen(looks: Iterable[Look], present: str) -> bool:
    """Whether a run came before the first one of the claim as it stands, sealed."""
    ordered = sorted(looks, key=lambda it: it.time)
    return bool(ordered) and not (ordered[0].sealed and ordered[0].seal == present)


def _status(claim: Claim, bar: Bar | None, *, foreseen: bool) -> Status | None:
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
        return read_lock(lock_name)["claims"].get(name) if lock_name else None
    except FileNotFoundError:  # the lock is lost: nobody can tell what it held
        return None


def _bar(then: Mapping[str, Any] | None, present: str, size: str | None, tier: str) -> Bar:
    """What the claim was when a record was measured whose lock says this of it."""
    if then is None or then["seal"] is None:  # by version 0.1: nobody can tell what it would be now
        return UNSEALED
    if then["seal"] != present:
        return ANOTHER
    sealed_size = size_of(then, tier).get("seal")
    return UNSEALED if sealed_size is None else THIS if sealed_size == size else ANOTHER
