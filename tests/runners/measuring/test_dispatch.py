"""The run: looks only where they are wanted, nothing measured twice, one failure no one else's."""

from __future__ import annotations

import functools
import importlib
import time
from pathlib import Path
from statistics import median_low

import pytest

from runners.measuring import parts
from runners.measuring.dispatch import Run
from runners.measuring.executors import InProcess
from runners.measuring.worker import run_block
from runners.records import checkpoints
from runners.records.blocks import Result
from runners.records.checkpoints import Reached
from runners.records.seeds import derive_seed
from runners.records.store import Store
from runners.rule.verdicts import Outcome, Status


class OutOfOrder:
    """Takes several tasks at once and ends them last come, first served."""

    slots = 4

    def __init__(self, address: str):
        self.address, self.taken, self.most = address, [], 0

    def room(self, wanted, taken):
        return taken <= self.slots

    def lacking(self, wanted):
        return None

    def submit(self, *blocks):
        self.taken.append(list(blocks))
        self.most = max(self.most, len(self.taken))

    def completed(self, timeout):
        if not self.taken:
            return []
        block = self.taken[-1].pop(0)
        self.taken = [task for task in self.taken if task]
        return [(block, run_block(block, self.address, {}))]

    def close(self, *, cancel=False):
        self.taken.clear()


class Lying(InProcess):
    """Reports another end than the one that the blocks came to."""

    def __init__(self, address: str, status: str, *, records: bool):
        super().__init__(address, {})
        self.status, self.records = status, records

    def completed(self, timeout):
        if self.records:
            ended = super().completed(timeout)
        else:
            ended = [(self._waiting.popleft(), None)] if self._waiting else []
        return [(block, Result(block.identity, self.status, message="lost")) for block, _ in ended]


# --- looks ------------------------------------------------------------------------------------------------------


def test_more_trials_are_drawn_only_where_a_condition_is_undecided(world):
    found = world.run("law-holds", "law-noisy", tier="standard")
    trials = {}
    for result in found.values():
        for cell in [*result.cells, *(c for control in result.controls for c in control.cells)]:
            condition = f"kind={cell.cell.condition['kind']},width={cell.cell.condition['width']}"
            trials[condition] = max(trials.get(condition, 0), cell.verdict.trials)
    assert {trials[f"kind=lawful,width={width}"] for width in (2, 4)} == {8}
    assert max(trials[f"kind=noisy,width={width}"] for width in (2, 4)) > 8
    trials["kind=noisy,width=8"] = 8  # shown only: the first look is enough
    measured = world.measured()
    assert set(measured.values()) == {1}
    for condition, wanted in trials.items():
        assert sum(label.startswith(f"{condition},") for label in measured) == wanted / 4, condition


def test_a_stored_look_is_judged_at_once_and_the_next_one_planned(world):
    world.run("law-noisy", tier="standard")
    seen = world.measured()
    undecided = [c for c in world.judge("law-noisy", tier="standard")["law-noisy"].cells if c.verdict.look > 1]
    assert undecided
    last = undecided[0]
    for record in world.store.records("toy"):
        spec = record.specification
        if spec["condition"] == last.cell.condition and spec["repeats"][0] >= 8:
            Path(world.address, "records", "toy", f"{record.identity}.json").unlink()
    run, _ = world.planned("law-noisy", tier="standard")
    assert {(block.condition["width"], block.repeats.start) for block in run.plan()} == {
        (last.cell.condition["width"], 8),
        (last.cell.condition["width"], 12),
    }
    world.run("law-noisy", tier="standard")
    assert sum(world.measured().values()) == sum(seen.values()) + (last.verdict.trials - 8) / 4


def test_claims_share_trials(world):
    world.run("law-holds", "law-fails", "law-vacuous", "exponent")
    assert set(world.measured().values()) == {1}


# --- resume -----------------------------------------------------------------------------------------------------


