"""The store: a record a block, append-only, written whole; errors beside them, never among them.

    records/<experiment>/<identity>.json    specification, given, observables, provenance
    records/<experiment>/<identity>.npz     its arrays of more than 1,000 numbers
    arrays/<hash>.npy                       the same of packed records, which share them
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
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

import fsspec
import numpy as np
from pydantic import TypeAdapter, ValidationError

from runners.records import documents
from runners.records.blocks import EARLIER, identity_of, payload_hash, plain
from runners.records.damage import DamagedFile, DamagedRecord

Noted = TypeVar("Noted")
MOST_INLINE = 1000
MOST_SEEN = 32 * 2**20
"""Bytes of records whose content is kept after reading: an experiment's, most often, whose claims are judged in a row.
Text takes about four times as much in memory; large arrays, which may be loaded later, count as they are."""
AT_ONCE = 256
"""Records that are asked for at once."""
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
    hashes: tuple[str, str]
    """Of what was measured, whole, and of its provenance."""

    @cached_property
    def given(self) -> dict[str, np.ndarray]:
        """What theories may read: arrays (trials, ...), read-only."""
        return {name: self._decode(f"given.{name}", array) for name, array in self.payload["given"].items()}

    @property
    def observables(self) -> Mapping[str, np.ndarray]:
        """What was measured: arrays (trials, ...), read-only."""
        return _Observables(self)

    @cached_property
    def _decoded(self) -> dict[str, np.ndarray]:
        """Of the observables those that somebody asked for."""
        return {}

    @cached_property
    def arrays(self) -> Mapping[str, np.ndarray]:
        """Those that do not stand in the record itself: in a file of its own, or each where its hash says."""
        try:
            return np.load(io.BytesIO(self.store.read(f"{self._stem}.npz")), allow_pickle=False)
        except FileNotFoundError:
            return _ByHash(self.payload, self.store)

    @property
    def earlier(self) -> bool:
        """Whether an earlier version of Tollens wrote it: it is kept, and no trial of it is used."""
        return self.specification.get("schema") in EARLIER

    @property
    def _stem(self) -> str:
        return f"records/{self.specification['experiment']}/{self.identity}"

    def _decode(self, key: str, encoded: Mapping[str, Any]) -> np.ndarray:
        if encoded.get("data") is not None:
            array = np.array(encoded["data"], dtype=encoded["dtype"]).reshape(encoded["shape"])  # 'nan' and 'inf', too
        else:
            array = self._beside(key, encoded)
        array.flags.writeable = False
        return array

    def _beside(self, key: str, encoded: Mapping[str, Any]) -> np.ndarray:
        """An array of the .npz file; raises DamagedRecord unless it is what was recorded."""
        file = f"{self.identity}.npz"
        try:
            array = self.arrays[key]
        except Exception as error:  # a zip archive breaks in many ways
            raise DamagedRecord(file, f"{type(error).__name__}: {error}") from error
        if list(array.shape) != encoded["shape"] or str(array.dtype) != encoded["dtype"]:
            raise DamagedRecord(file, f"{key} is {array.dtype} {array.shape}, recorded as {encoded['shape']}")
        if sha256(array.tobytes()).hexdigest() != encoded["sha256"]:
            raise DamagedRecord(file, f"{key} does not hash to what was recorded")
        return array


def shared_name(encoded: Mapping[str, Any]) -> str:
    """Where an archive of packed records has an array: the same bytes may be numbers of another type or shape."""
    return f"arrays/{encoded['sha256']}-{encoded['dtype']}-{'x'.join(map(str, encoded['shape']))}.npy"


def folded(array: np.ndarray) -> np.ndarray:
    """Of symmetric matrices (..., n, n) the upper triangle (..., n (n + 1) / 2); another array as it is."""
    square = array.ndim > 1 and array.shape[-1] == array.shape[-2] > 1
    same = square and array.tobytes() == np.swapaxes(array, -1, -2).tobytes()  # bytes: a NaN is itself, 0 is not -0
    return array[..., *np.triu_indices(array.shape[-1])] if same else array


def _unfolded(triangle: np.ndarray, size: int) -> np.ndarray:
    """The symmetric matrices of that size which `folded` made smaller."""
    rows, columns = np.triu_indices(size)
    array = np.empty((*triangle.shape[:-1], size, size), triangle.dtype)
    array[..., rows, columns] = array[..., columns, rows] = triangle
    return array


class _ByHash(Mapping[str, np.ndarray]):
    """Arrays of a packed record: what many records share lies in their archive once."""

    def __init__(self, payload: Mapping[str, Any], store: Store):
        self._payload, self._store = payload, store  # not the record, which keeps this: nobody looks for cycles

    def __getitem__(self, key: str) -> np.ndarray:
        part, _, name = key.partition(".")
        encoded = self._payload[part][name]
        array = np.load(io.BytesIO(self._store.read(shared_name(encoded))), allow_pickle=False)
        return array if list(array.shape) == encoded["shape"] else _unfolded(array, encoded["shape"][-1])

    def __iter__(self) -> Iterator[str]:
        payload = self._payload
        return (f"{part}.{name}" for part in payload for name, it in payload[part].items() if "data" not in it)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Observables(Mapping[str, np.ndarray]):
    """What was measured, by name, decoded when it is asked for: of many observables a claim is about one."""

    def __init__(self, record: Record):
        self._record = record

    def __getitem__(self, name: str) -> np.ndarray:
        record = self._record
        if name not in record._decoded:
            record._decoded[name] = record._decode(f"observables.{name}", record.payload["observables"][name])
        return record._decoded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._record.payload["observables"])

    def __len__(self) -> int:
        return len(self._record.payload["observables"])


class Store:
    """Records and errors at one address."""

    def __init__(self, address: str | os.PathLike[str]):
        self.address = os.fspath(address)
        # no cache of listings: other processes write here, too
        self.files, self.root = fsspec.core.url_to_fs(self.address, use_listings_cache=False)
        self._seen: OrderedDict[str, tuple[Record, int]] = OrderedDict()
        """The records that were read last, and how long their files are: a store may hold more than memory does."""
        self._seen_bytes = 0

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
        payload = {  # in the order in which it is hashed, so that a reader may hash the file as it stands
            part: {name: _encode(f"{part}.{name}", array, large) for name, array in sorted(arrays.items())}
            for part, arrays in (("given", given), ("observables", observables))
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
        """A recorded block; raises DamagedRecord."""
        if identity in self._seen:
            self._seen.move_to_end(identity)
            return self._seen[identity][0]
        try:
            content = self.read(f"records/{experiment}/{identity}.json")
        except FileNotFoundError as error:
            raise DamagedRecord(f"{identity}.json", "it is gone") from error
        return self._keep(self._parse(content, identity), len(content))

    def _keep(self, record: Record, size: int) -> Record:
        """The record of a file of this size, which stands here until others have taken its room, its arrays' too."""
        size += sum(
            int(np.prod(it["shape"])) * np.dtype(it["dtype"]).itemsize
            for part in record.payload.values()
            for it in part.values()
            if it.get("data") is None
        )
        if (before := self._seen.pop(record.identity, None)) is not None:
            self._seen_bytes -= before[1]
        self._seen[record.identity] = record, size
        self._seen_bytes += size
        while self._seen_bytes > MOST_SEEN and len(self._seen) > 1:
            self._seen_bytes -= self._seen.popitem(last=False)[1][1]
        return record

    def records(self, experiment: str) -> Iterator[Record]:
        """All records of an experiment that may be used, in the order of their names."""
        yield from self._read_all(experiment, sorted(self.recorded(experiment)))

    def _read_all(self, experiment: str, names: Sequence[str]) -> Iterator[Record]:
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            contents = self._contents([f"records/{experiment}/{name}.json" for name in some])
            for name, content in zip(some, contents, strict=True):
                if isinstance(content, Exception):
                    raise DamagedRecord(f"{name}.json", f"{type(content).__name__}: {content}")
                if not (record := self._parse(content, name)).earlier:
                    yield self._keep(record, len(content))

    def record_files(self) -> list[tuple[str, str]]:
        """Every record's file and its experiment, whether it can be read or not."""
        folder = self._path("records")
        if not self.files.exists(folder):
            return []
        found = []
        for path in sorted(self._below(folder)):
            experiment, _, name = f"/{path}".rsplit("/records/", 1)[-1].rpartition("/")
            if name.endswith(".json"):
                found.append((f"records/{experiment}/{name}", experiment))
        return found

    def _below(self, folder: str) -> Iterable[str]:
        """Every file in a folder, and in those inside."""
        if "file" not in self.files.protocol:
            return self.files.find(folder)
        # `find` asks for the size of each, which takes as long as to read it
        return (f"{place}/{name}" for place, _, names in os.walk(folder, followlinks=True) for name in names)

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
        heads = self._contents(paths, HEAD)
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
        """A lock that records cite; raises DamagedFile unless it is the one of that name."""
        file = f"locks/{name}.json"
        content = self.read(file)
        try:
            lock = json.loads(content)
            found = identity_of(lock)
        except (ValueError, TypeError, RecursionError) as error:
            raise DamagedFile(file, f"{type(error).__name__}: {error}") from error
        if found != name:
            raise DamagedFile(file, f"it hashes to {found}: seals were changed")
        return lock

    # --- errors ---------------------------------------------------------------------------------------------------

    def put_error(self, identity: str, error: Mapping[str, Any]) -> None:
        """Log the failure of a block, with a hash of it."""
        document = {**error, "sha256": payload_hash(error)}
        self.write(f"errors/{identity}.json", json.dumps(document, indent=1, allow_nan=False).encode())

    def error(self, identity: str) -> dict[str, Any] | None:
        """The last failure of a block, if any; raises DamagedFile."""
        file = f"errors/{identity}.json"
        return documents.read_failure(self.read(file), file) if self.files.exists(self._path(file)) else None

    def errors(self) -> Iterator[dict[str, Any]]:
        """All logged failures of this version; raises DamagedFile."""
        for file in (f"errors/{name}" for name in self.names("errors")):
            try:
                content = self.read(file)
            except FileNotFoundError as error:
                raise DamagedFile(file, "it is gone") from error
            if failure := documents.read_failure(content, file):
                yield failure

    # --- summaries ------------------------------------------------------------------------------------------------

    def put_summary(self, summary: Mapping[str, Any]) -> None:
        """Say how the last run on this store ended."""
        self.write("summary.json", json.dumps(plain(summary), indent=1, allow_nan=False).encode())

    # --- files ----------------------------------------------------------------------------------------------------

    def read(self, name: str) -> bytes:
        """The bytes of a file of the store; raises FileNotFoundError, or DamagedFile if it is none."""
        try:
            return self.files.cat_file(self._path(name))
        except FileNotFoundError:
            raise
        except OSError as error:
            raise DamagedFile(name, f"{type(error).__name__}: {error.strerror or error}") from error

    def _contents(self, names: Sequence[str], most: int | None = None) -> Iterable[bytes | Exception]:
        """The bytes of files, whole or the first ones; or why there are none."""
        paths = [*map(self._path, names)]
        if "file" in self.files.protocol:
            return (_read(path, most) for path in paths)
        # an object store sends them at once; `cat` would glob the names
        ends = [most] * len(paths)
        return (
            self.files.cat_ranges(paths, [0 if most else None] * len(paths), ends, on_error="return") if paths else ()
        )

    def note(self, name: str, model: type[Noted]) -> Noted:
        """What is written in a small file, as a model of it has it; raises DamagedFile."""
        try:
            return TypeAdapter(model).validate_json(self.read(name))
        except ValidationError as error:
            raise DamagedFile(name, documents.in_words(error)) from None
        except FileNotFoundError as error:
            raise DamagedFile(name, "it is gone") from error

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
            try:
                with open(temporary, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, path)
            except OSError:  # a full disk gets its room back
                with suppress(OSError):
                    os.unlink(temporary)
                raise
        else:
            self.files.pipe_file(path, content)

    def _path(self, name: str) -> str:
        return f"{self.root}/{name}" if self.root else name  # an archive has its files at the top

    def _parse(self, content: bytes, name: str) -> Record:
        document = documents.read(content, name)
        return record_of(document, self)


