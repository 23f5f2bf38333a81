"""Epochs: names with a salt from which the seeds of all records and all draws derive.

The salt of an epoch cannot be known while the claims are sealed that it tests. It is SHA-256 over something that comes
later and the lock's root, a digest of every seal in force when the epoch was announced; what comes later is

* the value of a named later round of a public beacon (drand, NIST), kept here for use without a network, or
* a secret that its keeper committed to by its SHA-256, and reveals when the epoch opens. He could have known it: such
  an epoch is worth what his word is.

`epochs.yaml` beside the registry has the epochs in their order, `epochs/NAME.lock` the seals at each announcement: a
claim that is not in that lock as it stands is a postdiction in that epoch. A calendar week (`2026-W48`) is an epoch
without an entry: fresh seeds for a nightly run, or for a claim that is younger than the open epoch. Anybody could have
computed them before; that nobody ran them before the claim was sealed is known of the store alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, model_validator

from runners.registry.document import read
from runners.registry.mistakes import Mistake, RegistryError, in_order, suggestion
from runners.registry.schema import Entry
from runners.registry.validation import validate

FILE = "epochs.yaml"
_WEEK = re.compile(r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])")
_NAME = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Beacon(Entry):
    """A round of a public randomness beacon that lay in the future when the epoch was announced."""

    name: str
    """Which beacon and chain: `drand quicknet`, `NIST 2.0 chain 2`."""
    round: int
    """Number of the round (NIST: of the pulse)."""
    value: str | None = None
    """Its published value in hexadecimal digits, once it is there."""


class Announced(Entry):
    """An epoch as `epochs.yaml` has it: announced, and open once its salt can be known."""

    announced: str
    """Date on which the lock was fixed, as YYYY-MM-DD."""
    lock: Digest
    """Root of the lock in force then."""
    beacon: Beacon | None = None
    """Where the salt comes from, if it comes from a beacon."""
    commitment: Digest | None = None
    """SHA-256 of the secret, if it comes from a secret."""
    secret: str | None = None
    """The secret, revealed when the epoch opens."""

    @model_validator(mode="after")
    def _one_source(self):
        date.fromisoformat(self.announced)
        if (self.beacon is None) == (self.commitment is None):
            raise ValueError("an epoch has a beacon or a commitment; give one of them")
        if self.secret is not None and sha256(self.secret.encode()).hexdigest() != self.commitment:
            raise ValueError("the secret is not the one that was committed to; its SHA-256 must be the commitment")
        return self

    @property
    def salt(self) -> str | None:
        """The salt in hexadecimal digits; None while nobody can know it."""
        later = self.beacon.value if self.beacon else self.secret
        return None if later is None else sha256(f"{later}/{self.lock}".encode()).hexdigest()


@dataclass(frozen=True)
class Epoch:
    """An epoch that can be measured in."""

    name: str
    salt: str
    """Hexadecimal digits; empty where there is no epoch, and seeds are public."""
    seals: Mapping[str, Mapping[str, Any]] | None = field(default=None, repr=False)
    """The lock's claims when the epoch was announced, when its salt could not be known; None if it was not."""

    def foretold(self, claim: str, seal: str, tier: str, size: str | None) -> bool:
        """Whether a claim and its size at a tier were sealed so when the epoch was announced, if it was."""
        if self.seals is None:
            return True
        then = self.seals.get(claim, {})
        return then.get("seal") == seal and then.get("tiers", {}).get(tier, {}).get("seal") == size


UNSALTED = Epoch("none", "")
"""Without epochs: seeds that everybody can compute."""


def root(lock: Mapping[str, Any]) -> str:
    """Digest of every seal of a lock, those of the tiers included, whatever else it says of the claims."""
    lines = []
    for name, entry in sorted(lock["claims"].items()):
        sizes = (f"{tier}:{size['seal']}" for tier, size in sorted(entry.get("tiers", {}).items()))
        lines.append(" ".join([name, str(entry["seal"]), *sizes]))
    return sha256("\n".join(lines).encode()).hexdigest()


def is_name(name: str) -> bool:
    """Whether an epoch may be called so; a calendar week may not."""
    return bool(_NAME.fullmatch(name)) and name != UNSALTED.name


def announced(registry_file: Path) -> dict[str, Announced]:
    """The epochs beside a registry, in their order; RegistryError names what is wrong with the file."""
    file = Path(registry_file).parent / FILE
    if not file.exists():
        return {}
    document = read(file)
    mistakes: list[Mistake] = list(document.mistakes)
    entries = document.data if isinstance(document.data, dict) else {}
    found: dict[str, Announced] = {}
    for name, data in entries.items():
        entry, wrong = validate(Announced, document, (name,), data)
        mistakes += wrong
        if not is_name(name):
            remedy = "use lower case letters, digits, dots and hyphens"
            mistakes.append(document.mistake((name,), f"{name!r} is no name for an epoch", remedy))
        if entry is not None:
            found[name] = entry
    if mistakes:
        raise RegistryError(in_order(mistakes, [file]))
    return found


def epoch(registry_files: Iterable[Path], name: str | None = None) -> Epoch:
    """The epoch of this name, or the one that was opened last; ValueError says what there is.

    Of several registries the first one's epochs are looked at first.
    """
    if name == UNSALTED.name:
        return UNSALTED
    if name and _WEEK.fullmatch(name):
        return Epoch(name, sha256(f"week/{name}".encode()).hexdigest())
    known: dict[str, Epoch] = {}
    waiting: list[str] = []
    for file in registry_files:
        of_file = announced(file)
        for label, entry in of_file.items():
            if entry.salt is None:
                waiting.append(label)
            else:
                known.setdefault(label, Epoch(label, entry.salt, _sealed(file, label, entry)))
        if name is None and known:
            break
    if name is None:
        return list(known.values())[-1] if known else UNSALTED
    if name in waiting:
        raise ValueError(f"the epoch {name} is announced, but not open yet: `tollens epoch open {name}`")
    if name not in known:
        hint = suggestion(name, [*known, UNSALTED.name, "a week as in 2026-W48"])
        raise ValueError(f"no epoch is called {name!r}; {hint}")
    return known[name]


def week(day: date) -> str:
    """The epoch of a day's calendar week, as 2026-W48."""
    year, number, _ = day.isocalendar()
    return f"{year}-W{number:02}"


def lock_copy(registry_file: Path, name: str) -> Path:
    """Where the seals at the announcement of an epoch are kept."""
    return Path(registry_file).parent / "epochs" / f"{name}.lock"


def announce(registry_file: Path, name: str, entry: Announced) -> None:
    """Add an epoch to the file beside a registry, or replace its entry; every other line stays as it is."""
    file = Path(registry_file).parent / FILE
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    start = next((n for n, line in enumerate(lines) if line.startswith(f"{name}:")), len(lines))
    stop = next((n for n in range(start + 1, len(lines)) if re.match(r"\S", lines[n])), len(lines))
    written = yaml.safe_dump({name: entry.model_dump(exclude_none=True)}, sort_keys=False).rstrip("\n").split("\n")
    file.write_text("\n".join([*lines[:start], *written, *lines[stop:]]) + "\n", encoding="utf-8")


def _sealed(registry_file: Path, name: str, entry: Announced) -> dict[str, Any]:
    """What was sealed at the announcement, from the copy of the lock; none if that is gone or another one."""
    from runners.records.seals import read_lock

    lock = read_lock(lock_copy(registry_file, name))
    return lock["claims"] if root(lock) == entry.lock else {}
