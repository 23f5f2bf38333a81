"""Faults: what can become of a block instead of a record, and which of them are tried again.

An exception or a timeout comes back each time, so it is final until the code changes or someone asks for it. A fault of
the infrastructure says nothing about the block: it is tried again, in the same run a bounded number of times, and by
every later run.
"""

from __future__ import annotations

import errno
import re
import traceback
from collections.abc import Iterator
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
    MACHINE = "The machine failed under the block: its disk, its network or its GPU."

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
    Fault.MACHINE: 1,
}
_BY_WORD = {fault.word: fault for fault in Fault}
_BY_RAY = {
    "OutOfMemoryError": Fault.OUT_OF_MEMORY,
    "NodeDiedError": Fault.NODE_DIED,
    "RuntimeEnvSetupError": Fault.NOT_STARTED,
    "RayTaskError": Fault.ERROR,
}
PASSING = {
    getattr(errno, name)
    for name in (
        "ENOSPC EDQUOT EIO ESTALE EROFS ENETDOWN ENETUNREACH ENETRESET EHOSTDOWN EHOSTUNREACH "
        "ECONNABORTED ECONNREFUSED ECONNRESET ETIMEDOUT EPIPE EMFILE ENFILE EREMOTEIO"
    ).split()
    if hasattr(errno, name)
}
"""Errors of a disk, a network or a full table: another time, or elsewhere, the same code runs through."""
_OUT_OF_MEMORY = re.compile(
    "RESOURCE_EXHAUSTED|CUDA out of memory|CUDA error: out of memory|CUDA_ERROR_OUT_OF_MEMORY|"
    "CUBLAS_STATUS_ALLOC_FAILED"
)
_GPU = re.compile(
    r"CUDA error: (?!device-side assert|an illegal)|CUDA_ERROR_|CUDNN_STATUS_|CUBLAS_STATUS_|cuInit|NCCL error|"
    r"Unable to initialize backend|failed to initialize (CUDA|cuDNN)|DNN library initialization failed|No CUDA GPUs"
)
"""What XLA and torch say of a GPU that fails, not of the code that it runs."""
_BROKE_DOWN = ("Fatal Python error", "*** SIGSEGV", "*** SIGBUS", "*** SIGILL", "*** SIGFPE", "*** SIGABRT")


def fault(word: str) -> Fault:
    """The fault that a result's status names."""
    return _BY_WORD[word]


def is_final(word: str) -> bool:
    """Whether a later run leaves a block with this fault alone; not if nobody knows the word."""
    return word in _BY_WORD and _BY_WORD[word].final


def raised(error: BaseException) -> Fault:
    """The fault behind an exception that the worker caught: of its own memory, or the GPU's, or any other.

    Ray ends a worker by raising SystemExit in whatever it computes: that is no doing of the experiment.
    """
    for cause in _causes(error):
        if isinstance(cause, MemoryError) or "OutOfMemory" in type(cause).__name__:  # numpy, torch
            return Fault.OUT_OF_MEMORY
        if _OUT_OF_MEMORY.search(str(cause)):
            return Fault.OUT_OF_MEMORY
        if (isinstance(cause, OSError) and cause.errno in PASSING) or _GPU.search(str(cause)):
            return Fault.MACHINE
    frames = traceback.extract_tb(error.__traceback__)
    if isinstance(error, SystemExit) and frames and frames[-1].filename.endswith("_raylet.pyx"):
        return Fault.CRASHED
    return Fault.ERROR


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and what it was raised from, or while handling what, innermost last."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)


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
