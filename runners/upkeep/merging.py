"""Joining stores: what one holds and the other lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from runners.records.store import Store

FOLDERS = ("records", "errors", "locks")


@dataclass
class Merged:
    """What a merge did."""

    copied: int = 0
    """Records that the target lacked."""
    present: int = 0
    """Records that it had, with the same payload."""
    differing: list[str] = field(default_factory=list)
    """Records whose payload it had otherwise, as other processors compute other last bits: it keeps its own."""


def merge(source: Store, target: Store) -> Merged:
    """Copy records, locks and errors that `target` lacks; nothing that it holds is changed."""
    done = Merged()
    there = set(files(target))
    for name in sorted(files(source), key=lambda name: not name.endswith(".npz")):  # a record comes after its arrays
        if name.startswith("records/") and name.endswith(".json") and name in there:
            mine, yours = (json.loads(store.read(name))["payload_sha256"] for store in (target, source))
            if mine == yours:
                done.present += 1
            else:
                done.differing.append(name.rsplit("/", 1)[-1].removesuffix(".json"))
        elif name not in there:
            target.write(name, source.read(name))
            done.copied += name.startswith("records/") and name.endswith(".json")
    return done


def files(store: Store) -> Iterator[str]:
    """Names of a store's files, without what a dying process left of one."""
    for folder in FOLDERS:
        for path in store.files.find(f"{store.root}/{folder}"):
            if path.endswith((".json", ".npz")):
                yield path.removeprefix(store.root).lstrip("/")