def test_a_second_run_measures_nothing_and_finds_the_same(world):
    names = ["law-holds", "law-partly", "law-noisy", "exponent"]
    first = world.run(*names, tier="standard")
    measured, payloads = world.measured(), world.payloads()
    second = world.run(*names, tier="standard")
    assert world.measured() == measured
    assert world.payloads() == payloads
    for name in names:
        assert [cell.verdict for cell in second[name].cells] == [cell.verdict for cell in first[name].cells]


def test_what_is_lost_is_measured_again_bit_for_bit(world):
    world.run("law-holds")
    payloads = world.payloads()
    lost = next(iter(payloads))
    Path(world.address, "records", "toy", f"{lost}.json").unlink()
    world.run("law-holds")
    assert world.payloads() == payloads
    assert sorted(world.measured().values())[-2:] == [1, 2]


def test_a_signal_or_the_budget_ends_a_run_and_the_next_one_goes_on(world):
    run, judge = world.planned("law-holds")
    assert run.plan()
    stops = iter([False, False, True])
    assert not run.execute(InProcess(world.address, {}), stopped=lambda: next(stops))
    assert sum(world.measured().values()) == 2
    assert judge.judge("law-holds").outcome in (Outcome.NOT_RUN, Outcome.INCONCLUSIVE)
    run, _ = world.planned("law-holds")
    run.plan()
    assert not run.execute(InProcess(world.address, {}), deadline=time.monotonic() - 1, stopped=lambda: False)
    assert sum(world.measured().values()) == 2
    assert world.outcome("law-holds") is Outcome.SUPPORTED
    assert set(world.measured().values()) == {1}


# --- failures ---------------------------------------------------------------------------------------------------


def test_one_claims_failure_is_no_one_elses(world):
    found = world.run("law-crashing", "law-absent", "law-holds")
    assert [result.outcome for result in found.values()] == [Outcome.ERROR, Outcome.UNAVAILABLE, Outcome.SUPPORTED]
    error = min(world.store.errors(), key=lambda error: error["status"])
    assert (error["status"], error["message"]) == ("error", "RuntimeError: the toy broke (toy_experiment.py:60)")
    assert "toy_experiment.py" in error["traceback"]


@pytest.mark.parametrize(
    ("kind", "words"), [("misshapen", r"response has shape (4, 1), not (trials,)"), ("exiting", "the toy left")]
)
def test_an_experiment_that_breaks_its_contract_is_an_error(world, kind, words):
    name = world.claim("new", where={"kind": kind, "width": 2})
    result = world.run(name)[name]
    assert result.outcome is Outcome.ERROR
    assert words in result.reason


def test_a_block_past_its_time_limit_is_an_error_that_says_so(world):
    experiment = world.registry.experiments["toy"]
    smoke = experiment.tiers["smoke"].model_copy(update={"time_limit": 0.3})
    world.experiment("toy", tiers={**experiment.tiers, "smoke": smoke})
    name = world.claim("new", where={"kind": "sleeping", "width": 2})
    result = world.run(name)[name]
    assert result.outcome is Outcome.ERROR
    assert "0.3 seconds" in result.reason


@pytest.mark.parametrize("broken", [0, 4])
def test_a_failed_block_is_an_error_whatever_ends_after_it(world, monkeypatch, broken):
    """Blocks of a condition end in any order: a later success of another one must not wipe out the failure."""
    monkeypatch.setenv("TOY_BROKEN", str(derive_seed("toy", "record", broken)))
    name = world.claim("new", where={"kind": "lawful", "width": 2})
    for executor in (InProcess(world.address, {}), OutOfOrder(world.address)):
        result = world.run(name, executor=executor)[name]
        assert result.outcome is Outcome.ERROR
        assert "this block of toys broke" in result.reason
        assert world.judge(name)[name].outcome is Outcome.ERROR
    monkeypatch.delenv("TOY_BROKEN")
    assert world.outcome(name) is Outcome.SUPPORTED
    assert world.judge(name)[name].outcome is Outcome.SUPPORTED


