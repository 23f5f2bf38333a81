"""How long a block is expected to take, learnt from the records of earlier ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from runners.records.blocks import Block, canonical
from runners.records.store import Store


class Durations:
    """Mean seconds a trial: of the same condition, else of all conditions of the experiment with these constants."""

    def __init__(self, store: Store):
        self._store = store
        self._sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._known: set[str] = set()

    def expected(self, block: Block) -> float | None:
        """Seconds that a block will take; None if nothing like it is recorded."""
        if block.experiment not in self._known:
            self._known.add(block.experiment)
            for record in self._store.records(block.experiment):
                spec = record.specification
                first, stop = spec["repeats"]
                self._add(spec["experiment"], spec["constants"], spec["condition"], record.provenance, stop - first)
        for key in _keys(block.experiment, block.constants, block.condition):
            if key in self._sums:
                seconds, trials = self._sums[key]
                return seconds / trials * len(block.repeats)
        return None

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
            self._sums[key][0] += provenance["seconds"]
            self._sums[key][1] += trials


def _keys(experiment: str, constants: Mapping[str, Any], condition: Mapping[str, Any]) -> tuple[str, str]:
    """From the most similar blocks to the least."""
    alike = canonical([experiment, dict(constants)])
    return f"{alike}{canonical(dict(condition))}", alike
