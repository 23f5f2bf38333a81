"""Blocks that wait for their turn: by what they ask of the cluster, and of each kind the most urgent first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from runners.records.blocks import Block

Urgency = Callable[[Block], tuple[float, ...]]
"""What is smallest goes first."""


class Waiting:
    """Blocks by identity; a kind are those that ask for the same resources."""

    def __init__(self, urgency: Urgency = lambda block: ()):
        self._urgency = urgency
        self._blocks: dict[str, Block] = {}
        self._heaps: dict[str, list[tuple[Any, int, str]]] = {}
        self._number = count()  # equally urgent ones go in the order in which they came

    def add(self, block: Block) -> None:
        self._blocks[block.identity] = block
        entry = (self._urgency(block), next(self._number), block.identity)
        heapq.heappush(self._heaps.setdefault(kind(block), []), entry)

    def discard(self, identity: str) -> None:
        self._blocks.pop(identity, None)  # its entry is skipped when it comes up

    def order_by(self, urgency: Urgency) -> None:
        """Order anew."""
        blocks, self._blocks, self._heaps, self._urgency = self._blocks, {}, {}, urgency
        for block in blocks.values():
            self.add(block)

    def first(self, kind: str) -> Block | None:
        """The most urgent block of a kind, which goes on waiting; None if none is left."""
        heap = self._heaps[kind]
        while heap and heap[0][2] not in self._blocks:
            heapq.heappop(heap)
        return self._blocks[heap[0][2]] if heap else None

    @property
    def kinds(self) -> list[str]:
        return list(self._heaps)

    def __iter__(self) -> Iterator[Block]:
        return iter(self._blocks.values())

    def __len__(self) -> int:
        return len(self._blocks)


def kind(block: Block) -> str:
    """Equal for blocks that ask for the same resources."""
    return block.resources.model_dump_json()
