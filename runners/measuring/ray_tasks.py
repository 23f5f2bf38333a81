"""Blocks as Ray tasks: on the cluster that Ray's environment names, or on one that starts inside this process."""

from __future__ import annotations

import logging
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runners.measuring import capacity
from runners.measuring.capacity import Node
from runners.measuring.faults import Fault, diagnose, last_words
from runners.measuring.limits import GRACE, log_of_this_process, read_log
from runners.measuring.profiles import environment
from runners.measuring.surroundings import OBJECT_STORE
from runners.measuring.worker import run_block
from runners.printable import printable
from runners.records.blocks import Block, Result
from runners.registry.schema import Resources

BACKSTOP = 30.0
"""Seconds after the worker should have ended itself, until the driver ends it."""
PATIENCE = 60.0
"""Seconds without any node for a block, after there was one: a node may be replaced."""
AUTOSCALING_PATIENCE = 1800.0
"""The same where nodes come on demand."""


@dataclass(frozen=True)
class Started:
    """A worker's first message: it has begun, and where its last words are to be found."""

    node: str
    host: str
    pid: int
    log: str
    log_start: int


@dataclass
class Flight:
    """A task in Ray's hands: blocks that one worker computes one after another."""

    blocks: tuple[Block, ...]
    """The first of them is being computed, or waits for its worker."""
    started: Started | None = None
    """What the worker said when it began with the first."""
    began: float = 0.0
    """By the driver's clock."""

    @property
    def block(self) -> Block:
        return self.blocks[0]

    def ended(self) -> Block:
        """The first block, which is done; the next one takes its place."""
        first, *others = self.blocks
        self.blocks, self.started = tuple(others), None
        return first

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began if self.started else 0.0


