"""Accidents: each has its own status and its trace, the right ones are tried again, and the answer is the same."""

from __future__ import annotations

import errno
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from runners.judging.judge import Judge
from runners.measuring import limits
from runners.measuring.dispatch import Run
from runners.measuring.executors import InProcess
from runners.measuring.faults import Fault, diagnose, fault, last_words, raised
from runners.measuring.planning import Planner
from runners.measuring.ray_tasks import RayTasks
from runners.records.blocks import Result, identity_of, payload_hash
from runners.records.samples import Samples
from runners.records.store import Store
from runners.registry.loader import load
from runners.registry.schema import Resources
from runners.rule.verdicts import Outcome

sys.path.append(str(Path(__file__).parents[2] / "worlds"))
from troubled import write_registry


@dataclass
class Trouble:
    """A registry with a claim a trouble, a store, and accidents to come."""

    folder: Path
    registry: object
    store: Store

    def bring(self, *accidents: str) -> None:
        for number, accident in enumerate(accidents):
            (self.folder / "troubles" / f"{accident}.{number}").touch()

    def run(self, executor=None, *, retry_failed: bool = False, **options) -> tuple[dict[str, Outcome], Run]:
        planner, store = Planner(self.registry, "smoke"), Store(self.store.address)
        samples = Samples(store, planner.lineages(self.registry.experiments), fallback=False)
        samples.forget_failures()
        judge = Judge(self.registry, "smoke", samples)
        run = Run(planner, judge, samples, store, list(self.registry.claims), retry_failed=retry_failed)
        run.plan()
        executor = executor or InProcess(store.address, {})
        self.complete = run.execute(executor, **{"stopped": lambda: False, **options})
        return {name.removeprefix("law-under-"): judge.judge(name).outcome for name in self.registry.claims}, run

    def payloads(self) -> dict[str, str]:
        files = Path(self.store.address).glob("records/*/*.json")
        return {file.stem: json.loads(file.read_text())["payload_sha256"] for file in files}

    def errors(self) -> dict[str, dict]:
        return {error["specification"]["condition"]["trouble"]: error for error in self.store.errors()}


@pytest.fixture
def trouble(tmp_path, monkeypatch):
    (tmp_path / "troubles").mkdir()
    monkeypatch.setenv("TROUBLES", str(tmp_path / "troubles"))
    monkeypatch.setattr(sys, "path", [*sys.path])

    def make(*troubles: str, **settings) -> Trouble:
        registry = load([write_registry(tmp_path / "world", troubles, **settings)])
        sys.path[:0] = registry.search_path
        return Trouble(tmp_path, registry, Store(tmp_path / "store"))

    return make


PASSING = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EIO, "Input/output error"),
    OSError(errno.ESTALE, "Stale file handle"),
    ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
    RuntimeError("CUDA error: unspecified launch failure"),
    RuntimeError("Unable to initialize backend 'cuda': FAILED_PRECONDITION"),
    RuntimeError("INTERNAL: cuInit failed"),
    RuntimeError("CUDNN_STATUS_NOT_INITIALIZED"),
]


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_what_passes_is_the_machines_fault_and_tried_again(error):
    try:
        raise RuntimeError("the experiment could not go on") from error
    except RuntimeError as wrapped:
        found = raised(wrapped)
    assert found is Fault.MACHINE
    assert found.retries
    assert not found.final


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate"), Fault.OUT_OF_MEMORY),
        (RuntimeError("CUDA error: out of memory"), Fault.OUT_OF_MEMORY),
        (RuntimeError("CUDA error: device-side assert triggered"), Fault.ERROR),
        (FileNotFoundError(errno.ENOENT, "No such file"), Fault.ERROR),
        (ValueError("shapes (2,) and (3,)"), Fault.ERROR),
    ],
    ids=str,
)
def test_what_comes_back_each_time_is_an_error(error, expected):
    assert raised(error) is expected


def test_a_full_disk_is_tried_again_in_the_next_run_without_being_asked(trouble, monkeypatch):
    world = trouble("exception")
    monkeypatch.setattr("troubled_experiment.prepare", _full, raising=False)
    world.run()
    assert {error["status"] for error in world.errors().values()} == {"machine"}
    monkeypatch.undo()
    sys.path[:0] = world.registry.search_path
    outcomes, _ = world.run()
    assert outcomes["none"] is Outcome.SUPPORTED


def _full(setting, seeds):
    raise OSError(errno.ENOSPC, "No space left on device")


