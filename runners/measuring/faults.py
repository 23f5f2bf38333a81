"""Faults: what can become of a block instead of a record, and which of them are tried again.

An exception or a timeout comes back each time, so it is final until the code changes or someone asks for it. A fault of
the infrastructure says nothing about the block: it is tried again, in the same run a bounded number of times, and by
every later run.
"""

from __future__ import annotations

import traceback
from enum import Enum

MOST_TAIL = 8000
"""Characters of a worker's log that are kept."""


class Fault(Enum):
    """Why a block has no record."""

    ERROR = "The experiment raised an exception."
    TIMEOUT = "The block ran past its time limit."
    UNAVAILABLE = "Data or hardware that the block needs is missing."
    OUT_OF_MEMORY = "The worker or its node ran out of memory."
    SEGFAULT = "The worker's process broke down in C code."
    CRASHED = "The worker's process was killed from outside, or left."
    NODE_DIED = "The node died under the block."
    NOT_STARTED = "No worker could be started for the block."
    NOT_STORED = "The record did not reach the store."

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", " ")

    @property
    def retries(self) -> int:
        """How often a run tries the block again."""
        return _RETRIES.get(self, 0)

    @property
    def final(self) -> bool:
        """Whether a later run leaves the block alone, as long as its code is the same."""
        return self in (Fault.ERROR, Fault.TIMEOUT)


_RETRIES = {
    Fault.OUT_OF_MEMORY: 1,  # with more memory
    Fault.SEGFAULT: 1,
    Fault.CRASHED: 2,
    Fault.NODE_DIED: 4,
    Fault.NOT_STARTED: 2,
    Fault.NOT_STORED: 1,
}
_BY_WORD = {fault.word: fault for fault in Fault}
_BY_RAY = {
    "OutOfMemoryError": Fault.OUT_OF_MEMORY,
    "NodeDiedError": Fault.NODE_DIED,
    "RuntimeEnvSetupError": Fault.NOT_STARTED,
    "RayTaskError": Fault.ERROR,
}
_BROKE_DOWN = ("Fatal Python error", "*** SIGSEGV", "*** SIGBUS", "*** SIGILL", "*** SIGFPE", "*** SIGABRT")


def fault(word: str) -> Fault:
    """The fault that a result's status names."""
    return _BY_WORD[word]


def raised(error: BaseException) -> Fault:
    """The fault behind an exception that the worker caught: of its own memory, or the GPU's, or any other.

    Ray ends a worker by raising SystemExit in whatever it computes: that is no doing of the experiment.
    """
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SystemExit) and frames and frames[-1].filename.endswith("_raylet.pyx"):
        return Fault.CRASHED
    out_of_memory = isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__
    if out_of_memory or str(error).startswith("RESOURCE_EXHAUSTED"):  # numpy, torch; XLA
        return Fault.OUT_OF_MEMORY
    return Fault.ERROR


def diagnose(error: Exception, log: str, *, seconds: float, limit: float, node_alive: bool) -> Fault:
    """The fault behind an exception of Ray's, from the dead worker's log and the time that it had computed."""
    known = next((_BY_RAY[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in _BY_RAY), None)
    if known:
        return known
    if not node_alive:
        return Fault.NODE_DIED
    if "Timeout (" in log or (not log and seconds >= limit):  # the watchdog's last words
        return Fault.TIMEOUT
    return Fault.SEGFAULT if any(mark in log for mark in _BROKE_DOWN) else Fault.CRASHED


def last_words(log: str) -> str:
    """The end of a worker's log, without the marks that Ray leaves in it."""
    lines = [line for line in log.splitlines() if not line.startswith((":job_id:", ":task_name:", ":actor_name:"))]
    return "\n".join(lines)[-MOST_TAIL:]
