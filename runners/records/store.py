"""The store: a record a block, append-only, written whole; errors beside them, never among them.

    records/<experiment>/<identity>.json    specification, given, observables, provenance
    records/<experiment>/<identity>.npz     its arrays of more than 1,000 numbers
    errors/<identity>.json                  the last failure of a block
    checkpoints/<identity>.*                what a block that takes long carried when it was last kept
    locks/<hash>.json                       each lock that was in force when something was measured
    summary.json                            how the last run ended: exit code, verdicts, what went wrong

A store lies in a folder or at any address that fsspec knows (`memory://`, `s3://...`).
"""

from __future__ import annotations

import io
import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import fsspec
import numpy as np

from runners.records.blocks import EARLIER, canonical, plain
from runners.records.damage import DamagedRecord

MOST_INLINE = 1000
HEAD = 256
"""Bytes of a record's file within which its schema stands: it comes first in the specification."""
_OF_EARLIER = re.compile(rf'"schema": ({"|".join(map(str, EARLIER))}),'.encode())


@dataclass(frozen=True)
class Record:
    """One measured block, as stored."""

    identity: str
    specification: Mapping[str, Any]
    provenance: Mapping[str, Any]
    payload: Mapping[str, Any]
    """`given` and `observables`: encoded arrays by name."""
    store: Store

    @cached_property
    def given(self) -> dict[str, np.ndarray]:
        """What theories may read: arrays (trials, ...), read-only."""
        return {name: self._decode(f"given.{name}", array) for name, array in self.payload["given"].items()}

    @cached_property
    def observables(self) -> dict[str, np.ndarray]:
        """What was measured: arrays (trials, ...), read-only."""
        return {name: self._decode(f"observables.{name}", array) for name, array in self.payload["observables"].items()}

    @cached_property
    def _arrays(self) -> Mapping[str, np.ndarray]:
        return np.load(io.BytesIO(self.store.read(f"{self._stem}.npz")), allow_pickle=False)

    @property
    def earlier(self) -> bool:
        """Whether an earlier version of Tollens wrote it: it is kept, and no trial of it is used."""
        return self.specification.get("schema") in EARLIER

    @property
    def _stem(self) -> str:
        return f"records/{self.specification['experiment']}/{self.identity}"

    def _decode(self, key: str, encoded: Mapping[str, Any]) -> np.ndarray:
        if "data" in encoded:
            values = [float(value) if isinstance(value, str) else value for value in encoded["data"]]
            array = np.array(values, dtype=encoded["dtype"]).reshape(encoded["shape"])
        else:
            array = self._arrays[key]
        array.flags.writeable = False
        return array


