"""A block's time limit, kept in the worker: first an exception, then the end of the process."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
import time
from types import TracebackType
from typing import Self

GRACE = 5.0
"""Seconds between the exception and the end of the process, for what hangs in C and hears no exception."""


class TimeLimitReached(BaseException):
    """The block's time is up. No `Exception`: an experiment that catches those must not swallow it."""


class TimeLimit:
    """Ends a computation in this process after so many seconds.

    In the main thread SIGALRM raises `TimeLimitReached` at the next instruction of Python. `fatal`: if that does not
    come within GRACE seconds, a watchdog thread of C writes every thread's stack to stderr and ends the process; it
    needs no lock of the interpreter, so nothing can hold it up.
    """

    def __init__(self, seconds: float, *, fatal: bool):
        self.seconds, self.fatal = seconds, fatal
        self.reached = False
        """Whether the time was up: the exception itself may have been turned into another one on its way."""

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGALRM, self._raise)
            self._timer = signal.setitimer(signal.ITIMER_REAL, self.seconds)
            self._began = time.monotonic()
        if self.fatal:
            faulthandler.dump_traceback_later(self.seconds + GRACE, exit=True, file=2)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None):
        if self.fatal:
            faulthandler.cancel_dump_traceback_later()
        if threading.current_thread() is threading.main_thread():
            left, interval = self._timer
            if left:  # somebody else's alarm goes on
                left = max(left - (time.monotonic() - self._began), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._handler)
            signal.setitimer(signal.ITIMER_REAL, left, interval)

    def _raise(self, number: int, frame: object) -> None:
        self.reached = True
        raise TimeLimitReached(f"no result after {self.seconds:g} seconds")


def log_of_this_process() -> tuple[str, int]:
    """The file that stderr goes to and its size so far; an empty name if it is no file or the system does not tell."""
    try:
        path = os.readlink("/proc/self/fd/2")
        return (path, os.path.getsize(path)) if os.path.isfile(path) else ("", 0)
    except OSError:
        return "", 0


def read_log(path: str, start: int) -> str:
    """A log from some byte on, or its last part if that is long."""
    try:
        with open(path, "rb") as file:
            file.seek(max(start, os.path.getsize(path) - 100_000))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
