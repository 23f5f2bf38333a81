"""Where blocks run: in Ray tasks, or one after the other in this process. Both run `runners.worker.run_block`."""

from __future__ import annotations

import logging
import os
import secrets
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from runners.blocks import Block, Result
from runners.profiles import environment


class Executor(Protocol):
    """Runs blocks; the store gets the records, the caller gets results."""

    slots: int
    """How many blocks it computes at once."""

    def submit(self, block: Block) -> None:
        """Take a block."""

    def completed(self, timeout: float) -> list[tuple[Block, Result]]:
        """Blocks that ended since the last call; waits up to `timeout` seconds for one."""

    def close(self, *, cancel: bool = False) -> None:
        """Let go of everything; `cancel` also ends what is running."""


class InProcess:
    """Blocks in this process, in order of submission: for a debugger, and where there is no Ray."""

    def __init__(self, store_address: str, provenance: Mapping[str, Any]):
        self.slots = 1
        self._store_address, self._provenance = store_address, provenance
        self._waiting: deque[Block] = deque()
        os.environ.update({key: value for key, value in environment("float32", 1).items() if key not in os.environ})

    def submit(self, block: Block) -> None:
        self._waiting.append(block)

    def completed(self, timeout: float) -> list[tuple[Block, Result]]:
        from runners.worker import run_block

        if not self._waiting:
            return []
        block = self._waiting.popleft()
        return [(block, run_block(block, self._store_address, self._provenance))]

    def close(self, *, cancel: bool = False) -> None:
        self._waiting.clear()


class RayTasks:
    """One Ray task a block: on the cluster that Ray's environment names, or on one that starts inside this process.

    Workers are shared by blocks of one profile (precision, threads, GPU or not) only, through the environment
    variables of the runtime environment: a reused worker never carries another profile's state.
    """

    def __init__(self, store_address: str, provenance: Mapping[str, Any], *, cpus: int | None = None):
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_SCHEDULER_EVENTS", "0")
        os.environ.setdefault("RAY_DEDUP_LOGS", "0")
        embedded = not os.environ.get("RAY_ADDRESS")
        if embedded and "RAY_AUTH_MODE" not in os.environ:  # read on import
            # Some of Ray's ports listen on every interface: let nobody else in.
            os.environ["RAY_AUTH_MODE"] = "token"
            os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        import ray

        self._ray = ray
        self._store_address, self._provenance = store_address, dict(provenance)
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
        if embedded:
            ray.init(
                address="local",
                num_cpus=cpus,
                include_dashboard=False,
                object_store_memory=200 * 2**20,
                _node_ip_address="127.0.0.1",
                **quiet,
            )
        else:
            ray.init(**quiet)
        self.slots = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._running: dict[Any, Block] = {}
        self._cpu = ray.remote(max_retries=0)(_run)
        self._gpu = ray.remote(max_retries=0, max_calls=1)(_run)  # a fresh process: its GPU memory is freed

    def submit(self, block: Block) -> None:
        wants = block.resources
        task = self._gpu if wants.num_gpus else self._cpu
        options: dict[str, Any] = {
            "num_cpus": wants.num_cpus,
            "num_gpus": wants.num_gpus,
            "runtime_env": {"env_vars": environment(block.precision, block.threads, gpu=wants.num_gpus > 0)},
            "name": block.label,
        }
        if wants.memory:
            options["memory"] = wants.memory
        reference = task.options(**options).remote(block, self._store_address, self._provenance)
        self._running[reference] = block

    def completed(self, timeout: float) -> list[tuple[Block, Result]]:
        if not self._running:
            return []
        ready, _ = self._ray.wait(list(self._running), num_returns=1, timeout=timeout)
        return [(block := self._running.pop(reference), self._result(block, reference)) for reference in ready]

    def close(self, *, cancel: bool = False) -> None:
        if cancel:
            for reference in self._running:
                self._ray.cancel(reference, force=True)
        self._running.clear()
        self._ray.shutdown()

    def _result(self, block: Block, reference: Any) -> Result:
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            return Result(block.identity, "crashed", message=f"{type(error).__name__}: {str(error)[:500]}")


def _run(block: Block, store_address: str, provenance: Mapping[str, Any]) -> Result:
    from runners.worker import run_block

    return run_block(block, store_address, provenance)