class RayTasks:
    """Blocks as Ray tasks, one or several to each.

    Workers are shared by blocks of one profile (precision, threads, GPU or not) only, through the environment
    variables of the runtime environment: a reused worker never carries another profile's state. A task is a generator
    that says of each block first that it has begun: a time limit counts from then, whatever the queue before it. Where
    a worker dies, the block that it was at is blamed, and those behind it are a task of their own. Ray itself retries
    nothing.
    """

    def __init__(
        self,
        store_address: str,
        provenance: Mapping[str, Any],
        *,
        cpus: int | None = None,
        autoscaling: bool = False,
        backstop: float = BACKSTOP,
        patience: float = PATIENCE,
    ):
        self._ray = _connect(cpus)
        self._store_address, self._provenance = store_address, dict(provenance)
        self._autoscaling, self._backstop = autoscaling, backstop
        self._patience = max(patience, AUTOSCALING_PATIENCE) if autoscaling else patience
        self._flights: dict[Any, Flight] = {}
        self._nodes_seen = -1e9
        self._nodes: list[Node] = []
        self._last_held: dict[str, float] = {}
        self._here = self._ray.get_runtime_context().get_node_id()
        self._cpu = self._ray.remote(max_retries=0)(_run)
        self._gpu = self._ray.remote(max_retries=0, max_calls=1)(_run)  # a fresh process: its GPU memory is freed

    # --- what there is room for -----------------------------------------------------------------------------------

    def room(self, wanted: Resources, taken: int) -> bool:
        held = capacity.slots(self._refreshed(), wanted)
        window = held + 1 + held // 4  # a few in Ray's queue: a freed core waits for no message from here
        return taken < (max(16, 2 * window) if self._autoscaling else window)

    def lacking(self, wanted: Resources) -> str | None:
        reason = capacity.lacking(self._refreshed(), wanted)
        kind, now = wanted.model_dump_json(), time.monotonic()
        if reason is None:
            self._last_held[kind] = now
            return None
        if self._autoscaling:
            self._last_held.setdefault(kind, now)
        waited = now - self._last_held.get(kind, -1e9)
        return reason if waited > self._patience else None

    def roomier(self, wanted: Resources) -> Resources:
        most = max((node.resources.get("memory", 0.0) for node in self._refreshed()), default=0.0)
        more = min(2 * wanted.memory if wanted.memory else most / 2, 0.9 * most)
        return wanted.model_copy(update={"memory": max(more // 1, wanted.memory or 0.0)}) if more else wanted

    def _refreshed(self) -> list[Node]:
        if time.monotonic() - self._nodes_seen > 2:
            self._nodes, self._nodes_seen = Node.alive(self._ray.nodes()), time.monotonic()
        return self._nodes

    # --- running --------------------------------------------------------------------------------------------------

    def submit(self, *blocks: Block) -> None:
        block, wants = blocks[0], blocks[0].resources
        task = self._gpu if wants.num_gpus else self._cpu
        options: dict[str, Any] = {
            "num_cpus": wants.num_cpus,
            "num_gpus": wants.num_gpus,
            "runtime_env": _profile(block),
            "name": block.label,
        }
        if wants.memory:
            options["memory"] = wants.memory
        if wants.labels:
            options["label_selector"] = dict(wants.labels)
        started = task.options(**options).remote(blocks, self._store_address, self._provenance)
        self._flights[started] = Flight(blocks)

    def completed(self, timeout: float) -> list[tuple[Block, Result]]:
        ended = self._given_up()
        if not self._flights:
            return ended
        ready, _ = self._ray.wait(list(self._flights), num_returns=1, timeout=0 if ended else timeout)
        if ready:
            ready, _ = self._ray.wait(list(self._flights), num_returns=len(self._flights), timeout=0)
        for task in ready:
            flight, died = self._flights[task], False
            try:
                said = self._ray.get(next(task))
            except (self._ray.exceptions.RayError, StopIteration) as error:
                said, died = self._post_mortem(flight, error), True
            if isinstance(said, Started):
                flight.started, flight.began = said, time.monotonic()
                continue
            ended.append((flight.ended(), said))
            if died or not flight.blocks:
                self._forget(task)
        return ended

    def interrupt(self) -> None:
        """Blocks are computed elsewhere; `close` ends them."""

    def close(self, *, cancel: bool = False) -> None:
        if cancel:
            for task in self._flights:
                self._ray.cancel(task, force=True)
        self._flights.clear()
        self._ray.shutdown()

    def _forget(self, task: Any) -> None:
        """The task is over: what it has not come to is another one."""
        if left := self._flights.pop(task).blocks:
            self.submit(*left)

    def _given_up(self) -> list[tuple[Block, Result]]:
        """Blocks that overran everything, and those that wait for a node that will not come."""
        ended = []
        for task, flight in list(self._flights.items()):
            block, fault, message = flight.block, Fault.TIMEOUT, ""
            if flight.started and flight.seconds > block.time_limit + GRACE + self._backstop:
                message = f"no result after {flight.seconds:.0f} seconds; its worker did not even end itself"
            elif not flight.started and (reason := self.lacking(block.resources)):
                fault, message = Fault.UNAVAILABLE, reason
            if message:
                self._ray.cancel(task, force=True)
                ended.append((block, Result(block.identity, fault.word, flight.seconds, message)))
                flight.ended()
                self._forget(task)
        return ended

    # --- what became of a dead one --------------------------------------------------------------------------------

    def _post_mortem(self, flight: Flight, error: Exception) -> Result:
        """The fault behind an exception of Ray's, told from the dead worker's log."""
        block, seconds, started = flight.block, flight.seconds, flight.started
        node_alive = started is None or any(n["NodeID"] == started.node and n["Alive"] for n in self._ray.nodes())
        log = last_words(self._log(block, started)) if started and node_alive else ""
        fault = diagnose(error, log, seconds=seconds, limit=block.time_limit, node_alive=node_alive)
        if fault is Fault.TIMEOUT:
            message = f"no result after {block.time_limit:g} seconds, and deaf to an exception: it hung in C code"
        elif fault is Fault.ERROR:
            message = printable(str(error).strip().splitlines()[-1])
        else:
            message = fault.value[:-1]
        where = f"On {started.host}, in process {started.pid}:\n" if started else ""
        # reports are published, so that the message names no host; the trace stays in the store
        return Result(block.identity, fault.word, seconds, message, f"{where}{type(error).__name__}: {error}\n{log}")

    def _log(self, block: Block, started: Started) -> str:
        """What the worker wrote to stderr since it began with the block."""
        if not started.log:
            return ""
        if started.node == self._here:
            return read_log(started.log, started.log_start)
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        there = NodeAffinitySchedulingStrategy(started.node, soft=False)
        read = self._ray.remote(num_cpus=0, max_retries=0)(read_log)
        task = read.options(scheduling_strategy=there, runtime_env=_profile(block))
        try:
            return self._ray.get(task.remote(started.log, started.log_start), timeout=20)
        except self._ray.exceptions.RayError:
            return ""


def _connect(cpus: int | None) -> Any:
    """Ray, on the cluster that RAY_ADDRESS names (as in a job), else on one inside this process."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_SCHEDULER_EVENTS", "0")
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    os.environ.setdefault("RAY_process_group_cleanup_enabled", "true")  # what a dead worker started ends with it
    embedded = not os.environ.get("RAY_ADDRESS")
    if embedded and "RAY_AUTH_MODE" not in os.environ and "ray" not in sys.modules:  # Ray reads it on import
        # Some of Ray's ports listen on every interface: let nobody else in.
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray

    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if embedded:
        ray.init(
            address="local",
            num_cpus=cpus,
            include_dashboard=False,
            object_store_memory=OBJECT_STORE,
            _node_ip_address="127.0.0.1",
            **quiet,
        )
    else:
        ray.init(**quiet)
    return ray


def _profile(block: Block) -> dict[str, Any]:
    return {"env_vars": environment(block.precision, block.threads, gpu=block.resources.num_gpus)}


def _run(blocks: Sequence[Block], store_address: str, provenance: Mapping[str, Any]) -> Iterator[Started | Result]:
    import platform

    import ray

    for block in blocks:
        yield Started(ray.get_runtime_context().get_node_id(), platform.node(), os.getpid(), *log_of_this_process())
        yield run_block(block, store_address, provenance, fatal=True)
