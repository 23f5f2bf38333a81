"""Stores that were tampered with, one digit or file at a time."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from runners.records.blocks import identity_of, payload_hash
from runners.records.seals import lock_hash
from runners.records.store import Store
from runners.upkeep.findings import EXCUSED, OTHER_VERSIONS, TWIN, breaks
from runners.upkeep.verification import twins, verify
from tests import made_up_records
from tests.made_up_records import failure


@pytest.fixture
def stored(world):
    """A world with eight trials of a few conditions in blocks of four, with arrays beside them."""
    experiment = world.registry.experiments["toy"]
    smoke = experiment.tiers["smoke"].model_copy(update={"constants": {"length": 300}})
    world.experiment("toy", tiers={"smoke": smoke})
    world.run("law-holds", "ramp")
    assert verify(world.store, world.registry) == []
    return world


def files(world, kind: str = "json") -> list[Path]:
    return sorted(Path(world.address).glob(f"records/*/*.{kind}"))


def described(file: Path) -> dict:
    return json.loads(file.read_text())["specification"]


def kinds(world) -> list[tuple[str, str]]:
    found = verify(world.store, world.registry)
    assert breaks(found)
    return [(finding.kind, finding.what) for finding in found]


def rewrite(file: Path, change, *, rehash: bool = False) -> None:
    document = json.loads(file.read_text())
    change(document)
    if rehash:
        document["payload_sha256"] = payload_hash(document["payload"])
        document["provenance_sha256"] = payload_hash(document["provenance"])
        document["identity"] = identity_of(document["specification"])
    file.write_text(json.dumps(document, indent=1))


def flip_digit(file: Path, within: str) -> None:
    """Change the first digit of the first number after a word; of an array, of the first of its data."""
    text = file.read_text()
    start = text.index(within) + len(within)
    start = text.index('"data": [', start) if within == '"response"' else start
    at = next(i for i in range(start, len(text)) if text[i].isdigit() and text[i] != "0")
    file.write_text(text[:at] + str(int(text[at]) % 9 + 1) + text[at + 1 :])


@pytest.mark.parametrize(
    ("within", "words"),
    [
        ('"response"', "what was measured"),
        ('"width":', "specification hashes to"),
        ('"started":', "time, machine"),
    ],
)
def test_a_flipped_digit(stored, within, words):
    flip_digit(files(stored)[0], within)
    found = [what for kind, what in kinds(stored) if kind == "altered"]
    assert len(found) == 1
    assert words in found[0]


def test_a_flipped_bit_in_arrays(stored):
    file = files(stored, "npz")[0]
    with np.load(file) as arrays:
        changed = {name: array.copy() for name, array in arrays.items()}
    name = next(iter(changed))
    changed[name].view(np.uint8).reshape(-1)[77] ^= 1
    np.savez_compressed(file, **changed)
    ((kind, what),) = kinds(stored)
    assert (kind, "does not hash" in what) == ("altered", True)


@pytest.mark.parametrize("kind", ["json", "npz"])
@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_record_cut_off_in_the_middle(stored, kind, kept):
    file = files(stored, kind)[0]
    content = file.read_bytes()
    file.write_bytes(content[: int(kept * len(content))])
    found = kinds(stored)
    assert [kind for kind, _ in found if kind == "cut off"] == ["cut off"]


def test_numbers_that_are_missing_from_an_array(stored):
    file = files(stored)[0]
    rewrite(file, lambda it: it["payload"]["observables"]["response"]["data"].pop(), rehash=True)
    assert ("cut off", "response has 3 numbers, not those of [4]") in kinds(stored)


def test_a_deleted_record(stored):
    """The first of two blocks, then the second: trials are missing before the one, after the other."""
    blocks = sorted(
        (json.loads(file.read_text())["specification"]["repeats"], str(file))
        for file in files(stored)
        if json.loads(file.read_text())["specification"]["condition"] == {"kind": "lawful", "width": 2}
    )
    assert [repeats for repeats, _ in blocks] == [[0, 4], [4, 8]]
    for _, file in blocks:
        content = Path(file).read_bytes()
        Path(file).unlink()
        assert [kind for kind, _ in kinds(stored)] == ["missing"]
        Path(file).write_bytes(content)


def test_arrays_that_are_gone(stored):
    files(stored, "npz")[0].unlink()
    ((kind, _),) = kinds(stored)
    assert kind == "missing"


def test_a_duplicated_record(stored):
    file = files(stored)[0]
    shutil.copy(file, file.with_name("0123456789abcdef0123.json"))
    assert ("duplicated", f"is a copy of {file.stem} under another name") in kinds(stored)


def test_a_record_that_poses_as_other_trials(stored):
    """The same numbers again as the next four trials, with seeds and hashes to match."""
    source = next(file for file in files(stored) if json.loads(file.read_text())["specification"]["repeats"] == [4, 8])
    forged = source.with_name("forged.json")
    shutil.copy(source, forged)

    def change(document):
        from runners.records.seeds import derive_seed

        specification = document["specification"]
        specification["repeats"] = [8, 12]
        specification["seeds"] = [derive_seed(specification["experiment"], "record", repeat) for repeat in range(8, 12)]

    rewrite(forged, change, rehash=True)
    npz = source.with_suffix(".npz")
    identity = json.loads(forged.read_text())["identity"]
    forged.rename(forged.with_name(f"{identity}.json"))
    if npz.exists():
        shutil.copy(npz, npz.with_name(f"{identity}.npz"))
    assert any("holds the same numbers as" in what for kind, what in kinds(stored) if kind == "duplicated")


def test_other_seeds_than_those_of_the_repeats(stored):
    file = files(stored)[0]
    rewrite(file, lambda it: it["specification"]["seeds"].__setitem__(0, 12345), rehash=True)
    file.rename(file.with_name(f"{json.loads(file.read_text())['identity']}.json"))
    assert any("seeds are not those" in what for _, what in kinds(stored))


def test_other_code_and_other_versions(stored):
    file = files(stored)[0]
    text = file.read_text()
    for changed, kind, broken in (
        (("code", "0" * 64), "made by other code", True),
        (("libraries", {"numpy": "1.0"}), OTHER_VERSIONS, False),
    ):
        rewrite(file, lambda it, changed=changed: it["specification"].__setitem__(*changed), rehash=True)
        renamed = file.rename(file.with_name(f"{json.loads(file.read_text())['identity']}.json"))
        if file.with_suffix(".npz").exists():
            shutil.copy(file.with_suffix(".npz"), renamed.with_suffix(".npz"))
        found = [it for it in verify(stored.store, stored.registry) if it.kind != "missing"]
        assert [it.kind for it in found] == [kind]
        assert breaks(found) == broken
        renamed.unlink()
        file.write_text(text)


def test_an_experiment_that_is_gone(stored):
    Path(stored.address, "records", "toy").rename(Path(stored.address, "records", "game"))
    assert ("duplicated", "belongs to toy") in kinds(stored)
    Path(stored.address, "records", "game").rename(Path(stored.address, "records", "toy"))
    stored.registry = replace(stored.registry, experiments={})
    assert {what for kind, what in kinds(stored) if kind == "made by other code"} == {
        "the registry has no experiment toy"
    }


def test_seals_that_were_changed(stored):
    store: Store = stored.store
    store.put_lock("0123456789abcdef0123", {"schema": 1, "claims": {"law-holds": {"seal": "x"}}})
    ((kind, what),) = kinds(stored)
    assert (kind, "seals were changed" in what) == ("altered", True)


def test_trials_that_a_log_excuses_are_told(stored):
    """A condition deleted as a whole, and a log that calls it unavailable: nothing breaks, and nothing is silent."""
    gone = [file for file in files(stored) if described(file)["condition"] == {"kind": "lawful", "width": 2}]
    for file in gone:
        specification = described(file)
        stored.store.put_error(file.stem, failure(specification, "unavailable", "no such data"))
        file.unlink()
        file.with_suffix(".npz").unlink(missing_ok=True)
    found = verify(stored.store, stored.registry)
    assert {finding.kind for finding in found} == {EXCUSED}
    assert len(found) == len(gone) == 2
    assert "4 trials are not here; the log says unavailable: no such data" in str(found[0])


@pytest.mark.parametrize("change", [{"status": "unavailable"}, {"sha256": None}])
def test_a_log_that_was_changed(stored, change):
    specification = made_up_records.specification(experiment="toy")
    stored.store.put_error("a1", {**failure(specification), "identity": "a1"})
    assert [it.kind for it in verify(stored.store, stored.registry)] == [EXCUSED]
    file = Path(stored.address, "errors", "a1.json")
    document = {key: value for key, value in (json.loads(file.read_text()) | change).items() if value is not None}
    file.write_text(json.dumps(document))
    assert ("altered", True) in [(kind, "hash" in what or "sha256" in what) for kind, what in kinds(stored)]


@pytest.mark.parametrize("cited", [None, "0123456789abcdef0123"])
def test_a_record_without_a_lock_does_not_pass(stored, cited):
    rewrite(files(stored)[0], lambda it: it["provenance"].__setitem__("lock", cited), rehash=True)
    ((kind, what),) = kinds(stored)
    assert kind == "missing"
    assert "cites" in what


def test_a_record_without_a_hash_of_its_provenance_does_not_pass(stored):
    rewrite(files(stored)[0], lambda it: it.pop("provenance_sha256"))
    ((kind, what),) = kinds(stored)
    assert (kind, "lacks provenance_sha256" in what) == ("altered", True)


def test_a_record_that_cites_a_lock_of_later(stored):
    """Measured first, sealed afterwards, and made to look as if it had been the other way round."""
    size = {"seal": "y", "sealed": "2026-03-01", "resealed": 0}
    entry = {**size, "seal": "x", "expect": "open", "expected": "2026-03-01", "tiers": {"smoke": size}}
    lock = {"schema": 2, "claims": {"law-holds": entry}}
    stored.store.put_lock(lock_hash(lock), lock)

    def cite(document):
        document["provenance"] |= {"lock": lock_hash(lock), "started": 1.7e9}  # in 2023

    rewrite(files(stored)[0], cite, rehash=True)
    ((kind, what),) = kinds(stored)
    assert (kind, what) == ("altered", "cites a lock of 2026-03-01, but was measured on 2023-11-14")


def test_numbers_of_another_condition_are_told(stored):
    """Whoever recomputes the hashes cannot hide that two conditions have the same numbers."""
    by_condition = {}
    for file in files(stored):
        if described(file)["repeats"] == [0, 4]:
            by_condition[described(file)["condition"]["width"], described(file)["condition"]["kind"]] = file
    source, target = by_condition[2, "lawful"], by_condition[4, "lawful"]
    payload = json.loads(source.read_text())["payload"]
    rewrite(target, lambda it: it.__setitem__("payload", payload), rehash=True)
    if source.with_suffix(".npz").exists():
        shutil.copy(source.with_suffix(".npz"), target.with_suffix(".npz"))
    found = verify(stored.store, stored.registry)
    assert TWIN in {finding.kind for finding in found}
    assert {target.stem, source.stem} <= twins(stored.store)


def test_the_command_says_what_is_wrong_and_ends_with_3(command_line):
    command_line("run", "--in-process", "law-holds", "--json", str(command_line.folder / "run.json"))
    arguments = ("--store", str(command_line.store), "--report", str(command_line.folder / "run.json"))
    assert command_line("verify", *arguments).exit_code == 0
    flip_digit(command_line.records()[0], '"response"')
    result = command_line("verify", *arguments)
    assert result.exit_code == 3
    assert "altered: what was measured does not hash" in result.output
