"""Packed records: the same verdicts from one small file, and a store that reads what is published beside its own."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner

from runners.commands import main
from runners.records import store
from runners.records.damage import DamagedRecord
from runners.records.published import WithPublished
from runners.records.store import Store
from runners.reporting.report import report
from runners.rule.verdicts import Outcome
from runners.upkeep.merging import merge
from runners.upkeep.packing import alike, pack
from tests.runners.conftest import WORLDS

NAMES = ("law-holds", "law-refuted", "exponent", "ramp")


def test_packed_records_give_the_same_verdicts_and_pass_verification(world, tmp_path):
    before = world.run(*NAMES)
    judge = world.stored_judge()
    count = pack(judge, NAMES, tmp_path / "records.zip")
    assert 0 < count == len({identity for name in ("toy",) for identity in world.store.recorded(name)})
    world.address = f"zip://::{tmp_path / 'records.zip'}"
    after = world.judge(*NAMES)
    for name in NAMES:
        assert after[name].outcome is before[name].outcome
        assert [cell.verdict for cell in after[name].cells] == [cell.verdict for cell in before[name].cells]
    reports = [report(it, [it.judge(name) for name in NAMES]) for it in (judge, world.stored_judge())]
    stood, packed = ([claim.conditions for claim in it.falsifiable] for it in reports)
    assert packed == stood, "pictures, too"


@pytest.mark.parametrize(
    ("name", "pictures", "kept"),
    [
        ("law-holds", True, {"response", "steady", "profile"}),
        ("law-holds", False, {"response", "steady"}),
        ("ramp", True, {"profile"}),
        ("ramp", False, {"profile"}),
    ],
    ids=["judged, required, drawn", "judged, required", "judged", "judged, though a picture, too"],
)
def test_a_packed_record_has_no_more_than_a_report_reads(world, tmp_path, name, pictures, kept):
    world.run(name)
    pack(world.stored_judge(), [name], tmp_path / "records.zip", pictures=pictures)
    packed = Store(f"zip://::{tmp_path / 'records.zip'}")
    for record in packed.records("toy"):
        assert set(record.observables) == kept
        assert set(record.given) == {"strength", "spectrum"}
        whole = json.loads(world.store.read(f"records/toy/{record.identity}.json"))["payload_sha256"]
        assert json.loads(packed.read(f"records/toy/{record.identity}.json"))["whole_sha256"] == whole


def test_what_would_be_a_copy_without_its_pictures_is_told():
    """As resamples of which a number is the same: packed without what tells them apart they would pass for forged."""
    records = {
        name: SimpleNamespace(payload={"given": {}, "observables": {"slope": slope, "curve": curve}})
        for name, slope, curve in (("a", 1, 1), ("b", 1, 2), ("c", 2, 2))
    }
    assert alike(records, {name: {"slope"} for name in records}) == ["a", "b"]
    assert alike(records, {name: {"slope", "curve"} for name in records}) == []


@pytest.fixture
def archive(world, tmp_path, monkeypatch) -> Path:
    """Records with large arrays, packed."""
    monkeypatch.setattr(store, "MOST_INLINE", 4)
    world.run(*NAMES)
    pack(world.stored_judge(), NAMES, tmp_path / "records.zip")
    return tmp_path / "records.zip"


def test_an_array_that_many_records_share_is_packed_once(world, archive):
    with zipfile.ZipFile(archive) as file:
        found = [name for name in file.namelist() if name.startswith("arrays/")]
        assert not any(name.endswith(".npz") for name in file.namelist())
    packed = Store(f"zip://::{archive}")
    pairs = [(record, world.store.get("toy", record.identity)) for record in packed.records("toy")]
    used = [
        store.shared_name(it)
        for one, _ in pairs
        for part in one.payload.values()
        for it in part.values()
        if "sha256" in it
    ]
    assert set(used) >= set(found)
    assert len(used) > len(found) > 0
    for one, whole in pairs:
        assert all(np.array_equal(it, whole.given[name]) for name, it in one.given.items())
        assert one.hashes[0] == whole.hashes[0]


def test_of_symmetric_matrices_a_triangle_is_packed_and_read_as_they_were(world, tmp_path):
    random = np.random.default_rng(0).normal(size=(3, 5, 5))
    symmetric = random + np.swapaxes(random, 1, 2)
    symmetric[1, 2, 4] = symmetric[1, 4, 2] = np.nan
    assert store.folded(symmetric).shape == (3, 15)
    for array in (random, random[0, 0], random[:, :1, :1], np.array([[1, 0.0], [-0.0, 1]])):
        assert store.folded(array) is array
    encoded = {"dtype": "float64", "shape": [3, 5, 5], "sha256": sha256(symmetric.tobytes()).hexdigest()}
    buffer = BytesIO()
    np.save(buffer, store.folded(symmetric))
    with zipfile.ZipFile(tmp_path / "records.zip", "w") as file:
        file.writestr(store.shared_name(encoded), buffer.getvalue())
    world.run("ramp")
    record = next(world.store.records("toy"))
    payload = {"given": {"kernel": encoded}, "observables": {}}
    packed = replace(record, store=Store(f"zip://::{tmp_path / 'records.zip'}"), payload=payload)
    np.testing.assert_array_equal(packed.given["kernel"], symmetric)


def test_a_packed_store_can_be_merged_into_another_and_packed_again(world, archive, tmp_path):
    verdicts = {name: result.outcome for name, result in world.judge(*NAMES).items()}
    target = Store(str(tmp_path / "target"))
    assert merge(Store(f"zip://::{archive}"), target).damaged == []
    world.address = target.address
    assert {name: result.outcome for name, result in world.judge(*NAMES).items()} == verdicts
    pack(world.stored_judge(), NAMES, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_a_shared_array_that_was_changed_is_found(world, archive, tmp_path):
    target = Store(str(tmp_path / "target"))
    merge(Store(f"zip://::{archive}"), target)
    file = next((tmp_path / "target" / "arrays").glob("*.npy"))
    array = np.load(file)
    array.flat[0] += 1
    np.save(file, array)
    damaged = merge(target, Store(str(tmp_path / "further"))).damaged
    assert any(f"arrays/{file.name} is not what its name says" in it for it in damaged)
    assert any("does not hash to what was recorded" in it for it in damaged), "nor is a record of it copied"


def test_packing_twice_gives_the_same_bytes(world, tmp_path):
    world.run("law-holds")
    files = [tmp_path / name for name in ("a.zip", "b.zip")]
    for file in files:
        pack(world.stored_judge(), ["law-holds"], file)
    assert files[0].read_bytes() == files[1].read_bytes()
    pack(world.stored_judge(), ["law-holds"], files[1])
    assert files[0].read_bytes() == files[1].read_bytes(), "what is there already is there once"


def test_packing_adds_to_what_an_archive_has(world, tmp_path):
    """As one publication holds the records of two epochs or tiers."""
    world.run("law-holds", "ramp")
    file = tmp_path / "records.zip"
    counts = [pack(world.stored_judge(), [name], file) for name in ("law-holds", "ramp")]
    assert max(counts) < len(Store(f"zip://::{file}").recorded("toy")) <= sum(counts)
    world.address = f"zip://::{file}"
    assert {world.judge(name)[name].outcome for name in ("law-holds", "ramp")} == {Outcome.SUPPORTED}


def test_a_store_reads_what_is_published_and_writes_into_itself_alone(world, tmp_path):
    world.run("law-holds")
    pack(world.stored_judge(), ["law-holds"], tmp_path / "records.zip")
    both = WithPublished(str(tmp_path / "empty"), tmp_path / "records.zip")
    names = both.recorded("toy")
    assert names == world.store.recorded("toy")
    assert all(both.has("toy", name) for name in names)
    assert {record.identity for record in both.records("toy")} == names
    assert both.recorded("toy-crowd") == set()
    with pytest.raises(DamagedRecord, match="it is gone"):
        both.get("toy", "absent")
    both.write("summary.json", b"{}")
    assert Path(tmp_path / "empty" / "summary.json").exists()


def test_the_command_line_packs_judges_and_verifies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    toys = ["--registry", str(WORLDS / "toy.yaml")]
    invoke = CliRunner().invoke
    ran = invoke(main, ["run", "law-holds", *toys, "--store", "store", "--in-process"])
    assert ran.exit_code == 0, ran.output
    packed = invoke(main, ["store", "--pack", "records.zip", "--tier", "smoke", "--store", "store", *toys])
    assert packed.exit_code == 0, packed.output
    judged = invoke(main, ["judge", "law-holds", *toys, "--store", "zip://::records.zip"])
    assert judged.exit_code == 0, judged.output
    assert "supported" in judged.output
    verified = invoke(main, ["verify", *toys, "--store", "zip://::records.zip"])
    assert verified.exit_code == 0, verified.output
    assert "0 findings" in verified.output
    with zipfile.ZipFile("records.zip") as archive:
        assert any(name.startswith("locks/") for name in archive.namelist())


def test_what_goes_on_from_packed_records_is_packed_beside_them(tmp_path, monkeypatch):
    """A condition whose first trials are in the archive, and whose others were measured later."""
    monkeypatch.chdir(tmp_path)
    toys = ["--registry", str(WORLDS / "toy.yaml")]
    invoke = CliRunner().invoke
    assert invoke(main, ["run", "law-holds", *toys, "--store", "first", "--in-process"]).exit_code == 0
    files = {path: json.loads(path.read_text()) for path in Path("first", "records").rglob("*.json")}
    later = [path for path, it in files.items() if it["specification"]["repeats"][0]]
    assert 0 < len(later) < len(files)
    for path in later:
        moved = Path("second", *path.parts[1:])
        moved.parent.mkdir(parents=True, exist_ok=True)
        path.rename(moved)
    for store_ in ("first", "second"):
        packed = invoke(main, ["store", "--pack", "records.zip", "--tier", "smoke", "--store", store_, *toys])
        assert packed.exit_code == 0, packed.output
    assert Store("zip://::records.zip").recorded("toy") == {path.stem for path in files}
    judged = invoke(main, ["judge", "law-holds", *toys, "--store", "zip://::records.zip"])
    assert "supported" in judged.output
