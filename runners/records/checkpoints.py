"""Checkpoints in a store: what a block carried when it was last kept, and how far it had come.

    checkpoints/<identity>.npz     the carry (`runners.records.carries`), and on which machine it was computed
    checkpoints/<identity>.json    how far it had come, for whoever looks on

They belong to the block's identity, that is to its code, its libraries' versions and its threads, and to one machine:
on another the last bits could be others. They go when the block's record comes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from runners.records import carries
from runners.records.blocks import Block, identity_of
from runners.records.damage import Damaged
from runners.records.store import Store


class NotUsable(Exception):
    """A checkpoint that is there and of no use; says why."""


@dataclass(frozen=True)
class Reached:
    """How far a block has come."""

    done: int
    """Parts of the one that is being computed ..."""
    of: int
    """... out of so many."""
    seconds: float
    """Computed so far, in all attempts."""

    @property
    def seconds_left(self) -> float:
        """If the rest goes as fast."""
        return self.seconds * (self.of - self.done) / self.done


def keep(store: Store, block: Block, carry: Any, reached: Reached, machine: Mapping[str, str]) -> None:
    """Keep a carry in place of the last one; each file is written whole."""
    content = carries.pack(carry, {"identity": block.identity, "machine": dict(machine), "reached": asdict(reached)})
    store.write(f"{_stem(block)}.npz", content)
    seen = {"specification": block.specification, "label": block.label, "reached": asdict(reached)}
    store.write(f"{_stem(block)}.json", json.dumps(seen, indent=1).encode())


def kept(store: Store, block: Block) -> bytes | None:
    """What was kept last of a block; None if nothing is."""
    name = f"{_stem(block)}.npz"
    return store.read(name) if store.exists(name) else None


def resumed(content: bytes, block: Block, machine: Mapping[str, str]) -> tuple[Any, Reached]:
    """The carry, and how far the block had come. Raises `NotUsable`.

    Named tuples of the experiment come back only once its module is loaded.
    """
    try:
        about = carries.about(content)
        identity, there, reached = about["identity"], about["machine"], Reached(**about["reached"])
        if identity == block.identity and there == machine:
            return carries.unpack(content), reached
    except Exception as error:  # what damage does to a file, nobody can list
        raise NotUsable(f"its checkpoint cannot be read ({type(error).__name__}: {error})") from error
    if identity != block.identity:
        raise NotUsable(f"its checkpoint belongs to the block {identity}")
    here, was = next((machine.get(key), there.get(key)) for key in machine if machine.get(key) != there.get(key))
    raise NotUsable(f"its checkpoint is of another machine ({was}; here {here})")


def drop(store: Store, block: Block) -> None:
    """Remove a block's checkpoint, if there is one."""
    for ending in ("json", "npz"):
        with suppress(FileNotFoundError):
            store.remove(f"{_stem(block)}.{ending}")


def under_way(store: Store) -> dict[str, Reached]:
    """How far blocks had come when they were last kept, by identity."""
    return {name: Reached(**seen["reached"]) for name, seen in described(store).items()}


def described(store: Store) -> dict[str, dict[str, Any]]:
    """What is written of each checkpoint for whoever looks on, by identity; what cannot be read is left out."""
    found = {}
    for name in store.names("checkpoints"):
        # it may go any moment, and is there only for whoever looks on
        with suppress(FileNotFoundError, Damaged, ValueError, TypeError, KeyError, RecursionError):
            seen = json.loads(store.read(f"checkpoints/{name}"))
            identity_of(seen["specification"]), Reached(**seen["reached"])
            found[name.removesuffix(".json")] = seen
    return found


def _stem(block: Block) -> str:
    return f"checkpoints/{block.identity}"
