"""Trials as judging needs them: the records of one condition, in the order of their repeats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from runners.blocks import canonical
from runners.store import Record, Store


@dataclass(frozen=True)
class Sample:
    """All recorded trials of one condition: contiguous repeats from 0."""

    records: tuple[Record, ...]
    setting: Mapping[str, Any]

    @property
    def trials(self) -> int:
        return sum(len(next(iter(record.observables.values()))) for record in self.records)

    def observable(self, name: str) -> np.ndarray:
        """(trials, ...)"""
        return np.concatenate([record.observables[name] for record in self.records])

    def given(self, trial: int) -> dict[str, np.ndarray]:
        """What theories may read of one trial: arrays without the trial axis, read-only."""
        for record in self.records:
            first, stop = record.specification["repeats"]
            if first <= trial < stop:
                return {name: array[trial - first] for name, array in record.given.items()}
        raise IndexError(f"trial {trial} is not recorded")


def lineage(specification: Mapping[str, Any]) -> str:
    """What must be equal for trials to be pooled: code, libraries, precision, threads."""
    return canonical({key: specification[key] for key in ("code", "libraries", "precision", "threads")})


class Samples:
    """An index of a store: by experiment, condition, constants and lineage.

    Records of different code or library versions are never mixed. `preferred` names, by experiment, the lineage that
    a run would produce now; where the store holds none of it, the most recently measured one is taken.
    """

    def __init__(self, store: Store, preferred: Mapping[str, str]):
        self.store = store
        self.preferred = dict(preferred)
        self._index: dict[str, dict[str, dict[str, dict[int, Record]]]] = {}
        self._failures: dict[str, dict[str, Any]] | None = None
        self._samples: dict[str, Sample | None] = {}

    def add(self, experiment: str, identity: str) -> None:
        """Take in a block that was just recorded."""
        record = self.store.get(experiment, identity)
        self._take(self._experiment(experiment), record)
        self._failures_by_condition().pop(_condition_key(record.specification), None)
        self._samples.clear()

    def forget_failures(self) -> None:
        """Leave logged failures out of account: what failed is about to be tried again."""
        self._failures = {}

    def note_failure(self, specification: Mapping[str, Any], status: str, message: str) -> None:
        """Take in a block that just failed."""
        self._failures_by_condition()[_condition_key(specification)] = {"status": status, "message": message}

    def sample(self, experiment: str, condition: Mapping[str, Any], constants: Mapping[str, Any]) -> Sample | None:
        """The recorded trials of a condition at one tier's constants, or None."""
        key = canonical([experiment, dict(condition), dict(constants)])
        if key not in self._samples:
            self._samples[key] = self._assemble(experiment, condition, constants)
        return self._samples[key]

    def failure(
        self, experiment: str, condition: Mapping[str, Any], constants: Mapping[str, Any]
    ) -> tuple[str, str] | None:
        """Status and message of the last failure under this condition, if any is logged."""
        setting = {"experiment": experiment, "condition": dict(condition), "constants": dict(constants)}
        found = self._failures_by_condition().get(_condition_key(setting))
        return (found["status"], found["message"]) if found else None

    def lineage_of(self, experiment: str) -> str | None:
        """The lineage whose records speak for an experiment."""
        lineages = self._experiment(experiment)
        preferred = self.preferred.get(experiment)
        if preferred in lineages or not lineages:
            return preferred
        return max(lineages, key=lambda name: max(_measured_at(lineages[name])))

    def _assemble(self, experiment: str, condition: Mapping[str, Any], constants: Mapping[str, Any]) -> Sample | None:
        blocks = (
            self._experiment(experiment)
            .get(self.lineage_of(experiment) or "", {})
            .get(canonical([dict(condition), dict(constants)]), {})
        )
        contiguous: list[Record] = []
        stop = 0
        while stop in blocks:
            contiguous.append(blocks[stop])
            stop = blocks[stop].specification["repeats"][1]
        return Sample(tuple(contiguous), {**constants, **condition}) if contiguous else None

    def _experiment(self, experiment: str) -> dict[str, dict[str, dict[int, Record]]]:
        if experiment not in self._index:
            self._index[experiment] = {}
            for record in self.store.records(experiment):
                self._take(self._index[experiment], record)
        return self._index[experiment]

    def _take(self, index: dict[str, dict[str, dict[int, Record]]], record: Record) -> None:
        spec = record.specification
        if spec["purpose"] == "record":
            condition = canonical([spec["condition"], spec["constants"]])
            index.setdefault(lineage(spec), {}).setdefault(condition, {})[spec["repeats"][0]] = record

    def _failures_by_condition(self) -> dict[str, dict[str, Any]]:
        if self._failures is None:
            self._failures = {}
            for error in self.store.errors():
                spec = error["specification"]
                ours = self.preferred.get(spec["experiment"]) in (None, lineage(spec))
                if ours and not self.store.has(spec["experiment"], error["identity"]):
                    self._failures[_condition_key(spec)] = error
        return self._failures


def _condition_key(specification: Mapping[str, Any]) -> str:
    return canonical([specification[key] for key in ("experiment", "condition", "constants")])


def _measured_at(blocks: Mapping[str, Mapping[int, Record]]) -> list[float]:
    return [record.provenance["started"] for records in blocks.values() for record in records.values()]
