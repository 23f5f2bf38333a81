"""Blocks that wait for their turn: by what they ask of the cluster, and of each kind the most urgent first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterator
from itertools import count
from typing import Any

from runners.records.blocks import Block, canonical

Urgency = Callable[[Block], tuple[float, ...]]
"""What is smallest goes first."""


class Waiting:
    """Blocks by identity; a kind are those that ask for the same resources."""

    def __init__(self, urgency: Urgency = lambda block: ()):
        self._urgency = urgency
        self._blocks: dict[str, Block] = {}
        self._heaps: dict[str, list[tuple[Any, int, str]]] = {}
        self._alike: dict[tuple[str, str, str], dict[str, str]] = {}
        """Shapes by identity, of the blocks of one kind, experiment and domain."""
        self._number = count()  # equally urgent ones go in the order in which they came

    def add(self, block: Block) -> None:
        self._blocks[block.identity] = block
        entry = (self._urgency(block), next(self._number), block.identity)
        heapq.heappush(self._heaps.setdefault(kind(block), []), entry)
        self._alike.setdefault(_family(block), {})[block.identity] = shape(block)

    def discard(self, identity: str) -> None:
        block = self._blocks.pop(identity, None)  # its entry is skipped when it comes up
        if block is not None:
            self._alike[_family(block)].pop(identity, None)

    def order_by(self, urgency: Urgency) -> None:
        """Order anew."""
        blocks, self._blocks, self._heaps, self._urgency = self._blocks, {}, {}, urgency
        self._alike = {}
        for block in blocks.values():
            self.add(block)

    def first(self, kind: str, *, besides: Collection[str] = ()) -> Block | None:
        """The most urgent block of a kind, which goes on waiting; None if none is left.

        One of a shape in `besides` only if there are no others.
        """
        heap, passed = self._heaps[kind], []
        while heap and ((block := self._blocks.get(heap[0][2])) is None or self._shape(block) in besides):
            entry = heapq.heappop(heap)
            if block is not None:
                passed.append(entry)
        found = heap[0] if heap else next(iter(passed), None)
        for entry in passed:
            heapq.heappush(heap, entry)
        return self._blocks[found[2]] if found else None

    def _shape(self, block: Block) -> str:
        return self._alike[_family(block)][block.identity]

    def alike(self, block: Block) -> list[Block]:
        """Other waiting blocks of a block's kind and experiment, those of its shape first, as they came.

        Of a draw, other draws of its domain and shape, by their numbers.
        """
        own, others = shape(block), self._alike.get(_family(block), {})
        same = [self._blocks[identity] for identity, it in others.items() if it == own]
        if block.draw:
            return sorted(same, key=lambda it: it.draw.number if it.draw else 0)
        return same + [self._blocks[identity] for identity, it in others.items() if it != own]

    @property
    def kinds(self) -> list[str]:
        return list(self._heaps)

    def __iter__(self) -> Iterator[Block]:
        return iter(self._blocks.values())

    def __len__(self) -> int:
        return len(self._blocks)


def shape(block: Block) -> str:
    """Equal for blocks that run the same compiled code, as far as their settings tell.

    A fraction (a step size, a momentum) is a value that compiled code takes; whole numbers, words and truth values
    decide how large arrays are and what is done. Where that is wrong, something is compiled once more, or in another
    worker: no number depends on it.
    """
    static = {name: value for name, value in block.setting.items() if not isinstance(value, float)}
    return canonical([block.experiment, static, len(block.repeats)])


def _family(block: Block) -> tuple[str, str, str]:
    return kind(block), block.experiment, block.draw.name if block.draw else ""


def kind(block: Block) -> str:
    """Equal for blocks that ask for the same resources."""
    return block.resources.model_dump_json()