def test_a_failure_at_a_later_look_does_not_undo_what_earlier_ones_decided(world, monkeypatch):
    monkeypatch.setenv("TOY_BROKEN", str(derive_seed("toy", "record", 8)))
    found = world.run("law-holds", "law-noisy", tier="standard")
    assert found["law-holds"].outcome is Outcome.SUPPORTED
    assert found["law-noisy"].outcome is Outcome.ERROR


def test_a_worker_that_dies_after_recording_has_recorded(world):
    name = world.claim("new", where={"kind": "lawful", "width": 2})
    result = world.run(name, executor=Lying(world.address, "crashed", records=True))[name]
    assert result.outcome is Outcome.SUPPORTED
    assert list(world.store.errors()) == []


def test_a_record_that_does_not_arrive_is_an_error_that_says_what_to_do(world):
    name = world.claim("new", where={"kind": "lawful", "width": 2})
    result = world.run(name, executor=Lying(world.address, "ok", records=False))[name]
    assert result.outcome is Outcome.ERROR
    assert "shared by all nodes" in result.reason


def test_a_crash_is_logged_beside_the_records(world):
    name = world.claim("new", where={"kind": "lawful", "width": 2})
    assert world.run(name, executor=Lying(world.address, "crashed", records=False))[name].outcome is Outcome.ERROR
    assert {error["status"] for error in world.store.errors()} == {"crashed"}
    assert world.judge(name)[name].cells[0].verdict.status is Status.ERROR


# --- the plan ---------------------------------------------------------------------------------------------------


def test_tasks_in_flight_are_bounded(world):
    executor = OutOfOrder(world.address)
    world.run("law-holds", "exponent", executor=executor)
    assert executor.most <= executor.slots + 1


def test_expected_seconds_are_those_of_earlier_blocks(world):
    run, _ = world.planned("law-holds")
    blocks = run.plan()
    assert run.expected_seconds(blocks) == [None] * len(blocks)
    world.run("law-holds")
    run, _ = world.planned("exponent")
    more = run.plan()
    seconds = [record.provenance["seconds"] for record in world.store.records("toy")]
    assert sum(run.expected_seconds(more)) == pytest.approx(len(more) * median_low(seconds))


def test_a_store_in_memory_serves_a_run_in_process(world):
    world.address = f"memory://{Path(world.address).parent.name}"
    assert world.outcome("law-holds") is Outcome.SUPPORTED
    assert world.judge("law-holds")["law-holds"].outcome is Outcome.SUPPORTED


class LongOnes(InProcess):
    """Blocks that have kept a third of their work, and the progress that is seen of them."""

    def __init__(self, store: Store, run: Run):
        super().__init__(store.address, {})
        self.store, self.run, self.seen = store, run, []

    def submit(self, *blocks):
        for block in blocks:
            machine = parts.machine() | ({"host": "elsewhere"} if block.repeats.start == 0 else {})
            checkpoints.keep(self.store, block, ([], None), Reached(1, 3, 10.0), machine)
        super().submit(*blocks)

    def completed(self, timeout):
        self.seen.append([(it.done, it.seconds_left) for it in self.run._under_way()])
        return super().completed(timeout)


def test_progress_says_how_far_long_blocks_have_come_and_which_checkpoints_were_of_no_use(world, monkeypatch):
    monkeypatch.syspath_prepend(world.WORLDS)
    toys = importlib.import_module("toy_experiment")
    monkeypatch.setattr(toys, "measure", _by_parts(toys.measure))
    run, _ = world.planned("law-holds")
    run.plan()
    executor = LongOnes(world.store, run)
    assert run.execute(executor, stopped=lambda: False)
    assert executor.seen[0] == [(1 / 3, 20.0)]
    told = [note.rpartition(": ")[2] for note in run.progress.notes]
    assert told.count("it starts anew") == run.progress.blocks_done / 2
    assert world.store.names("checkpoints") == []


def _by_parts(measure):
    return lambda setting, state, reduce=functools.reduce: reduce(lambda _, it: measure(setting, state), [1, 2, 3], {})
