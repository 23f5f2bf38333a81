"""Processes that a block started and left behind: ended with it, so that they do not compute on beside the next one."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

Process = tuple[int, str]
"""Its number, and when it started: numbers are given again."""
PROC = Path("/proc")


def descendants() -> set[Process]:
    """All processes that this one started, and what they started; none on a system without /proc."""
    parents: dict[int, int] = {}
    started: dict[int, str] = {}
    for entry in PROC.iterdir() if PROC.exists() else ():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):  # it may go any moment
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)], started[int(entry.name)] = int(fields[1]), fields[19]
    found: set[int] = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return {(number, started[number]) for number in found - {os.getpid()}}


def end(processes: set[Process]) -> None:
    """End those of these processes that are still there."""
    for number, _ in descendants() & processes:
        with suppress(OSError):
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
