"""Stores joined, and stores shared by two runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from runners.measuring.executors import InProcess
from runners.records.seals import lock_hash
from runners.records.store import MOST_INLINE, Store
from runners.rule.verdicts import Outcome
from runners.upkeep.merging import files, merge
from tests import made_up_records
from tests.made_up_records import failure, specification


def put(store: Store, name: str, value: float = 0.0, size: int = 1) -> str:
    described = specification(condition={"name": name})
    return made_up_records.put(store, described, {"loss": np.full((2, size), value)})


@pytest.fixture(params=["folder", "memory"])
def stores(request, tmp_path):
    base = str(tmp_path) if request.param == "folder" else f"memory://{tmp_path.name}{request.node.name}"
    return Store(f"{base}/a"), Store(f"{base}/b")


def test_what_one_lacks_is_copied_with_its_arrays(stores):
    a, b = stores
    small, large = put(a, "small", 1.0), put(a, "large", 2.0, MOST_INLINE + 1)
    broken, sealed = failure(specification()), {"schema": 2, "claims": {}}
    a.put_error("broken", broken)
    a.put_lock(lock_hash(sealed), sealed)
    other = put(b, "other", 3.0)
    done = merge(a, b)
    assert (done.copied, done.present, done.differing) == (2, 0, [])
    after = Store(b.address)
    assert after.recorded("toy") == {small, large, other}
    assert np.all(after.get("toy", large).observables["loss"] == 2.0)
    assert after.error("broken") == broken
    assert after.lock(lock_hash(sealed)) == sealed
    again = merge(a, b)
    assert (again.copied, again.present) == (0, 2)
    assert a.recorded("toy") == {small, large}  # the source stays as it was


def test_nothing_that_the_target_holds_is_changed(stores):
    a, b = stores
    name = put(a, "x", 1.0)
    put(b, "x", 1.0 + 1e-16 + 2e-16)
    before = b.read(f"records/toy/{name}.json")
    done = merge(a, b)
    assert done.differing == [name]
    assert b.read(f"records/toy/{name}.json") == before


def test_leftovers_of_a_dead_process_are_left_over(tmp_path):
    a, b = Store(tmp_path / "a"), Store(tmp_path / "b")
    name = put(a, "x")
    (tmp_path / "a/records/toy/y.json.123.tmp").write_text("half a rec")
    merge(a, b)
    assert sorted(files(b)) == [f"records/toy/{name}.json"]


def test_only_what_is_sound_is_copied(stores):
    a, b = stores
    sound, flipped, bare = put(a, "x", 1.0), put(a, "y", 2.0), put(a, "z", 3.0, MOST_INLINE)
    a.write(f"records/toy/{flipped}.json", a.read(f"records/toy/{flipped}.json").replace(b"2.0", b"2.5", 1))
    a.write(f"records/toy/{bare}.npz", b"no archive")
    a.write("errors/x.json", b"{}")
    a.write("locks/0123.json", b'{"schema": 2, "claims": {}}')
    done = merge(a, b)
    assert (done.copied, len(done.damaged)) == (1, 4)
    assert set(files(b)) == {f"records/toy/{sound}.json"}


def test_the_command_joins_several_stores_and_refuses_what_is_none(command_line, tmp_path):
    from click.testing import CliRunner

    from runners.commands import main

    names = {put(Store(tmp_path / name), name) for name in "ab"}
    result = CliRunner().invoke(main, ["merge", *(str(tmp_path / name) for name in "abc")])
    assert result.exit_code == 0
    assert Store(tmp_path / "c").recorded("toy") == names
    result = CliRunner().invoke(main, ["merge", str(tmp_path / "nothing"), str(tmp_path / "c")])
    assert result.exit_code == 2
    assert "holds no store" in result.output


def test_halves_of_a_run_make_a_whole_one(world, new_world, tmp_path):
    world.run("law-holds", "exponent")
    whole = world.payloads()
    calls = tmp_path / "more-calls"
    calls.mkdir()
    halves = [new_world(str(tmp_path / half), calls) for half in ("first", "second")]
    halves[0].run("law-holds")
    halves[1].run("exponent")
    merge(halves[0].store, halves[1].store)
    assert halves[1].payloads() == whole
    before = calls.stat().st_mtime_ns, len(list(world.calls.iterdir()))
    assert halves[1].run("law-holds", "exponent")["exponent"].outcome is Outcome.SUPPORTED
    assert (calls.stat().st_mtime_ns, len(list(world.calls.iterdir()))) == before


def test_two_runs_on_one_store_measure_each_block_once(world):
    """Both planned before either had measured anything."""
    first, judge = world.planned("law-holds")
    second, other = world.planned("law-holds")
    assert {block.identity for block in first.plan()} == {block.identity for block in second.plan()}
    for run in (first, second):
        assert run.execute(InProcess(world.address, {}), stopped=lambda: False)
    assert set(world.measured().values()) == {1}
    for one in (judge, other):
        assert one.judge("law-holds").outcome is Outcome.SUPPORTED


def test_a_summary_tells_how_the_last_run_ended(command_line):
    assert command_line("run", "law-holds", "law-crashing", "--in-process").exit_code == 3
    summary = json.loads(Path(command_line.store, "summary.json").read_text())
    assert summary["exit_code"] == 3
    assert summary["complete"] is True
    assert summary["verdicts"] == {"law-holds": "supported", "law-crashing": "error"}
    assert summary["costs"]["error"]["count"] == 2, "its two blocks are one task: both are tried"
    assert summary["setbacks"][0]["message"] == "RuntimeError: the toy broke (toy_experiment.py:60)"
    assert command_line("run", "law-holds", "--in-process").exit_code == 0
    summary = json.loads(Path(command_line.store, "summary.json").read_text())
    assert (summary["exit_code"], summary["blocks"]["measured"], summary["setbacks"]) == (0, 0, [])
