"""The store: written whole, exact, in folders and elsewhere; errors beside the records."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from runners.records.store import MOST_INLINE, Store, payload_hash

SPECIFICATION = {"experiment": "toy", "condition": {"width": 4}, "purpose": "record", "repeats": [0, 2]}


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path) -> Store:
    return Store(tmp_path / "store" if request.param == "folder" else f"memory://{tmp_path.name}/{request.node.name}")


def put(store: Store, identity: str = "a1", given=None, observables=None) -> None:
    store.put(identity, SPECIFICATION, given or {}, observables or {"loss": np.zeros(2)}, {"host": "here"})


def fresh(store: Store) -> Store:
    """The same place, seen by another process."""
    return Store(store.address)


def test_a_record_comes_back_as_it_was_put(store):
    generator = np.random.default_rng(0)
    given = {"kernel": generator.normal(size=(2, 3, 3)), "order": np.array([[2, 1], [1, 2]], dtype=np.uint64)}
    observables = {"loss": generator.normal(size=2).astype(np.float32), "rose": np.array([True, False])}
    put(store, "a1", given, observables)
    record = fresh(store).get("toy", "a1")
    assert record.identity == "a1"
    assert record.specification == SPECIFICATION
    assert record.provenance == {"host": "here"}
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
    put(store, observables={"loss": array})
    assert fresh(store).get("toy", "a1").observables["loss"].tobytes() == array.tobytes()


def test_large_arrays_lie_beside_the_record(store):
    put(store, "small", observables={"curve": np.zeros(MOST_INLINE)})
    put(store, "large", given={"kernel": np.arange(MOST_INLINE + 1.0)}, observables={"curve": np.zeros(MOST_INLINE)})
    files = {path.rsplit("/", 1)[-1] for path in store.files.ls(f"{store.root}/records/toy", detail=False)}
    assert files == {"small.json", "large.json", "large.npz"}
    assert fresh(store).get("toy", "large").given["kernel"].tolist() == list(range(MOST_INLINE + 1))


def test_a_record_is_strict_json(store):
    put(store, observables={"loss": np.array([np.nan, np.inf])})

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    json.loads(store.read("records/toy/a1.json"), parse_constant=refuse)


def test_has_and_records(store):
    assert not store.has("toy", "a1")
    assert list(store.records("toy")) == []
    other = fresh(store)
    put(store, "b2")
    put(store, "a1")
    assert store.has("toy", "a1")
    assert not store.has("toys", "a1")
    assert [record.identity for record in other.records("toy")] == ["a1", "b2"]  # another process sees them at once


def test_errors_lie_beside_the_records(store):
    assert store.error("a1") is None
    store.put_error("a1", {"status": "error", "message": "no"})
    store.put_error("a1", {"status": "error", "message": "still no"})
    assert fresh(store).error("a1") == {"status": "error", "message": "still no"}
    assert [error["message"] for error in store.errors()] == ["still no"]
    assert not store.has("toy", "a1")
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
        put(store, observables={"curve": np.zeros(MOST_INLINE + 1)})
    monkeypatch.undo()
    assert not list(tmp_path.rglob("*.json"))
    assert not fresh(store).has("toy", "a1")
    assert list(fresh(store).records("toy")) == []
    put(store, observables={"curve": np.zeros(MOST_INLINE + 1)})  # what is left over is in nobody's way
    assert fresh(store).get("toy", "a1").observables["curve"].shape == (MOST_INLINE + 1,)


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
    put(store, observables={"f": np.asfortranarray(array), "s": array[:, ::-1], "z": np.float64(3.0)[None]})
    record = fresh(store).get("toy", "a1")
    assert record.observables["f"].tolist() == array.tolist()
    assert record.observables["s"].tolist() == array[:, ::-1].tolist()