class Unlucky(InProcess):
    """Reports faults of the first block that comes instead of computing it, as long as there are any."""

    def __init__(self, address: str, faults: list[Fault]):
        super().__init__(address, {})
        self.faults, self.blocks = list(faults), []

    def submit(self, *blocks):
        for block in blocks:
            if not self.blocks or block.identity == self.blocks[0].identity:
                self.blocks.append(block)
        super().submit(*blocks)

    def completed(self, timeout):
        if not self.faults or not self._waiting or self._waiting[0].identity != self.blocks[0].identity:
            return super().completed(timeout)
        block = self._waiting.popleft()
        return [(block, Result(block.identity, self.faults.pop(0).word, 1.5, "an accident", "its log"))]

    def roomier(self, wanted):
        return wanted.model_copy(update={"memory": 2 * (wanted.memory or 1.0)})


# --- what is what -----------------------------------------------------------------------------------------------


def ray_error(name: str) -> Exception:
    return type(name, (Exception,), {})("it died")


@pytest.mark.parametrize(
    ("name", "log", "seconds", "node_alive", "expected"),
    [
        ("OutOfMemoryError", "", 1.0, True, Fault.OUT_OF_MEMORY),
        ("NodeDiedError", "", 1.0, False, Fault.NODE_DIED),
        ("RuntimeEnvSetupError", "", 0.0, True, Fault.NOT_STARTED),
        ("RayTaskError", "", 1.0, True, Fault.ERROR),
        ("WorkerCrashedError", "", 1.0, True, Fault.CRASHED),
        ("WorkerCrashedError", "", 1.0, False, Fault.NODE_DIED),
        ("WorkerCrashedError", "Fatal Python error: Segmentation fault", 1.0, True, Fault.SEGFAULT),
        ("WorkerCrashedError", "*** SIGABRT received", 1.0, True, Fault.SEGFAULT),
        ("WorkerCrashedError", "Timeout (0:00:10)!\nThread 0x1", 10.0, True, Fault.TIMEOUT),
        ("WorkerCrashedError", "", 10.5, True, Fault.TIMEOUT),  # a system that does not tell where the log is
        ("WorkerCrashedError", "some words", 10.5, True, Fault.CRASHED),
        ("ObjectLostError", "", 1.0, True, Fault.CRASHED),
    ],
)
def test_a_dead_worker_is_told_by_its_log_and_its_time(name, log, seconds, node_alive, expected):
    found = diagnose(ray_error(name), log, seconds=seconds, limit=10.0, node_alive=node_alive)
    assert found is expected


def test_exceptions_of_memory_are_faults_of_memory():
    assert raised(MemoryError()) is Fault.OUT_OF_MEMORY
    assert raised(ray_error("OutOfMemoryError")) is Fault.OUT_OF_MEMORY  # torch.OutOfMemoryError
    assert raised(RuntimeError("RESOURCE_EXHAUSTED: out of memory allocating 8 bytes")) is Fault.OUT_OF_MEMORY
    assert raised(RuntimeError("another")) is Fault.ERROR


def test_a_worker_that_ray_ends_is_no_error_of_its_experiment():
    def leaving(file: str) -> SystemExit:
        with pytest.raises(SystemExit) as caught:
            exec(compile("raise SystemExit(1)", file, "exec"))
        return caught.value

    assert raised(leaving("python/ray/_raylet.pyx")) is Fault.CRASHED
    assert raised(leaving("experiment.py")) is Fault.ERROR


def test_words_name_faults_and_only_final_ones_are_left_alone():
    assert all(fault(one.word) is one for one in Fault)
    assert {one for one in Fault if one.final} == {Fault.ERROR, Fault.TIMEOUT}
    assert not any(one.retries for one in Fault if one.final)


def test_rays_own_marks_are_no_last_words():
    assert last_words(":job_id:01\n:task_name:toy\nreal words\n:actor_name:x\nmore") == "real words\nmore"
    assert len(last_words("x" * 100_000)) == 8000


# --- who is tried again -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(Fault))
def test_a_fault_is_retried_so_often_and_no_more(trouble, kind):
    world = trouble()
    unlucky = Unlucky(world.store.address, [kind] * kind.retries)
    outcomes, run = world.run(unlucky)
    assert outcomes == {"none": Outcome.SUPPORTED}
    assert [setback.retried for setback in run.progress.setbacks] == [True] * kind.retries
    assert run.progress.blocks_failed == 0


