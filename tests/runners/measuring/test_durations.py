"""How long blocks take: one record that says something absurd does not matter."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from runners.measuring.durations import Durations
from runners.records.store import Store
from tests import made_up_records
from tests.made_up_records import specification


def expected(world, *seconds: float) -> tuple[float | None, bool]:
    """What is expected of a block with these records of its condition."""
    run, _ = world.planned("law-holds")
    block = replace(run.plan()[0], time_limit=600.0)
    store = Store(f"{world.address}-{len(seconds)}")
    for number, spent in enumerate(seconds):
        described = specification(4 * number, 4 * number + 4, condition=dict(block.condition))
        described |= {"constants": dict(block.constants)}
        made_up_records.put(store, described, seconds=spent)
    durations = Durations(store)
    return durations.expected(block), durations.is_sure(block)


def test_the_median_of_a_few_is_expected_and_the_limit_caps_it(world):
    assert expected(world) == (None, False)
    assert expected(world, 3.0) == (pytest.approx(3.0), False)
    assert expected(world, 3.0, 1e9, 5.0) == (pytest.approx(5.0), True)
    assert expected(world, 1e9, 1e9, 1e9, 1e9) == (600.0, True)


def test_without_records_the_order_is_by_what_another_run_reported(world):
    block = world.planned("law-holds")[0].plan()[0]
    block = replace(block, repeats=range(4), time_limit=600.0)
    assert Durations(world.store).guess(block) is None
    elsewhere = Durations(world.store, {"toy": 2.0, "other": 5.0})
    assert elsewhere.guess(block) == 8.0
    assert elsewhere.guess(replace(block, time_limit=5.0)) == 5.0
    assert elsewhere.expected(block) is None, "nothing is refused for what another machine took"
    elsewhere.note(block, 12.0)
    assert elsewhere.guess(block) == 12.0


def test_one_inflated_record_does_not_keep_a_budget_from_starting(world):
    run, _ = world.planned("law-holds")
    blocks = run.plan()
    described = specification(96, 100, condition=dict(blocks[0].condition), constants=dict(blocks[0].constants))
    made_up_records.put(world.store, described, seconds=1e9)
    now = [0.0]
    again, _ = world.planned("law-holds")
    again._clock = lambda: now[0]
    again.plan()
    assert again.execute(world.executor(), deadline=60.0, stopped=lambda: False)
    assert again.progress.blocks_done == len(blocks)


def test_a_clock_that_is_set_changes_no_duration(world, monkeypatch):
    """Somebody sets it back by an hour each time it is read: a record's seconds are those that passed."""
    hours = iter(range(1_000_000))
    monkeypatch.setattr(time, "time", lambda: 2e9 - 3600.0 * next(hours))
    began = time.monotonic()
    world.run("law-holds")
    recorded = [record.provenance["seconds"] for record in world.store.records("toy")]
    assert recorded
    assert min(recorded) >= 0
    assert sum(recorded) <= time.monotonic() - began
