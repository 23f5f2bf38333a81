"""How long a block is expected to take, learnt from the records of earlier ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from statistics import median_low
from types import MappingProxyType
from typing import Any

from runners.records.blocks import Block, canonical
from runners.records.store import Store

ENOUGH = 2
"""Records of which one inflated one does not matter: of two, the lower counts."""


class Durations:
    """Median seconds a trial: of the same condition, else of all conditions of the experiment with these constants.

    Of a draw, whose constants are its own, else of all draws of that name.
    """

    def __init__(self, store: Store, elsewhere: Mapping[str, float] = MappingProxyType({})):
        """`elsewhere`: by experiment the seconds of a trial that another run reported, for a `guess`."""
        self._store, self._elsewhere = store, elsewhere
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._known: set[str] = set()

    def expected(self, block: Block) -> float | None:
        """Seconds that a block will take, at most its time limit; None if nothing like it is recorded."""
        found = self._recorded(block)
        return None if found is None else min(median_low(found) * len(block.repeats), block.time_limit)

    def guess(self, block: Block) -> float | None:
        """The same, or what the trials of its experiment took elsewhere: enough for an order, on another machine."""
        expected = self.expected(block)
        if expected is None and block.experiment in self._elsewhere:
            return min(self._elsewhere[block.experiment] * len(block.repeats), block.time_limit)
        return expected

    def is_sure(self, block: Block) -> bool:
        """Whether so many records say so that a single inflated one does not matter."""
        return len(self._recorded(block) or ()) >= ENOUGH

    def _recorded(self, block: Block) -> list[float] | None:
        """Seconds a trial of the blocks that are most like this one, of at least two if there are so many."""
        if block.experiment not in self._known:
            self._known.add(block.experiment)
            for record in self._store.records(block.experiment):
                spec = record.specification
                first, stop = spec["repeats"]
                drawn = spec["draw"][0] if spec["draw"] else ""
                keys = _keys(spec["experiment"], spec["constants"], spec["condition"], drawn)
                self._add(keys, record.provenance["seconds"] / (stop - first))
        found = [self._seconds[key] for key in self._keys(block)]
        return next((it for it in found if len(it) >= ENOUGH), next((it for it in found if it), None))

    def note(self, block: Block, seconds: float) -> None:
        """Take in a block that was just measured."""
        self._add(self._keys(block), seconds / len(block.repeats))

    def _add(self, keys: Iterable[str], seconds: float) -> None:
        for key in keys:
            self._seconds[key].append(seconds)

    @staticmethod
    def _keys(block: Block) -> list[str]:
        return _keys(block.experiment, block.constants, block.condition, block.draw.name if block.draw else "")


def _keys(experiment: str, constants: Mapping[str, Any], condition: Mapping[str, Any], drawn: str) -> list[str]:
    """From the most similar blocks to the least; `drawn`: the name from which a draw derives, else empty."""
    alike = canonical([experiment, dict(constants)])
    return [f"{alike}{canonical(dict(condition))}", alike, *([canonical([experiment, drawn])] if drawn else [])]
