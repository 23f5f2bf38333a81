"""What changed between two runs: verdicts held, flipped or moved, claims that came or went, and what else changed.

Between epochs a law's reach is told from other draws, and a word that one of them has and the other has not, is a
matter of power: with a share of .95 the draws leave it open in one epoch of seven. Wide here and narrow there is not.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import Enum

from runners.reporting.report_parts import Limits
from runners.reporting.run_model import Run, RunClaim
from runners.rule.fragility import FRAGILE, scatter

DECIDED = {"supported", "refuted", "partly", "vacuous"}


class Kind(Enum):
    """What became of a claim, most grave first."""

    FLIPPED = "a decided verdict became another one, or an error; or a law that reached wide is narrow, or the reverse"
    DROPPED = "the claim is in the earlier run only"
    NOT_RUN = (
        "the claim is in the earlier run only, but it is still in the registry: it was not measured, or not asked for"
    )
    UNSETTLED = "a decided verdict is open again"
    MOVED = "the verdict held, but an interval lies wholly beside what it was, or more draws failed than by chance"
    SETTLED = "an open verdict is decided"
    POWER = "the verdict held; its draws told the reach in one of the runs only, which is a matter of power"
    OTHER = "an open verdict is open for another reason"
    NEW = "the claim is in the later run only"
    HELD = "the verdict held on new records"
    AGAIN = "no new record: what was measured before was judged again, with the same verdict"

    @property
    def word(self) -> str:
        words = {Kind.OTHER: "changed", Kind.AGAIN: "judged again"}
        return words.get(self, self.name.lower().replace("_", " "))

    @property
    def grave(self) -> bool:
        """Whether it has to be explained before the later run is believed: a flip, or a claim that was dropped."""
        return self in (Kind.FLIPPED, Kind.DROPPED)

    @property
    def quiet(self) -> bool:
        """Whether nothing became of the claim: it held, or was judged again."""
        return self in (Kind.HELD, Kind.AGAIN)


@dataclass(frozen=True)
class Change:
    """One claim in two runs."""

    claim: str
    kind: Kind
    before: RunClaim | None
    after: RunClaim | None
    with_it: tuple[str, ...]
    """What else changed: the claim's code, library versions, hardware, tier."""

    @property
    def was(self) -> str | None:
        return self.before.verdict if self.before else None

    @property
    def now(self) -> str | None:
        return self.after.verdict if self.after else None

    @property
    def reach(self) -> str:
        """`wide → open`; empty where the word is as it was, or one of the runs has none."""
        was, now = self.before and self.before.reach, self.after and self.after.reach
        return f"{was} → {now}" if was and now and was != now else ""


def changes(before: Run, after: Run, *, registered: Container[str] = ()) -> list[Change]:
    """Every claim that one of the runs judged, grave changes first.

    `registered`: the claims of the registry; one of them that the later run lacks was not run, and not dropped. So was
    one between runs of the same lock, which seals the same claims.
    """
    found, same_claims = [], before.lock == after.lock
    for name in {**after.claims, **before.claims}:
        was, now = _judged(before.claims.get(name)), _judged(after.claims.get(name))
        if was is None and now is None:
            continue
        with_it = tuple(what_else(before, after, was, now)) if was and now else ()
        known = same_claims or name in registered or name in after.claims
        kind = Kind.NOT_RUN if now is None and known else _kind(was, now)
        found.append(Change(name, kind, was, now, with_it))
    order = list(Kind)
    return sorted(found, key=lambda change: order.index(change.kind))


def _judged(claim: RunClaim | None) -> RunClaim | None:
    return None if claim is None or claim.verdict == "not run" else claim


def _kind(was: RunClaim | None, now: RunClaim | None) -> Kind:
    if was is None:
        return Kind.NEW
    if now is None:
        return Kind.DROPPED
    one, other = was.verdict, now.verdict
    if one == other:
        same = Kind.AGAIN if was.same_records(now) else Kind.HELD
        return _of_reach(was, now) or (Kind.MOVED if shift(was, now) else same)
    if one in DECIDED:
        return Kind.FLIPPED if other in DECIDED | {"error"} else Kind.UNSETTLED
    return Kind.SETTLED if other in DECIDED else Kind.OTHER


def _of_reach(was: RunClaim, now: RunClaim) -> Kind | None:
    """What became of the reach; None if nothing did, or one of the runs has no draws."""
    if was.reach is None or now.reach is None:
        return None
    if {was.reach, now.reach} == {"wide", "narrow"}:
        return Kind.FLIPPED
    counts = [it.held_of_first for it in (was, now) if it.held_of_first is not None]
    if scatter(counts, name=f"{was.seal}/{now.seal}") <= FRAGILE:
        return Kind.MOVED
    return Kind.POWER if was.reach != now.reach else None


def shift(was: RunClaim, now: RunClaim) -> tuple[Limits, Limits] | None:
    """The two confidence intervals of the first condition in which they do not meet; None where all do."""
    if was.by != now.by:
        return None
    both = [(was.conditions[key], now.conditions[key]) for key in was.conditions if key in now.conditions]
    return next(((one, other) for one, other in both if one[1] < other[0] or other[1] < one[0]), None)


def what_else(before: Run, after: Run, was: RunClaim, now: RunClaim) -> Iterable[str]:
    """What changed between two runs and may have changed a claim: its code, versions, hardware, the tier."""
    if before.tier != after.tier:
        yield f"tier {before.tier} → {after.tier}"
    if before.epoch != after.epoch:
        yield f"epoch {before.epoch} → {after.epoch}, fresh seeds"
    if was.seal and now.seal:
        if was.seal != now.seal:
            yield "the claim's text or code"
    elif before.lock != after.lock:
        yield "perhaps the claim's text or code (another lock)"
    if was.verdict != now.verdict and was.conditions and was.same_records(now):
        yield "no new record"
    if before.version != after.version:
        yield f"Tollens {before.version} → {after.version}"
    used = {*was.libraries, *now.libraries}
    yield from (text for library, text in versions(before, after) if not used or library in used)
    yield from hardware(before, after)


def versions(before: Run, after: Run) -> list[tuple[str, str]]:
    """(library, `jax 0.10.2 → 0.11.0`) for libraries of both runs whose version changed, Python included."""
    one, other = ({**run.environment.libraries, "Python": run.environment.python} for run in (before, after))
    common = [name for name in sorted(one.keys() & other.keys()) if one[name] != other[name]]
    return [(name, f"{name} {one[name]} → {other[name]}") for name in common]


def hardware(before: Run, after: Run) -> list[str]:
    """The processor, where it is another one."""
    old, new = before.environment.cpu, after.environment.cpu
    return [f"{old} → {new}"] if old and new and old != new else []
