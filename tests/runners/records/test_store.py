"""The store: written whole, exact, in folders and elsewhere; errors beside the records."""

from __future__ import annotations

import errno
import gc
import json
import os
import weakref
from dataclasses import replace

import numpy as np
import pytest

from runners.records.blocks import identity_of, payload_hash
from runners.records.damage import DamagedRecord
from runners.records.store import MOST_INLINE, Store
from tests import made_up_records
from tests.made_up_records import failure, specification

SPECIFICATION = specification()
OTHER = specification(2, 4)
A1, B2 = sorted(map(identity_of, (SPECIFICATION, OTHER)))


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path) -> Store:
    return Store(tmp_path / "store" if request.param == "folder" else f"memory://{tmp_path.name}/{request.node.name}")


def put(store: Store, name: str = "", given=None, observables=None, trials: int = 2) -> str:
    """A record of two trials, or so many; its name."""
    described = OTHER if name and name == identity_of(OTHER) else specification(0, trials)
    return made_up_records.put(store, described, observables or {"loss": np.zeros(trials)}, given)


def fresh(store: Store) -> Store:
    """The same place, seen by another process."""
    return Store(store.address)


def test_a_record_comes_back_as_it_was_put(store):
    generator = np.random.default_rng(0)
    given = {"kernel": generator.normal(size=(2, 3, 3)), "order": np.array([[2, 1], [1, 2]], dtype=np.uint64)}
    observables = {"loss": generator.normal(size=2).astype(np.float32), "rose": np.array([True, False])}
    name = put(store, given=given, observables=observables)
    record = fresh(store).get("toy", name)
    assert record.identity == name
    assert record.specification == SPECIFICATION
    assert record.provenance == made_up_records.PROVENANCE
    for expected, found in ((given, record.given), (observables, record.observables)):
        assert found.keys() == expected.keys()
        for name, array in expected.items():
            assert found[name].dtype == array.dtype
            assert found[name].tobytes() == array.tobytes()
            assert not found[name].flags.writeable


