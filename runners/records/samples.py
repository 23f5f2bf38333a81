"""Trials as judging needs them: the records of one condition, in the order of their repeats."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from runners.records.blocks import DrawName, canonical, identity_of
from runners.records.epochs import UNSALTED, Epoch
from runners.records.seeds import Purpose
from runners.records.store import Record, Store


@dataclass(frozen=True)
class Sample:
    """All recorded trials of one condition: contiguous repeats from 0."""

    records: tuple[Record, ...]
    setting: Mapping[str, Any]

    @cached_property
    def identities(self) -> tuple[str, ...]:
        """Names of the records."""
        return tuple(record.identity for record in self.records)

    @cached_property
    def trials(self) -> int:
        return sum(stop - start for start, stop in (record.specification["repeats"] for record in self.records))

    def observable(self, name: str) -> np.ndarray:
        """(trials, ...)"""
        return np.concatenate([record.observables[name] for record in self.records])

    def given(self, trial: int) -> dict[str, np.ndarray]:
        """What theories may read of one trial: arrays without the trial axis, read-only."""
        record = self.record_of(trial)
        first = record.specification["repeats"][0]
        return {name: array[trial - first] for name, array in record.given.items()}

    def givens(self, trials: int) -> dict[str, np.ndarray] | None:
        """What theories may read of the first trials: arrays (trials, ...); None where blocks differ in their form."""
        parts = [record.given for record in self.records]
        if len({tuple((name, it.dtype, it.shape[1:]) for name, it in sorted(part.items())) for part in parts}) > 1:
            return None
        return {name: np.concatenate([part[name] for part in parts])[:trials] for name in parts[0]}

    def record_of(self, trial: int) -> Record:
        """The record that holds a trial."""
        for record in self.records:
            first, stop = record.specification["repeats"]
            if first <= trial < stop:
                return record
        raise IndexError(f"trial {trial} is not recorded")


_Index = dict[str, dict[Hashable, dict[int, "_Entry"]]]
"""Of an experiment, by lineage, by condition with constants, and by a record's first trial."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the index knows of a record, which is read when its trials are wanted."""

    identity: str
    start: int
    stop: int
    measured: float
    """When, in Unix seconds."""


MOST_SAMPLES = 256
"""Samples that are kept after they were asked for."""


_Pairs = tuple[tuple[str, str], ...]


def lineage(specification: Mapping[str, Any]) -> str:
    """What must be equal for trials to be pooled: code, libraries, files, precision, threads."""
    libraries, files = (tuple(sorted(specification[part].items())) for part in ("libraries", "files"))
    return _lineage(specification["code"], libraries, files, specification["precision"], specification["threads"])


@lru_cache(maxsize=256)
def _lineage(code: str, libraries: _Pairs, files: _Pairs, precision: str, threads: int) -> str:
    """Written once: most records of an experiment have the same."""
    of_all = {"code": code, "libraries": dict(libraries), "files": dict(files)}
    return canonical({**of_all, "precision": precision, "threads": threads})


