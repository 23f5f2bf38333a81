"""Draws whose setting was chosen instead of drawn: seeds and hashes fit, the setting does not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runners.measuring import drawing
from runners.measuring.drawing import Drawing
from runners.measuring.executors import InProcess
from runners.measuring.planning import Planner
from runners.records.blocks import identity_of, payload_hash
from runners.records.epochs import epoch
from runners.registry.names import importable
from runners.upkeep.drawn_settings import DrawnSettings
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


def test_no_setting_is_prepared_to_look_at_every_record(boxes, monkeypatch):
    """Some take minutes each."""
    run, judge = boxes.planned("limited", epoch=epoch(boxes.registry.files, "2026-W48"))
    run.plan()
    assert run.execute(InProcess(boxes.address, {}), stopped=lambda: False)
    monkeypatch.setattr(drawing, "prepare", None)  # a call would fail
    settings = DrawnSettings(boxes.registry)
    assert [it for it in verify(judge.samples.store, boxes.registry, settings) if it.kind == ALTERED] == []
    assert list(settings.passed_over(0)) == []


@pytest.mark.parametrize(("recorded", "held"), [((0.0, 0.9), (0.0, 0.45)), ((0.0, 0.45), (0.0, 0.9))])
def test_a_number_that_was_given_another_of_its_attempts_is_found(boxes, recorded, held):
    """One beyond the limits by what its trials were given; or one for the sake of which another was passed over."""

    def limits(between):
        domain = boxes.registry.claims["limited"].domain
        (limit,) = domain.within
        limit = limit.model_copy(update={"between": between})
        boxes.amend("limited", domain=domain.model_copy(update={"within": [limit]}))

    limits(recorded)
    run, judge = boxes.planned("limited", epoch=epoch(boxes.registry.files, "2026-W48"))
    run.plan()
    assert run.execute(InProcess(boxes.address, {}), stopped=lambda: False)
    limits(held)
    settings = DrawnSettings(boxes.registry)
    found = {it.where for it in verify(judge.samples.store, boxes.registry, settings) if it.kind == ALTERED}
    found |= {it.where for it in settings.passed_over(1000)}
    now = Drawing(Planner(boxes.registry, "smoke", run.planner.epoch))
    others = set()
    for file in Path(boxes.address).glob("records/*/*.json"):
        specification = json.loads(file.read_text())["specification"]
        if specification["draw"]:
            due = now.setting("limited", specification["draw"][1])
            if due != {axis: specification["condition"][axis] for axis in due}:
                others.add(f"records/box/{file.name}")
    assert found == others != set()
