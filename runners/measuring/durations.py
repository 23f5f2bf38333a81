"""How long a block is expected to take, learnt from the records of earlier ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from statistics import median_low
from typing import Any

from runners.records.blocks import Block, canonical
from runners.records.store import Store

ENOUGH = 2
"""Records of which one inflated one does not matter: of two, the lower counts."""


class Durations:
    """Median seconds a trial: of the same condition, else of all conditions of the experiment with these constants."""

    def __init__(self, store: Store):
        self._store = store
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._known: set[str] = set()

    def expected(self, block: Block) -> float | None:
        """Seconds that a block will take, at most its time limit; None if nothing like it is recorded."""
        found = self._recorded(block)
        return None if found is None else min(median_low(found) * len(block.repeats), block.time_limit)

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
                self._add(spec["experiment"], spec["constants"], spec["condition"], record.provenance, stop - first)
        found = [self._seconds[key] for key in _keys(block.experiment, block.constants, block.condition)]
        return next((it for it in found if len(it) >= ENOUGH), next((it for it in found if it), None))

    def note(self, block: Block, seconds: float) -> None:
        """Take in a block that was just measured."""
        self._add(block.experiment, block.constants, block.condition, {"seconds": seconds}, len(block.repeats))

    def _add(
        self,
        experiment: str,
        constants: Mapping[str, Any],
        condition: Mapping[str, Any],
        provenance: Mapping[str, Any],
        trials: int,
    ) -> None:
        for key in _keys(experiment, constants, condition):
            self._seconds[key].append(provenance["seconds"] / trials)


def _keys(experiment: str, constants: Mapping[str, Any], condition: Mapping[str, Any]) -> tuple[str, str]:
    """From the most similar blocks to the least."""
    alike = canonical([experiment, dict(constants)])
    return f"{alike}{canonical(dict(condition))}", alike
