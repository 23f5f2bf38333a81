"""What changed between two runs: verdicts held, flipped or moved, claims that came or went, and what else changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from runners.reporting.report_model import Limits
from runners.reporting.run_model import Run, RunClaim

DECIDED = {"supported", "refuted", "partly", "vacuous"}


class Kind(Enum):
    """What became of a claim, most grave first."""

    FLIPPED = "a decided verdict became another one, or an error"
    DROPPED = "the claim is in the earlier run only"
    UNSETTLED = "a decided verdict is open again"
    MOVED = "the verdict held, but an interval lies wholly beside what it was"
    SETTLED = "an open verdict is decided"
    OTHER = "an open verdict is open for another reason"
    NEW = "the claim is in the later run only"
    HELD = "verdict and measurement are as they were"

    @property
    def word(self) -> str:
        return "changed" if self is Kind.OTHER else self.name.lower()

    @property
    def grave(self) -> bool:
        """Whether it has to be explained before the later run is believed: a flip, or a claim that was dropped."""
        return self in (Kind.FLIPPED, Kind.DROPPED)


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


def changes(before: Run, after: Run) -> list[Change]:
    """Every claim of both runs, grave changes first."""
    found = []
    for name in {**after.claims, **before.claims}:
        was, now = before.claims.get(name), after.claims.get(name)
        with_it = tuple(what_else(before, after, was, now)) if was and now else ()
        found.append(Change(name, _kind(was, now), was, now, with_it))
    order = list(Kind)
    return sorted(found, key=lambda change: order.index(change.kind))


def _kind(was: RunClaim | None, now: RunClaim | None) -> Kind:
    if was is None:
        return Kind.NEW
    if now is None:
        return Kind.DROPPED
    one, other = was.verdict, now.verdict
    if one == other:
        return Kind.MOVED if shift(was, now) else Kind.HELD
    if one in DECIDED:
        return Kind.FLIPPED if other in DECIDED | {"error"} else Kind.UNSETTLED
    return Kind.SETTLED if other in DECIDED else Kind.OTHER


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