@pytest.mark.parametrize("size", [3, MOST_INLINE + 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_not_finite_survives(store, size, dtype):
    array = np.ones((1, size), dtype=dtype)
    array[0, :3] = np.nan, np.inf, -np.inf
    name = put(store, observables={"loss": array}, trials=1)
    assert fresh(store).get("toy", name).observables["loss"].tobytes() == array.tobytes()


def test_large_arrays_lie_beside_the_record(store):
    curve = np.zeros((2, MOST_INLINE // 2))
    small = put(store, B2 if identity_of(OTHER) == B2 else A1, observables={"curve": curve})
    large = put(store, given={"kernel": np.arange(MOST_INLINE + 2.0).reshape(2, -1)}, observables={"curve": curve})
    files = {path.rsplit("/", 1)[-1] for path in store.files.ls(f"{store.root}/records/toy", detail=False)}
    assert files == {f"{small}.json", f"{large}.json", f"{large}.npz"}
    assert fresh(store).get("toy", large).given["kernel"].ravel().tolist() == list(range(MOST_INLINE + 2))


def test_a_record_is_strict_json(store):
    name = put(store, observables={"loss": np.array([np.nan, np.inf])})

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    json.loads(store.read(f"records/toy/{name}.json"), parse_constant=refuse)


def test_has_and_records(store):
    assert not store.has("toy", A1)
    assert list(store.records("toy")) == []
    other = fresh(store)
    put(store, B2)
    put(store, A1)
    assert store.has("toy", A1)
    assert not store.has("toys", A1)
    assert [record.identity for record in other.records("toy")] == [A1, B2]  # another process sees them at once


def test_errors_lie_beside_the_records(store):
    name = identity_of(SPECIFICATION)
    assert store.error(name) is None
    for message in ("no", "still no"):
        store.put_error(name, failure(SPECIFICATION, message=message))
    assert fresh(store).error(name) == failure(SPECIFICATION, message="still no")
    assert [error["message"] for error in store.errors()] == ["still no"]
    assert not store.has("toy", name)
    assert list(store.records("toy")) == []


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_a_record_is_never_seen_in_part(tmp_path, monkeypatch, suffix):
    """The process dies between writing and renaming: of the arrays, or of the record itself."""
    store, rename = Store(tmp_path), os.replace

    def die(source, target):
        if target.endswith(suffix):
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        put(store, observables={"curve": np.zeros((2, MOST_INLINE))})
    monkeypatch.undo()
    assert not list(tmp_path.rglob("*.json"))
    assert not fresh(store).has("toy", identity_of(SPECIFICATION))
    assert list(fresh(store).records("toy")) == []
    name = put(store, observables={"curve": np.zeros((2, MOST_INLINE))})  # what is left over is in nobody's way
    assert fresh(store).get("toy", name).observables["curve"].shape == (2, MOST_INLINE)


def test_the_payloads_hash_sees_every_bit_and_nothing_else(store):
    def hash_of(observables, **provenance):
        store.put("x", SPECIFICATION, {}, observables, provenance)
        document = json.loads(store.read("records/toy/x.json"))
        assert document["payload_sha256"] == payload_hash(document["payload"])
        return document["payload_sha256"]

    for size in (4, MOST_INLINE + 1):
        base = np.linspace(0, 1, size)
        changed = base.copy()
        changed[-1] = np.nextafter(changed[-1], 2)
        assert hash_of({"loss": base}, host="here") == hash_of({"loss": base.copy()}, host="there", seconds=3)
        assert hash_of({"loss": base}) != hash_of({"loss": changed})
        assert hash_of({"loss": base}) != hash_of({"loss": base.astype(np.float32)})
        assert hash_of({"loss": base}) != hash_of({"loss": base[None]})
        assert hash_of({"loss": base}) != hash_of({"cost": base})


def test_views_and_other_orders_are_stored_by_value(store):
    array = np.arange(6.0).reshape(2, 3)
    name = put(store, observables={"f": np.asfortranarray(array), "s": array[:, ::-1]})
    record = fresh(store).get("toy", name)
    assert record.observables["f"].tolist() == array.tolist()
    assert record.observables["s"].tolist() == array[:, ::-1].tolist()


def test_a_full_disk_gets_its_room_back(tmp_path, monkeypatch):
    def full(number):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        put(Store(tmp_path))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("part", ["payload", "specification", "provenance"])
def test_a_flipped_digit_is_not_used(store, part):
    name = put(store, observables={"loss": np.array([1.0, 2.0])})
    document = json.loads(store.read(f"records/toy/{name}.json"))
    if part == "payload":
        document[part]["observables"]["loss"]["data"][0] = 1.5
    else:
        document[part]["threads" if part == "specification" else "started"] = 7
    store.write(f"records/toy/{name}.json", json.dumps(document).encode())
    with pytest.raises(DamagedRecord, match="hash"):
        fresh(store).get("toy", name)
    with pytest.raises(DamagedRecord, match="hash"):
        list(fresh(store).records("toy"))


def test_what_is_used_is_what_was_hashed(store):
    name = put(store, observables={"loss": np.array([1.0, 2.0])})
    file = f"records/toy/{name}.json"
    text = store.read(file).decode()
    changed = json.loads(text)["payload"]
    changed["observables"]["loss"]["data"] = [7.0, 7.0]
    store.write(file, (text.removesuffix("}") + f',"payload": {json.dumps(changed)}}}').encode())
    assert json.loads(store.read(file))["payload"] == changed  # of two that have one name a reader takes the last
    assert fresh(store).get("toy", name).observables["loss"].tolist() == [1.0, 2.0]
    store.write(file, text.replace('"loss"', '"lo ss"').encode())
    assert set(fresh(store).get("toy", name).observables) == {"loss"}


def test_names_keep_their_spaces(store):
    name = put(store, observables={"test loss": np.array([1.0, 2.0])})
    assert fresh(store).get("toy", name).observables["test loss"].tolist() == [1.0, 2.0]


def test_a_record_goes_when_nobody_has_it(store):
    """Judging lets go of many, and Python seldom looks for what keeps itself."""
    name = put(store, observables={"loss": np.array([1.0, 2.0]), "curve": np.ones((2, MOST_INLINE))})
    reader = fresh(store)
    whole = reader.get("toy", name)
    packed = replace(whole, identity="beside-nothing")
    _ = whole.observables["loss"], whole.observables["curve"], len(packed.arrays)
    left = [weakref.ref(whole), weakref.ref(packed)]
    gc.disable()
    try:
        del whole, packed
        reader._seen.clear()
        assert [it() for it in left] == [None, None]
    finally:
        gc.enable()


def test_a_flipped_bit_beside_a_record_is_not_used(tmp_path):
    store = Store(tmp_path)
    name = put(store, observables={"curve": np.ones((2, MOST_INLINE))})
    changed = np.ones((2, MOST_INLINE))
    changed[1, 7] = np.nextafter(1.0, 2)
    np.savez_compressed(tmp_path / "records" / "toy" / f"{name}.npz", **{"observables.curve": changed})
    with pytest.raises(DamagedRecord, match="does not hash to what was recorded"):
        _ = fresh(store).get("toy", name).observables["curve"]


def test_a_store_keeps_few_records_in_memory(store, monkeypatch):
    names = [made_up_records.put(store, specification(condition={"width": number})) for number in range(10, 17)]
    length = max(len(store.read(f"records/toy/{name}.json")) for name in names)
    monkeypatch.setattr("runners.records.store.MOST_SEEN", 4 * length)
    reader = fresh(store)
    for name in names:
        reader.get("toy", name)
    assert list(reader._seen) == names[-4:]
    assert len(list(reader.records("toy"))) == len(names)
    assert len(reader._seen) == 4
    assert reader._seen_bytes == sum(size for _, size in reader._seen.values()) <= 4 * length


def test_what_a_store_keeps_is_read_once(store, monkeypatch):
    name = made_up_records.put(store, specification())
    reader = fresh(store)
    (record,) = reader.records("toy")
    monkeypatch.setattr(reader, "read", None)
    assert reader.get("toy", name) is record
