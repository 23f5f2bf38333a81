"""Where a run stands, and what went wrong in it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Setback:
    """A fault in a run: what it was, what it cost, and whether the block got another try."""

    block: str
    status: str
    message: str
    seconds: float
    """Computed in vain."""
    retried: bool


@dataclass(frozen=True)
class UnderWay:
    """A block that takes long, as far as its checkpoint tells."""

    block: str
    done: float
    """Share of its work, or of that part of its work which is being done."""
    seconds_left: float


@dataclass
class Progress:
    """Where a run stands; handed to `report` after every event."""

    blocks_done: int = 0
    blocks_stored: int = 0
    """Found in the store, not measured again."""
    blocks_failed: int = 0
    blocks_running: int = 0
    blocks_waiting: int = 0
    trials_done: int = 0
    compiled: Counter[str] = field(default_factory=Counter)
    """Programs that JAX compiled or found compiled, by experiment: one a function, its shapes and the worker."""
    setbacks: list[Setback] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What became of checkpoints: blocks that went on from one, or could not use it."""
    under_way: list[UnderWay] = field(default_factory=list)
    """Running blocks that have a checkpoint, the longest first."""
    started: float = field(default_factory=time.time)
    began: float = field(default_factory=time.monotonic)
    """By a clock that nobody sets."""

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began
