"""Trials as a table and back: what a person explores with pandas is judged by the same code as the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import pandas as pd

from runners.authoring.courses import Course, UnknownName
from runners.records.samples import Sample, Samples
from runners.records.store import MOST_INLINE, Record
from runners.registry import grid
from runners.registry.grid import Condition
from runners.registry.loaded import LoadedRegistry
from runners.registry.lookup import folded_axis, observable
from runners.registry.mistakes import suggestion
from runners.registry.schema import Claim

TRIAL = "trial"


def frame_of(
    course: Course,
    parts: Sequence[tuple[Condition, Mapping[str, np.ndarray]]],
    repeats: Sequence[int],
    observables: Sequence[str],
) -> pd.DataFrame:
    """A row a trial: the condition's axes, the trial's number, then these observables. `attrs`: how it was measured."""
    axes = list(dict.fromkeys(axis for condition, _ in parts for axis in condition))
    rows = [
        {**condition, TRIAL: repeat, **{name: _cell(measured[name][row]) for name in observables}}
        for condition, measured in parts
        for row, repeat in enumerate(repeats)
    ]
    frame = pd.DataFrame(rows, columns=[*axes, TRIAL, *observables])
    frame.attrs = {"experiment": course.experiment, "tier": course.tier, "constants": dict(course.constants)}
    return frame


def _cell(value: np.ndarray) -> Any:
    return value if value.ndim else value.item()


@dataclass(frozen=True)
class Trials:
    """The trials of one condition in a frame, as a stored record presents them to the judge."""

    identity: str
    specification: Mapping[str, Any]
    given: Mapping[str, np.ndarray]
    observables: Mapping[str, np.ndarray]

    @property
    def payload(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Which arrays a record would hold itself, and which apart."""

        def place(array: np.ndarray) -> dict[str, Any]:
            return {"data": array} if array.size <= MOST_INLINE else {}

        return {
            "given": {name: place(array) for name, array in self.given.items()},
            "observables": {name: place(array) for name, array in self.observables.items()},
        }


class FrameSamples(Samples):
    """The trials of frames, where a judge looks for those of a store."""

    def __init__(self, samples: Sequence[Sample]):
        self._found = {_key(sample.records[0].specification): sample for sample in samples}

    def sample(self, experiment: str, condition: Mapping[str, Any], constants: Mapping[str, Any]) -> Sample | None:
        return self._found.get(_key({"experiment": experiment, "condition": condition}))

    def failure(
        self, experiment: str, condition: Mapping[str, Any], constants: Mapping[str, Any]
    ) -> tuple[str, str] | None:
        return None


def _key(specification: Mapping[str, Any]) -> tuple[str, frozenset]:
    return specification["experiment"], grid.key_of(specification["condition"])


def course_of(registry: LoadedRegistry, frame: pd.DataFrame) -> Course:
    """How a frame was measured."""
    missing = {"experiment", "tier", "constants"} - frame.attrs.keys()
    if missing:
        raise UnknownName(
            "this frame does not say how it was measured (its attrs are lost, as in a file or a concatenation of "
            "unlike frames); pass frames as measure() returned them, set frame.attrs from one that has them, or "
            "say with columns={...} what holds what in a frame of your own"
        )
    name = frame.attrs["experiment"]
    if name not in registry.experiments:
        raise UnknownName(f"no experiment is called {name!r}; was another registry= given when it was measured?")
    return Course(registry, name, frame.attrs["tier"], frame.attrs["constants"])


def conditions_of(course: Course, frame: pd.DataFrame) -> list[tuple[Condition, pd.DataFrame]]:
    """The conditions of a frame with the rows of each in the order of trials, values as the grid writes them."""
    if TRIAL not in frame.columns:
        raise UnknownName(f"the frame has no column {TRIAL!r}, which says whose rows belong together")
    declared = grid.axes(course.registry.experiments[course.experiment])
    axes = [axis for axis in declared if axis in frame.columns]
    found: dict[frozenset, tuple[Condition, list[int]]] = {}
    for row, values in enumerate(frame[axes].itertuples(index=False, name=None)):
        condition = {axis: _value(value, declared[axis]) for axis, value in zip(axes, values) if not pd.isna(value)}
        found.setdefault(grid.key_of(condition), (condition, []))[1].append(row)
    return [(condition, frame.iloc[rows].sort_values(TRIAL)) for condition, rows in found.values()]