@pytest.mark.parametrize("kind", list(Fault))
def test_one_time_too_many_is_the_end_for_this_run_and_is_logged(trouble, kind):
    world = trouble()
    unlucky = Unlucky(world.store.address, [kind] * (kind.retries + 1))
    outcomes, run = world.run(unlucky)
    assert outcomes["none"] is Outcome.ERROR if kind is not Fault.UNAVAILABLE else outcomes["none"].word != "error"
    assert len(unlucky.blocks) == kind.retries + 1
    (error,) = world.store.errors()
    assert (error["status"], error["message"], error["traceback"]) == (kind.word, "an accident", "its log")
    assert run.progress.blocks_failed == 1
    assert sum(setback.seconds for setback in run.progress.setbacks) == 1.5 * (kind.retries + 1)


def test_the_next_run_tries_infrastructure_again_and_nothing_else(trouble):
    world = trouble("exception", "no-memory")
    world.bring("exception", *["no-memory"] * 4)  # both widths, and both again
    first, _ = world.run()
    assert (first["exception"], first["no-memory"]) == (Outcome.ERROR, Outcome.ERROR)
    second, run = world.run()
    assert (second["exception"], second["no-memory"]) == (Outcome.ERROR, Outcome.SUPPORTED)
    assert run.progress.blocks_failed == 1
    assert run.progress.setbacks == []  # it was left alone, not tried
    third, run = world.run(retry_failed=True)
    assert set(third.values()) == {Outcome.SUPPORTED}
    assert run.progress.blocks_done == 1


def test_a_reason_from_an_earlier_run_says_how_to_try_again(trouble):
    world = trouble("exception")
    world.bring("exception")
    world.run()
    _, run = world.run()
    reason = run.judge.judge("law-under-exception").reason
    assert "it broke" in reason
    assert "--retry-failed" in reason


def test_changed_code_is_tried_again(trouble):
    world = trouble("exception")
    world.bring("exception")
    world.run()
    module = Path(world.registry.search_path[0], "troubled_experiment.py")
    module.write_text(module.read_text().replace("it broke", "it broke again"))  # where the experiment reaches it
    world.registry = load(world.registry.files)  # a registry knows the code of when it was loaded
    outcomes, _ = world.run()
    assert outcomes["exception"] is Outcome.SUPPORTED


def test_a_timeout_is_final_and_its_trace_says_where(trouble):
    world = trouble("sleep", time_limit=0.5)
    world.bring("sleep")
    outcomes, _ = world.run()
    assert outcomes["sleep"] is Outcome.ERROR
    error = world.errors()["sleep"]
    assert error["status"] == "timeout"
    assert "troubled_experiment.py" in error["traceback"]
    assert world.run()[0]["sleep"] is Outcome.ERROR
    assert world.run(retry_failed=True)[0]["sleep"] is Outcome.SUPPORTED


def test_out_of_memory_gets_more_memory(trouble):
    world = trouble()
    unlucky = Unlucky(world.store.address, [Fault.OUT_OF_MEMORY])
    world.run(unlucky)
    assert [block.resources.memory for block in unlucky.blocks] == [None, 2.0]
    assert unlucky.blocks[0].identity == unlucky.blocks[1].identity  # the same record


def test_a_store_that_takes_no_record_is_no_fault_of_the_block(trouble, monkeypatch):
    world = trouble()
    put, refused = Store.put, iter([True] * 6)  # three blocks, twice

    def full(self, *arguments):
        if next(refused, False):
            raise OSError("no space left on device")
        put(self, *arguments)

    monkeypatch.setattr(Store, "put", full)
    outcomes, run = world.run()
    assert outcomes == {"none": Outcome.ERROR}
    assert {setback.status for setback in run.progress.setbacks} == {"not stored"}
    assert world.run()[0] == {"none": Outcome.SUPPORTED}


# --- what cannot run --------------------------------------------------------------------------------------------


def test_what_this_process_cannot_run_is_unavailable_with_the_reason(trouble):
    world = trouble(resources={"num_gpus": 0.5})
    outcomes, run = world.run()
    assert outcomes == {"none": Outcome.UNAVAILABLE}
    assert "needs a GPU" in run.judge.judge("law-under-none").reason


# --- the budget -------------------------------------------------------------------------------------------------