class Samples:
    """An index of a store: by experiment, condition, constants and lineage.

    Records of different epochs, code or library versions are never mixed. `preferred` names, by experiment, the lineage
    that a run would produce now. Where the store holds none of it, the most recently measured one is taken, if
    `fallback` allows it and no attempt of the preferred one failed: old trials must not cover up that today's code
    crashes.
    """

    def __init__(
        self,
        store: Store,
        preferred: Mapping[str, str],
        *,
        fallback: bool = True,
        purpose: Purpose = "record",
        epoch: Epoch = UNSALTED,
    ):
        self.store = store
        self.purpose = purpose
        self.epoch = UNSALTED if purpose == "explore" else epoch
        self.preferred = preferred
        self._fallback = fallback
        self._index: dict[str, _Index] = {}
        self._failures: dict[Hashable, dict[str, Mapping[str, Any]]] | None = None
        self._samples: OrderedDict[Hashable, Sample | None] = OrderedDict()
        self._draws: dict[str, dict[str, dict[DrawName, list[str]]]] = {}
        self._epochs: dict[str, dict[str, set[str]]] = {}
        """By experiment and name of a domain, the epochs of whose draws there are records."""
        self._told: dict[str, bytes] = {}
        """What another process knows of an experiment, until somebody asks."""

    def add(self, experiment: str, identity: str) -> None:
        """Take in a block that was just recorded."""
        record = self.store.get(experiment, identity)
        before = self.lineage_of(experiment)
        self._take(self._experiment(experiment), record)
        self._failures_by_condition().get(_key_of(record.specification), {}).pop(identity, None)
        if self.lineage_of(experiment) == before:
            self._samples.pop(_key_of(record.specification), None)
        else:
            self._samples.clear()

    def known(self, experiments: Iterable[str]) -> dict[str, bytes]:
        """What is known of the records of experiments, as `take_in` takes it."""
        parts = self._index, self._draws, self._epochs
        return {name: pickle.dumps([part[name] for part in parts]) for name in experiments if name in self._index}

    def take_in(self, known: Mapping[str, bytes]) -> None:
        """What another process knows of the same store: whoever asks for it here need not read all records again."""
        self._told |= known

    def forget_failures(self) -> None:
        """Leave logged failures out of account: what failed is about to be tried again."""
        self._failures = {}

    def note_failure(self, specification: Mapping[str, Any], status: str, message: str) -> None:
        """Take in a block that just failed."""
        failure = {"specification": specification, "status": status, "message": message}
        failures = self._failures_by_condition().setdefault(_key_of(specification), {})
        failures[identity_of(specification)] = failure

    def sample(self, experiment: str, condition: Mapping[str, Any], constants: Mapping[str, Any]) -> Sample | None:
        """The recorded trials of a condition at one tier's constants, or None."""
        key = experiment, *_condition_key(condition, constants)
        if key not in self._samples:
            self._samples[key] = self._assemble(experiment, condition, constants)
            if len(self._samples) > MOST_SAMPLES:
                self._samples.popitem(last=False)
        self._samples.move_to_end(key)
        return self._samples[key]

    def drawn(self, experiment: str, draw: DrawName) -> list[Sample]:
        """The recorded points of a draw: one, or those along a folded axis, at whatever tier they were measured."""
        self._experiment(experiment)
        names = self._draws[experiment].get(self.lineage_of(experiment) or "", {}).get(draw, [])
        records = (self.store.get(experiment, name) for name in names)
        return [
            Sample((record,), {**record.specification["constants"], **record.specification["condition"]})
            for record in records
        ]

    def epochs_of(self, experiment: str, name: str) -> set[str]:
        """The epochs that the store has draws of, by the name from which they derive."""
        self._experiment(experiment)
        return set(self._epochs[experiment].get(name, ()))

    def failures_of(self, experiment: str, draw: DrawName) -> list[Mapping[str, Any]]:
        """Logged failures of a draw's points."""
        logged = [one for group in self._failures_by_condition().values() for one in group.values()]
        return [
            failure
            for failure in logged
            if failure["specification"]["experiment"] == experiment and _draw_of(failure["specification"]) == draw
        ]

    def failure(
        self, experiment: str, condition: Mapping[str, Any], constants: Mapping[str, Any]
    ) -> tuple[str, str] | None:
        """Status and message of the last failure under this condition, if any is logged."""
        key = experiment, *_condition_key(condition, constants)
        logged = self._failures_by_condition().get(key, {}).values()
        found = [one for one in logged if _draw_of(one["specification"]) is None]
        return (found[-1]["status"], found[-1]["message"]) if found else None

    def lineage_of(self, experiment: str) -> str | None:
        """The lineage whose records speak for an experiment."""
        lineages = self._experiment(experiment)
        preferred = self.preferred.get(experiment)
        if preferred in lineages or not lineages or not self._fallback or self._failed(experiment):
            return preferred
        return max(lineages, key=lambda name: max(_measured_at(lineages[name]), default=0.0))

    def _assemble(self, experiment: str, condition: Mapping[str, Any], constants: Mapping[str, Any]) -> Sample | None:
        blocks = (
            self._experiment(experiment)
            .get(self.lineage_of(experiment) or "", {})
            .get(_condition_key(condition, constants), {})
        )
        contiguous: list[Record] = []
        stop = 0
        while stop in blocks:
            contiguous.append(self.store.get(experiment, blocks[stop].identity))
            stop = blocks[stop].stop
        return Sample(tuple(contiguous), {**constants, **condition}) if contiguous else None

    def _experiment(self, experiment: str) -> _Index:
        if told := self._told.pop(experiment, None):
            self._index[experiment], self._draws[experiment], self._epochs[experiment] = pickle.loads(told)
        if experiment not in self._index:
            self._index[experiment], self._draws[experiment], self._epochs[experiment] = {}, {}, {}
            for record in self.store.records(experiment):
                self._take(self._index[experiment], record)
        return self._index[experiment]

    def _take(self, index: _Index, record: Record) -> None:
        spec = record.specification
        draw = _draw_of(spec)
        if draw is not None:
            self._epochs[spec["experiment"]].setdefault(draw.name, set()).add(spec["epoch"])
        if self._is_ours(spec) and draw is not None:
            self._draws[spec["experiment"]].setdefault(lineage(spec), {}).setdefault(draw, []).append(record.identity)
            index.setdefault(lineage(spec), {})
        elif self._is_ours(spec):
            condition = _condition_key(spec["condition"], spec["constants"])
            blocks = index.setdefault(lineage(spec), {}).setdefault(condition, {})
            start, stop = spec["repeats"]
            if start not in blocks or stop > blocks[start].stop:
                blocks[start] = _Entry(record.identity, start, stop, record.provenance["started"])

    def _is_ours(self, specification: Mapping[str, Any]) -> bool:
        return specification["purpose"] == self.purpose and specification["epoch"] == self.epoch.name

    def _failed(self, experiment: str) -> bool:
        """Whether an attempt at an experiment failed."""
        failures = [one for group in self._failures_by_condition().values() for one in group.values()]
        return any(failure["specification"]["experiment"] == experiment for failure in failures)

    def _failures_by_condition(self) -> dict[Hashable, dict[str, Mapping[str, Any]]]:
        """Failures by condition and by identity of the block."""
        if self._failures is None:
            self._failures = {}
            for error in self.store.errors():
                spec = error["specification"]
                ours = self.preferred.get(spec["experiment"]) in (None, lineage(spec))
                if ours and self._is_ours(spec) and not self.store.has(spec["experiment"], error["identity"]):
                    self._failures.setdefault(_key_of(spec), {})[error["identity"]] = error
        return self._failures


def _draw_of(specification: Mapping[str, Any]) -> DrawName | None:
    return DrawName(*specification["draw"]) if specification.get("draw") else None


def _key_of(specification: Mapping[str, Any]) -> Hashable:
    return specification["experiment"], *_condition_key(specification["condition"], specification["constants"])


def _condition_key(condition: Mapping[str, Any], constants: Mapping[str, Any]) -> tuple[Hashable, Hashable]:
    """Equal where the JSON is; it is asked for at every turn."""
    return _typed(condition), _typed(constants)


def _typed(values: Mapping[str, Any]) -> Hashable:
    return tuple([(name, type(values[name]), values[name]) for name in sorted(values)])


def _measured_at(blocks: Mapping[Hashable, Mapping[int, _Entry]]) -> list[float]:
    return [entry.measured for entries in blocks.values() for entry in entries.values()]
