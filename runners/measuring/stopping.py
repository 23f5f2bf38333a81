"""SIGTERM and SIGINT: the run ends in order, and the exit code says by which."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType
from typing import Self


class Interrupted(BaseException):
    """A signal ended the block that this process was computing."""


class StopSignals:
    """Takes SIGTERM and SIGINT while it is entered.

    While blocks run, a signal is only noted (`received`), for the run to end in order; `on_stop` is called besides. At
    any other time it ends the process at once: nothing is in flight then.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self.on_stop: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        self._before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        self.take()
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def take(self) -> None:
        """Install the handlers; again after whatever installs its own, as `ray.init` does."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.received is not None:  # it is being seen to
            return
        self.received = number
        if self.on_stop is None:
            raise SystemExit(128 + number)
        self.on_stop()