def test_nothing_is_started_that_would_not_end_in_time(trouble):
    world = trouble(trials=(8, 16), block=8, pause=0.0, time_limit=200.0)
    world.run()
    for record in list(Path(world.store.address).glob("records/*/*.json")):
        document = json.loads(record.read_text())
        document["provenance"]["seconds"] = 100.0
        document["provenance_sha256"] = payload_hash(document["provenance"])
        if document["specification"]["condition"]["law"] == "constant":
            record.write_text(json.dumps(document))
            document["specification"] |= {"repeats": [64, 72]}  # another one: of two, none is a slip
            document["identity"] = identity_of(document["specification"])
            record.with_name(f"{document['identity']}.json").write_text(json.dumps(document))
        else:
            record.unlink()
    now = [0.0]
    planner, store = Planner(world.registry, "smoke"), Store(world.store.address)
    samples = Samples(store, planner.lineages(world.registry.experiments), fallback=False)
    judge = Judge(world.registry, "smoke", samples)
    run = Run(planner, judge, samples, store, ["law-under-none"], clock=lambda: now[0])
    assert run.plan()
    assert not run.execute(InProcess(store.address, {}), deadline=99.0, stopped=lambda: False)
    assert run.progress.blocks_done == 0
    run = Run(planner, judge, samples, store, ["law-under-none"], clock=lambda: now[0])
    run.plan()
    assert run.execute(InProcess(store.address, {}), deadline=101.0, stopped=lambda: False)


# --- on Ray -----------------------------------------------------------------------------------------------------

ACCIDENTS = {
    "exception": ("error", "it broke"),
    "sleep": ("timeout", "time_limit"),
    "swallow": ("timeout", "time_limit"),
    "spin": ("timeout", "hung in C"),
    "freeze": ("timeout", "did not even end itself"),
    "segfault": ("segfault", ""),
    "abort": ("segfault", ""),
    "kill": ("crashed", ""),
    "leave": ("crashed", ""),
    "no-memory": ("out of memory", "no more"),
}


@pytest.mark.slow
def test_accidents_on_ray_have_their_status_and_trace_and_change_no_bit(trouble, monkeypatch):
    """Each accident happens once; what only --retry-failed tries again is tried again; the same bits as undisturbed."""
    monkeypatch.setattr(limits, "GRACE", 1.0)
    monkeypatch.setattr("runners.measuring.ray_tasks.GRACE", 1.0)
    world = trouble(*ACCIDENTS, time_limit=2.0, block=8)
    undisturbed = Trouble(world.folder, world.registry, Store(world.folder / "undisturbed"))
    expected, _ = undisturbed.run()
    assert set(expected.values()) == {Outcome.SUPPORTED}

    world.bring(*ACCIDENTS)
    executor = RayTasks(world.store.address, {}, cpus=2, backstop=6.0)
    try:
        outcomes, run = world.run(executor)
        told = {setback.block.partition("trouble=")[2].partition(",")[0]: setback for setback in run.progress.setbacks}
        assert {name: setback.status for name, setback in told.items()} == {n: s for n, (s, _) in ACCIDENTS.items()}
        for name, (status, words) in ACCIDENTS.items():
            assert words in told[name].message, name
            assert told[name].retried == (status in ("segfault", "crashed", "out of memory")), name
            assert outcomes[name] is (Outcome.SUPPORTED if told[name].retried else Outcome.ERROR), name
        errors = world.errors()
        assert "troubled_experiment.py" in errors["exception"]["traceback"]
        assert "troubled_experiment.py" in errors["spin"]["traceback"]  # from C, by the watchdog
        assert "troubled_experiment.py" in errors["segfault"]["traceback"]
        outcomes, _ = world.run(executor, retry_failed=True)
    finally:
        executor.close(cancel=True)
    assert outcomes == expected
    assert world.payloads() == undisturbed.payloads()


@pytest.mark.slow
def test_what_no_node_can_run_is_unavailable_before_anything_starts(trouble):
    world = trouble(resources={"num_cpus": 3})
    executor = RayTasks(world.store.address, {}, cpus=2)
    try:
        assert executor.room(Resources(), 2)
        assert not executor.room(Resources(), 3)
        assert executor.lacking(Resources(labels={"accel": "none"})) is not None
        more = executor.roomier(Resources(memory=2.0**20))
        assert more.memory == 2.0**21
        assert executor.roomier(Resources()).memory > 2.0**20
        outcomes, run = world.run(executor)
    finally:
        executor.close()
    assert outcomes == {"none": Outcome.UNAVAILABLE}
    assert "it needs 3 CPU on one node" in run.judge.judge("law-under-none").reason
