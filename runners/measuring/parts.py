"""Computing in parts: a block that takes long goes on from where an earlier attempt at it was killed.

An experiment whose `measure` has an argument `reduce` trains with it:

    carry = reduce(advance, parts, carry)       # as functools.reduce, which is its default

that is carry = advance(carry, part) for one part after the other. In a run, `reduce` keeps the carry in the store once
a minute, and skips the parts that are in a carry kept by an earlier attempt: the same operations on the same bits.
"""

from __future__ import annotations

import inspect
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from runners.measuring.machine import machine
from runners.records import carries, checkpoints
from runners.records.blocks import Block
from runners.records.checkpoints import NotUsable, Reached
from runners.records.store import Store

EVERY = 60.0
"""Seconds between two carries that are kept."""

Advance = Callable[[Any, Any], Any]


class Parts:
    """One attempt at a block: its `reduce`, and what became of checkpoints in it."""

    def __init__(self, store: Store, block: Block, *, clock: Callable[[], float] = time.monotonic):
        self._store, self._block, self._clock = store, block, clock
        self._began = self._last = clock()
        self._kept = checkpoints.kept(store, block)  # read before the block computes: what that opens is watched
        self._completed: list[Any] = []
        """Last carries of the reductions before the one that is going on."""
        self.told: list[str] = []
        """What a person should know of it."""
        self.spent = 0.0
        """Seconds of earlier attempts that this one need not spend again."""
        self._resumed: tuple[list[Any], Any, int] | None = None
        self._there = self._kept is not None
        """Whether the store may hold something of this block."""

    def reduce(self, advance: Advance, parts: Sequence[Any], carry: Any, /) -> Any:
        """The carry after all parts, of which those that are kept are not computed again."""
        if self._kept is not None:
            self._resume(self._kept)
        parts, number, done = list(parts), len(self._completed), 0
        if self._resumed:
            before, resumed, reached = self._resumed
            if number < len(before):
                self._completed.append(before[number])
                return before[number]
            carry, done, self._resumed = resumed, reached, None
        for place in range(done, len(parts)):
            carry = _computed(advance(carry, parts[place]))
            if place == 0:
                carries.pack(carry, {})  # what could not be kept shows at once, not after the first minute
            if self._clock() - self._last >= EVERY:
                self._keep(carry, Reached(place + 1, len(parts), self.spent + self._clock() - self._began))
        self._completed.append(carry)
        return carry

    def end(self) -> None:
        """The record is stored: what was kept is needed no more."""
        if self._there:
            with suppress(OSError):  # `tollens store --prune` finds it
                checkpoints.drop(self._store, self._block)

    def _resume(self, kept: bytes) -> None:
        self._kept = None
        try:
            (before, carry), reached = checkpoints.resumed(kept, self._block, machine())
        except NotUsable as reason:
            self.told.append(f"{reason}: it starts anew")
            return
        self._resumed, self.spent = (before, carry, reached.done), reached.seconds
        self.told.append(f"went on after {reached.done} of {reached.of} parts, {reached.seconds:.0f} s")

    def _keep(self, carry: Any, reached: Reached) -> None:
        try:
            self._there = True
            checkpoints.keep(self._store, self._block, (self._completed, carry), reached, machine())
        except OSError as error:  # a full disk is no fault of the block
            self.told.append(f"its checkpoint was not kept: {error}")
        self._last = self._clock()


def takes_parts(measure: Callable) -> bool:
    """Whether an experiment's `measure` computes in parts."""
    return "reduce" in inspect.signature(measure).parameters


def _computed(carry: Any) -> Any:
    """The same, once JAX is done with it: it returns before it has computed."""
    return sys.modules["jax"].block_until_ready(carry) if "jax" in sys.modules else carry
