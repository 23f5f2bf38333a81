"""Joining stores: what one holds and the other lacks."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np

from runners.records.damage import Damaged
from runners.records.store import Store

FOLDERS = ("records", "arrays", "errors", "locks")
ARRAYS = (".npz", ".npy")


@dataclass
class Merged:
    """What a merge did."""

    copied: int = 0
    """Records that the target lacked."""
    present: int = 0
    """Records that it had, with the same payload."""
    differing: list[str] = field(default_factory=list)
    """Records whose payload it had otherwise, as other processors compute other last bits: it keeps its own."""
    damaged: list[str] = field(default_factory=list)
    """Files of the source that are not what was written there: they stay where they are, in words."""


def merge(source: Store, target: Store) -> Merged:
    """Copy records, locks and errors that `target` lacks; nothing that it holds is changed."""
    done = Merged()
    there = set(files(target))
    names = set(files(source))
    damaged = {name: problem for name in sorted(names) if (problem := _damage(source, name))}
    done.damaged = list(damaged.values())
    stems = {name.rpartition(".")[0] for name in damaged}
    sound = (name for name in names if name.rpartition(".")[0] not in stems)
    for name in sorted(sound, key=lambda name: (not name.endswith(ARRAYS), name)):  # a record comes after its arrays
        if name.startswith("records/") and name.endswith(".json") and name in there:
            mine, yours = (json.loads(store.read(name)).get("payload_sha256") for store in (target, source))
            if mine == yours:
                done.present += 1
            else:
                done.differing.append(name.rsplit("/", 1)[-1].removesuffix(".json"))
        elif name not in there:
            target.write(name, source.read(name))
            done.copied += name.startswith("records/") and name.endswith(".json")
    return done


def _damage(store: Store, name: str) -> str | None:
    """What is wrong with a file of a store, in words."""
    folder, _, rest = name.partition("/")
    stem = rest.rpartition(".")[0]
    try:
        if folder == "locks":
            store.lock(stem)
        elif folder == "errors":
            store.error(stem)
        elif folder == "arrays":
            array = np.load(io.BytesIO(store.read(name)), allow_pickle=False)
            if sha256(array.tobytes()).hexdigest() != stem.partition("-")[0]:
                return f"{name} is not what its name says"
        elif name.endswith(".json"):
            experiment, _, identity = stem.rpartition("/")
            record = store.get(experiment, identity)
            if not record.earlier:
                _ = record.given, dict(record.observables)
    except Damaged as damage:
        return str(damage)
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{name}: {type(error).__name__}: {error}"
    return None


def files(store: Store) -> Iterator[str]:
    """Names of a store's files, without what a dying process left of one."""
    for folder in FOLDERS:
        for path in store.files.find(f"{store.root}/{folder}"):
            if path.endswith((".json", *ARRAYS)):
                yield path.removeprefix(store.root).lstrip("/")
