"""Draws whose setting was chosen instead of drawn: seeds and hashes fit, the setting does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runners.measuring import drawing
from runners.measuring.executors import InProcess
from runners.measuring.worker import prepare
from runners.records.blocks import identity_of, payload_hash
from runners.records.epochs import epoch
from runners.registry.names import importable
from runners.upkeep.findings import ALTERED
from runners.upkeep.verification import verify
from tests.runners.judging.test_reaching import Boxes


@pytest.fixture
def boxes(tmp_path):
    found = Boxes(tmp_path / "store")
    with importable(found.registry.search_path):
        yield found


@pytest.mark.parametrize("claim", ["everywhere", "limited"])
def test_a_setting_that_was_chosen_is_found(boxes, claim):
    run, judge = boxes.planned(claim, epoch=epoch(boxes.registry.files, "2026-W48"))
    run.plan()
    assert run.execute(InProcess(boxes.address, {}), stopped=lambda: False)

    def altered():
        return [it for it in verify(judge.samples.store, boxes.registry) if it.kind == ALTERED]

    assert altered() == [], "as they were drawn"
    drawn = [file for file in Path(boxes.address).glob("records/*/*.json") if '"draw": [' in file.read_text()]
    document = json.loads(drawn[0].read_text())
    document["specification"]["condition"]["x"] = 0.125
    document["identity"] = identity_of(document["specification"])
    document["payload_sha256"] = payload_hash(document["payload"])
    drawn[0].unlink()
    drawn[0].with_name(f"{document['identity']}.json").write_text(json.dumps(document))
    (finding,) = altered()
    assert finding.what == f"its setting is not what number {document['specification']['draw'][1]} draws from {claim}"


def test_what_other_tiers_would_draw_is_not_prepared(boxes, monkeypatch):
    """Their settings are prepared at their own sizes, which may take minutes each."""
    run, judge = boxes.planned("limited", epoch=epoch(boxes.registry.files, "2026-W48"))
    run.plan()
    assert run.execute(InProcess(boxes.address, {}), stopped=lambda: False)
    box = boxes.registry.experiments["box"]
    changed = {
        "standard": box.tiers["smoke"],
        "smoke": box.tiers["smoke"].model_copy(update={"constants": {"steps": 9}}),
    }
    boxes.registry.experiments["box"] = box.model_copy(update={"tiers": changed})
    prepared = []
    monkeypatch.setattr(drawing, "prepare", lambda block: prepared.append(block.constants["steps"]) or prepare(block))
    assert [it for it in verify(judge.samples.store, boxes.registry) if it.kind == ALTERED] == []
    assert set(prepared) == {100}