def _value(value: Any, declared: Sequence[Any]) -> Any:
    """An axis value without numpy's type; pandas makes floats of integers, and a width has to be an integer again."""
    plain = value.item() if isinstance(value, np.generic) else value
    return next((known for known in declared if grid.identity(known) == grid.identity(plain)), plain)


def sample_of(course: Course, condition: Condition, rows: pd.DataFrame, observables: Sequence[str]) -> Sample:
    """The rows of one condition as trials, with what theories may read of them."""
    missing = [name for name in observables if name not in rows.columns]
    if missing:
        declared = course.registry.experiments[course.experiment].observables
        array = missing[0] in declared and declared[missing[0]].shape is not None
        remedy = "measure with curves=True" if array else suggestion(missing[0], list(rows.columns))
        raise UnknownName(f"the frame has no column {missing[0]!r}; {remedy}")
    repeats = [int(repeat) for repeat in rows[TRIAL]]
    if len(set(repeats)) < len(repeats):
        raise UnknownName(f"the frame holds a trial twice at {grid.described(condition)}; that is no second trial")
    trials = Trials(
        f"{course.experiment}({grid.described(condition)})",
        {"experiment": course.experiment, "condition": condition, "repeats": [0, len(repeats)]},
        course.given(condition, repeats),
        {name: np.array(rows[name].tolist()) for name in (TRIAL, *observables)},
    )
    return Sample((cast(Record, trials),), {**course.constants, **condition})


def check_paired(claim: Claim, samples: Sequence[Sample]) -> None:
    """A fold runs along an axis trial by trial: all its points have to hold the same trials."""
    axis = folded_axis(claim)
    groups: dict[tuple[str, frozenset], set[tuple[int, ...]]] = {}
    for sample in samples:
        experiment, condition = (sample.records[0].specification[name] for name in ("experiment", "condition"))
        if axis in condition:
            rest = grid.key_of({name: value for name, value in condition.items() if name != axis})
            groups.setdefault((experiment, rest), set()).add(tuple(sample.observable(TRIAL).tolist()))
    if any(len(trials) > 1 for trials in groups.values()):
        raise UnknownName(f"along {axis} the frame holds different trials; keep those that every point has")


def as_samples(
    registry: LoadedRegistry, frames: Sequence[pd.DataFrame], claim: Claim
) -> tuple[LoadedRegistry, FrameSamples]:
    """The trials of frames, and the registry with grids that hold just their conditions, at every tier."""
    samples: list[Sample] = []
    written: dict[str, dict[frozenset, Condition]] = {}
    for frame in frames:
        course = course_of(registry, frame)
        conditions = written.setdefault(course.experiment, {})
        for condition, rows in conditions_of(course, frame):
            key = grid.key_of(condition)
            if key in conditions:
                raise UnknownName(
                    f"two frames hold {course.experiment} at {grid.described(condition)}; join them first"
                )
            conditions[key] = condition
            samples.append(sample_of(course, condition, rows, _looked_at(claim, course.experiment)))
    check_paired(claim, samples)
    experiments = dict(registry.experiments)
    for name, conditions in written.items():
        products = [{axis: [value] for axis, value in condition.items()} for condition in conditions.values()]
        tiers = {tier: entry.model_copy(update={"where": {}}) for tier, entry in experiments[name].tiers.items()}
        experiments[name] = experiments[name].model_copy(update={"grid": products, "tiers": tiers})
    return replace(registry, experiments=experiments), FrameSamples(samples)


def _looked_at(claim: Claim, experiment: str) -> list[str]:
    """Observables that a claim reads of an experiment: its own and those of its requirements."""
    required = [requirement.measured for requirement in claim.requires] if experiment == claim.experiment else []
    return list(dict.fromkeys([observable(claim), *required]))
