"""Forged stores whose hashes fit: measured again, they are found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from runners.records.blocks import payload_hash
from runners.upkeep.findings import OTHER_NUMBERS, REMEASURED
from runners.upkeep.remeasuring import CLOSE, agrees, remeasure
from runners.upkeep.verification import verify


@pytest.fixture
def stored(world):
    world.run("law-holds")
    return world


def forge(file: Path, change, **provenance) -> None:
    document = json.loads(file.read_text())
    change(document["payload"]["observables"]["response"]["data"])
    document["provenance"] |= provenance
    document |= {
        "payload_sha256": payload_hash(document["payload"]),
        "provenance_sha256": payload_hash(document["provenance"]),
    }
    file.write_text(json.dumps(document))


def files(world) -> list[Path]:
    return sorted(Path(world.address).glob("records/*/*.json"))


def test_what_was_measured_here_comes_back_bit_for_bit(stored):
    found = list(remeasure(stored.store, stored.registry, 3))
    assert [finding.kind for finding in found] == [REMEASURED] * 3
    assert {finding.what for finding in found} == {"to the same bits"}


def test_a_forged_record_is_found_when_it_is_drawn(stored):
    forge(files(stored)[0], lambda data: data.__setitem__(0, data[0] * (1 + 1e-6)))
    assert verify(stored.store, stored.registry) == [], "its hashes fit"
    found = list(remeasure(stored.store, stored.registry, 100))
    assert [finding.where for finding in found if finding.kind == OTHER_NUMBERS] == [
        f"records/toy/{files(stored)[0].stem}.json"
    ]


def test_another_machines_last_bits_are_no_forgery_and_other_numbers_are(stored):
    first, second = files(stored)[:2]
    forge(first, lambda data: data.__setitem__(0, data[0] * (1 + 1e-6)), cpu="another")
    forge(second, lambda data: data.__setitem__(slice(None), [1.5 * value for value in data]), cpu="another")
    by_name = {finding.where: finding for finding in remeasure(stored.store, stored.registry, 100)}
    assert by_name[f"records/toy/{first.stem}.json"].kind == REMEASURED
    assert by_name[f"records/toy/{first.stem}.json"].what == CLOSE
    assert by_name[f"records/toy/{second.stem}.json"].kind == OTHER_NUMBERS


def test_chaotic_runs_of_two_machines_agree_by_their_distribution():
    """Seeds are those of the record, but a long run forgets them: 4,000 pairs, called something else at most as often
    as the level says; a shift of three standard deviations of eight trials mostly is."""
    generator = np.random.default_rng(0)
    pairs = generator.standard_normal((4000, 2, 8))
    level = 0.01
    assert np.mean([not agrees(a, b, level) for a, b in pairs]) < 1.5 * level
    assert np.mean([not agrees(a, b + 3, level) for a, b in pairs[:400]]) > 0.95
