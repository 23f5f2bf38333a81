"""What changed between two runs: verdicts held, flipped or moved, claims that came or went, and what else changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from runners.reporting.history import Run

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
    was: str | None
    now: str | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    with_it: tuple[str, ...]
    """What else changed: the claim's code, library versions, hardware, tier."""


def changes(before: Run, after: Run) -> list[Change]:
    """Every claim of both runs, grave changes first."""
    old, new = before["claims"], after["claims"]
    found = []
    for name in (*new, *(name for name in old if name not in new)):
        was, now = old.get(name, {}), new.get(name, {})
        kind = _kind(was, now)
        with_it = () if kind in (Kind.NEW, Kind.DROPPED) else tuple(what_else(before, after, name))
        found.append(Change(name, kind, was.get("verdict"), now.get("verdict"), was, now, with_it))
    order = list(Kind)
    return sorted(found, key=lambda change: order.index(change.kind))


def _kind(was: Mapping[str, Any], now: Mapping[str, Any]) -> Kind:
    if not was:
        return Kind.NEW
    if not now:
        return Kind.DROPPED
    one, other = was["verdict"], now["verdict"]
    if one == other:
        return Kind.MOVED if shift(was, now) else Kind.HELD
    if one in DECIDED:
        return Kind.FLIPPED if other in DECIDED | {"error"} else Kind.UNSETTLED
    return Kind.SETTLED if other in DECIDED else Kind.OTHER


def shift(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[list[float], list[float]] | None:
    """The two confidence intervals of the first condition in which they do not meet; None where all do."""
    if was.get("by") != now.get("by"):
        return None
    old, new = was.get("conditions", {}), now.get("conditions", {})
    for key in old:
        if key in new:
            one, other = list(map(float, old[key])), list(map(float, new[key]))
            if one[1] < other[0] or other[1] < one[0]:
                return one, other
    return None


def what_else(before: Run, after: Run, name: str) -> Iterable[str]:
    """What changed between two runs and may have changed this claim: its code, versions, hardware, the tier."""
    was, now = before["claims"].get(name, {}), after["claims"].get(name, {})
    if before["tier"] != after["tier"]:
        yield f"tier {before['tier']} → {after['tier']}"
    if was.get("seal") and now.get("seal"):
        if was["seal"] != now["seal"]:
            yield "the claim's text or code"
    elif before["lock"] != after["lock"]:
        yield "perhaps the claim's text or code (another lock)"
    if before["version"] != after["version"]:
        yield f"Tollens {before['version']} → {after['version']}"
    used = set(was.get("libraries") or ()) | set(now.get("libraries") or ())
    yield from (text for library, text in versions(before, after) if not used or library in used)
    yield from hardware(before, after)


def versions(before: Run, after: Run) -> list[tuple[str, str]]:
    """(library, `jax 0.10.2 → 0.11.0`) for libraries of both runs whose version changed, Python included."""
    old, new = before["environment"], after["environment"]
    one, other = ({**env["libraries"], **({"Python": env["python"]} if "python" in env else {})} for env in (old, new))
    return [
        (name, f"{name} {one[name]} → {other[name]}")
        for name in sorted(one.keys() & other.keys())
        if one[name] != other[name]
    ]


def hardware(before: Run, after: Run) -> list[str]:
    """The processor, where it is another one."""
    old, new = (run["environment"].get("cpu") for run in (before, after))
    return [f"{old} → {new}"] if old and new and old != new else []
