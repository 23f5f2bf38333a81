"""Looks: which claims were run on the record seeds of an epoch, and as what they were sealed then.

Whoever has seen what the record seeds give, and changes a claim or seals it afterwards, no longer predicts. Records
tell of that as long as they are there; a look stays when they are pruned, or made anew by other code.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from runners.records.seals import Lock, Sealing
from runners.records.store import Store


@dataclass(frozen=True)
class Look:
    """The first run of a claim, as it was sealed, on the record seeds of an epoch."""

    claim: str
    epoch: str
    seal: str
    sealed: bool
    """Whether the lock held it as it stood."""
    time: float
    """Unix time, in seconds."""


def note(store: Store, sealing: Sealing, lock: Lock, claims: Iterable[str], epoch: str, *, time: float) -> None:
    """Remember that these claims are run; one that was run so before is known already."""
    for name in claims:
        seal, entry = sealing.seal(name), lock["claims"].get(name)
        look = Look(name, epoch, seal, bool(entry) and entry["seal"] == seal, time)
        file = f"{look.seal[:20]}{'' if look.sealed else '-unsealed'}.json"
        if file not in store.names(_folder(name, epoch)):
            store.write(f"{_folder(name, epoch)}/{file}", json.dumps(asdict(look), indent=1).encode())


def looks(store: Store, claim: str, epoch: str) -> list[Look]:
    """The looks at a claim in an epoch."""
    folder = _folder(claim, epoch)
    return [store.note(f"{folder}/{name}", Look) for name in store.names(folder)]


def _folder(claim: str, epoch: str) -> str:
    return f"looks/{epoch}/{claim}"