class Store:
    """Records and errors at one address."""

    def __init__(self, address: str | os.PathLike[str]):
        self.address = os.fspath(address)
        # no cache of listings: other processes write here, too
        self.files, self.root = fsspec.core.url_to_fs(self.address, use_listings_cache=False)
        self._seen: dict[str, Record] = {}

    def __str__(self) -> str:
        return self.address

    # --- records --------------------------------------------------------------------------------------------------

    def put(
        self,
        identity: str,
        specification: Mapping[str, Any],
        given: Mapping[str, np.ndarray],
        observables: Mapping[str, np.ndarray],
        provenance: Mapping[str, Any],
    ) -> None:
        """Store a block's record. The arrays come first, so that a record that can be seen is complete."""
        large: dict[str, np.ndarray] = {}
        payload = {
            "given": {name: _encode(f"given.{name}", array, large) for name, array in given.items()},
            "observables": {name: _encode(f"observables.{name}", array, large) for name, array in observables.items()},
        }
        stem = f"records/{specification['experiment']}/{identity}"
        if large:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, **large)  # type: ignore[arg-type]
            self.write(f"{stem}.npz", buffer.getvalue())
        document = {
            "identity": identity,
            "specification": dict(specification),
            "payload_sha256": payload_hash(payload),
            "payload": payload,
            "provenance": dict(provenance),
            "provenance_sha256": payload_hash(dict(provenance)),
        }
        self.write(f"{stem}.json", json.dumps(document, indent=1, allow_nan=False).encode())

    def has(self, experiment: str, identity: str) -> bool:
        """Whether a block is recorded."""
        return identity in self._seen or self.files.exists(self._path(f"records/{experiment}/{identity}.json"))

    def recorded(self, experiment: str) -> set[str]:
        """Identities of an experiment's recorded blocks, from one listing."""
        return {name.removesuffix(".json") for name in self.names(f"records/{experiment}")}

    def get(self, experiment: str, identity: str) -> Record:
        """A recorded block."""
        if identity not in self._seen:
            self._seen[identity] = self._parse(self.read(f"records/{experiment}/{identity}.json"), identity)
        return self._seen[identity]

    def records(self, experiment: str) -> Iterator[Record]:
        """All records of an experiment that may be used, in the order of their names."""
        names = sorted(self.recorded(experiment))
        new = {self._path(f"records/{experiment}/{name}.json"): name for name in names if name not in self._seen}
        if new:
            whole = [None] * len(new)
            contents = self.files.cat_ranges(list(new), whole, whole, on_error="raise")  # `cat` would glob the names
            for name, content in zip(new.values(), contents, strict=True):  # an object store sends them at once
                self._seen[name] = self._parse(content, name)
        yield from (record for name in names if not (record := self._seen[name]).earlier)

    def record_files(self) -> list[tuple[str, str]]:
        """Every record's file and its experiment, whether it can be read or not."""
        folder = self._path("records")
        if not self.files.exists(folder):
            return []
        found = []
        for path in sorted(self.files.find(folder)):
            experiment, _, name = f"/{path}".rsplit("/records/", 1)[-1].rpartition("/")
            if name.endswith(".json"):
                found.append((f"records/{experiment}/{name}", experiment))
        return found

    def names(self, folder: str) -> list[str]:
        """The documents in a folder of the store, in the order of their names."""
        path = self._path(folder)
        if not self.files.exists(path):
            return []
        found = (name.rsplit("/", 1)[-1] for name in self.files.ls(path, detail=False, refresh=True))
        return sorted(name for name in found if name.endswith(".json"))

    def earlier(self) -> list[str]:
        """Files of records that an earlier version wrote."""
        paths = [path for path, _ in self.record_files()]
        ends = [HEAD] * len(paths)
        heads = self.files.cat_ranges([*map(self._path, paths)], [0] * len(paths), ends) if paths else []
        return [path for path, head in zip(paths, heads) if isinstance(head, bytes) and _OF_EARLIER.search(head)]

    def told_of_earlier(self) -> str | None:
        """What whoever opens a store of an earlier version has to know; None where there is no such record."""
        if not (found := self.earlier()):
            return None
        return (
            f"{len(found)} records of version {' or '.join(EARLIER.values())} lie in {self}; they are kept and not "
            "used, because what names a record has changed since; `tollens store` lists them"
        )

    # --- locks -------------------------------------------------------------------------------------------------------

    def put_lock(self, name: str, lock: Mapping[str, Any]) -> None:
        """Keep a lock under the name by which records cite it."""
        if not self.files.exists(self._path(f"locks/{name}.json")):
            self.write(f"locks/{name}.json", json.dumps(dict(lock), indent=1).encode())

    def lock_names(self) -> list[str]:
        """The locks that are kept here."""
        return [name.removesuffix(".json") for name in self.names("locks")]

    def lock(self, name: str) -> dict[str, Any]:
        """A lock that records cite."""
        return json.loads(self.read(f"locks/{name}.json"))

    # --- errors ---------------------------------------------------------------------------------------------------

    def put_error(self, identity: str, error: Mapping[str, Any]) -> None:
        """Log the failure of a block."""
        self.write(f"errors/{identity}.json", json.dumps(dict(error), indent=1).encode())

    def error(self, identity: str) -> dict[str, Any] | None:
        """The last failure of a block, if any."""
        path = f"errors/{identity}.json"
        return json.loads(self.read(path)) if self.files.exists(self._path(path)) else None

    def errors(self) -> Iterator[dict[str, Any]]:
        """All logged failures of this version."""
        folder = self._path("errors")
        if not self.files.exists(folder):
            return
        for path in sorted(self.files.ls(folder, detail=False, refresh=True)):
            if path.endswith(".json"):
                error = json.loads(self.files.cat_file(path))
                if error.get("specification", {}).get("schema") not in EARLIER:
                    yield error

    # --- summaries ------------------------------------------------------------------------------------------------

    def put_summary(self, summary: Mapping[str, Any]) -> None:
        """Say how the last run on this store ended."""
        self.write("summary.json", json.dumps(plain(summary), indent=1, allow_nan=False).encode())

    # --- files ----------------------------------------------------------------------------------------------------

    def read(self, name: str) -> bytes:
        """The bytes of a file of the store."""
        return self.files.cat_file(self._path(name))

    def exists(self, name: str) -> bool:
        """Whether the store has a file of this name."""
        return self.files.exists(self._path(name))

    def remove(self, name: str) -> None:
        """Remove a file; raises FileNotFoundError."""
        self.files.rm_file(self._path(name))

    def write(self, name: str, content: bytes) -> None:
        """Write a file whole: under a temporary name, then renamed, in a folder; by a single put in an object store."""
        path = self._path(name)
        if "file" in self.files.protocol:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            temporary = f"{path}.{uuid.uuid4().hex}.tmp"
            with open(temporary, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        else:
            self.files.pipe_file(path, content)

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}" if self.root else name  # an archive has its files at the top

    def _parse(self, content: bytes, name: str) -> Record:
        try:
            document = json.loads(content)
            return Record(
                document["identity"], document["specification"], document["provenance"], document["payload"], self
            )
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedRecord(f"{name}.json", f"{type(error).__name__}: {error}") from error


def payload_hash(payload: Mapping[str, Any]) -> str:
    """SHA-256 of what was measured (or of its provenance).

    Equal for the same block on the same machine and versions, bit for bit.
    """
    return sha256(canonical(payload).encode()).hexdigest()


def _encode(key: str, array: np.ndarray, large: dict[str, np.ndarray]) -> dict[str, Any]:
    array = np.asarray(array, order="C")
    encoded: dict[str, Any] = {"dtype": str(array.dtype), "shape": list(array.shape)}
    if array.size > MOST_INLINE:
        large[key] = array
        return encoded | {"sha256": sha256(array.tobytes()).hexdigest()}
    flat = array.ravel().tolist()
    if array.dtype.kind == "f":
        flat = [value if np.isfinite(value) else str(value) for value in flat]
    return encoded | {"data": flat}