def record_of(document: Mapping[str, Any], store: Store) -> Record:
    """The record that a document describes."""
    whole = document.get("whole_sha256", document["payload_sha256"])  # of a packed one, which holds less
    hashes = whole, document.get("provenance_sha256", "")
    identity, specification = document["identity"], document["specification"]
    return Record(identity, specification, document["provenance"], document["payload"], store, hashes)


def _read(path: str, most: int | None) -> bytes | Exception:
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # of a small file, half the time that `open` takes
    except OSError as error:
        return error
    try:
        if most:
            return os.read(file, most)
        with open(file, "rb", buffering=0, closefd=False) as whole:
            return whole.read()
    except OSError as error:
        return error
    finally:
        os.close(file)


def _encode(key: str, array: np.ndarray, large: dict[str, np.ndarray]) -> dict[str, Any]:
    array = np.asarray(array, order="C")
    encoded: dict[str, Any] = {"dtype": str(array.dtype), "shape": list(array.shape)}
    if array.size > MOST_INLINE:
        large[key] = array
        encoded["sha256"] = sha256(array.tobytes()).hexdigest()
    else:
        flat = array.ravel().tolist()
        encoded["data"] = (
            [value if np.isfinite(value) else str(value) for value in flat] if array.dtype.kind == "f" else flat
        )
    return dict(sorted(encoded.items()))
