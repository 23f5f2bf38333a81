"""Where blocks run: an executor takes blocks and says how they ended. This one computes them in its own process."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping
from typing import Any, Protocol

from runners.measuring.faults import Fault
from runners.measuring.profiles import environment
from runners.measuring.stopping import Interrupted
from runners.measuring.worker import run_block
from runners.records.blocks import Block, Result
from runners.registry.schema import Resources


class Executor(Protocol):
    """Runs blocks; the store gets the records, the caller gets results."""

    def room(self, wanted: Resources, taken: int) -> bool:
        """Whether it takes another task that wants these resources, with so many of them in its hands."""

    def lacking(self, wanted: Resources) -> str | None:
        """Why a block that wants these resources can never run here; None if it can."""

    def roomier(self, wanted: Resources) -> Resources:
        """What to give a block that ran out of memory with these resources."""

    def submit(self, *blocks: Block) -> None:
        """Take a task: blocks that want the same resources, which one worker computes one after another."""

    def completed(self, timeout: float) -> list[tuple[Block, Result]]:
        """Blocks that ended since the last call; waits up to `timeout` seconds for one."""

    def interrupt(self) -> None:
        """A signal came: if a block is computed in this very thread, raise `Interrupted`."""

    def close(self, *, cancel: bool = False) -> None:
        """Let go of everything; `cancel` also ends what is running."""


class InProcess:
    """Blocks in this process, in order of submission: for a debugger, and where there is no Ray."""

    def __init__(self, store_address: str, provenance: Mapping[str, Any]):
        self._store_address, self._provenance = store_address, provenance
        self._waiting: deque[Block] = deque()
        self._computing = False
        os.environ.update({key: value for key, value in environment("float32", 1).items() if key not in os.environ})

    def room(self, wanted: Resources, taken: int) -> bool:
        return taken < 1

    def lacking(self, wanted: Resources) -> str | None:
        return "it needs a GPU, and this process computes on the CPU; run it with Ray" if wanted.num_gpus else None

    def roomier(self, wanted: Resources) -> Resources:
        return wanted

    def submit(self, *blocks: Block) -> None:
        self._waiting.extend(blocks)

    def completed(self, timeout: float) -> list[tuple[Block, Result]]:
        if not self._waiting:
            return []
        block = self._waiting.popleft()
        if os.environ["OMP_NUM_THREADS"] != str(block.threads):  # fixed when numpy was loaded
            message = f"it computes with {block.threads} threads, this process with another number; run it with Ray"
            return [(block, Result(block.identity, Fault.UNAVAILABLE.word, message=message))]
        self._computing = True
        try:
            return [(block, run_block(block, self._store_address, self._provenance))]
        except Interrupted:
            self._waiting.appendleft(block)
            return []
        finally:
            self._computing = False

    def interrupt(self) -> None:
        if self._computing:
            raise Interrupted

    def close(self, *, cancel: bool = False) -> None:
        self._waiting.clear()
