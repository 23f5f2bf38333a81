"""Tollens in Python and in notebooks: `import tollens`.

    tollens.experiments(), tollens.claims()                               what there is: tables
    frame = tollens.measure("full-batch-descent", learning_rate=[0.05, 0.1], trials=8)
    tollens.predict("eos-gd-two-over-eta", frame)                         predicted beside measured, a row a trial
    tollens.judge("eos-gd-two-over-eta", frame)                           the rule, applied to these trials

Everything here explores: it draws seeds that no record uses, and stores nothing. The record is made by `tollens run`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from runners.authoring.courses import Course, UnknownName, chosen_conditions, known, tier_of
from runners.authoring.frames import (
    TRIAL,
    FrameSamples,
    as_samples,
    check_paired,
    conditions_of,
    course_of,
    frame_of,
    sample_of,
)
from runners.authoring.judgement import Judgement
from runners.authoring.listing import Listing
from runners.authoring.own_runs import Columns, OwnRuns, judge_runs, words_of
from runners.commands.options import own_registry
from runners.judging.judge import Judge, Prediction
from runners.judging.predicting import TheoryError
from runners.judging.results import Cell
from runners.registry import grid
from runners.registry.loaded import LoadedRegistry
from runners.registry.loader import load
from runners.registry.lookup import observable
from runners.registry.schema import Claim, Unfalsifiable
from runners.rule.intervals import in_region
from runners.rule.verdicts import Status

Registries = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
"""A registry outside the tree, or several, beside the project's own."""


def measure(
    experiment: str,
    *,
    trials: int | range | None = None,
    tier: str | None = None,
    curves: bool = False,
    registry: Registries = (),
    **condition: Any,
) -> pd.DataFrame:
    """Measure an experiment under these conditions, in this process: a row a trial.

    `condition`: a value, a list of values, or `...` (all) for each axis of the grid; the others take the grid's first
    value. Numbers off the grid are allowed; so is another value for one of the tier's constants. `trials`: how many, or
    a range of them; by default the tier's first look. `tier`: by default the smallest that is
    judged. `curves`: arrays, too.
    """
    loaded = _loaded(registry)
    known(experiment, loaded.experiments, "experiment")
    size = tier_of(experiment, loaded.experiments[experiment], tier)
    conditions, constants = chosen_conditions(experiment, loaded.experiments[experiment], size, condition)
    return _measured(Course(loaded, experiment, size, constants), conditions, trials, curves=curves)


def predict(
    claim: str,
    frame: pd.DataFrame | None = None,
    *,
    rival: str | None = None,
    columns: Columns | None = None,
    trials: int | range | None = None,
    tier: str | None = None,
    registry: Registries = (),
    **condition: Any,
) -> pd.DataFrame:
    """What a claim (or a rival of it) predicts, a row a trial.

    With a frame: beside its measurements, under each of its conditions, in the claim's domain or not; `agreement` is
    the two compared as the claim compares them, `inside` says whether it lies in the region, `set_aside` whether the
    trial misses a requirement, so that it is not judged. Without: for the claim's
    own conditions, or those that `condition` chooses; trials are prepared, nothing is trained.

    `columns`: the frame holds runs of your own, as for `judge`; `condition` is then what is the same in all of them.
    """
    loaded = _loaded(registry)
    entry = _claim(loaded, claim)
    if columns is not None:
        if frame is None or rival:
            raise UnknownName("columns go with a frame of your own runs, and the claim's own prediction")
        if told := ", ".join(name for name, it in (("trials", trials), ("tier", tier)) if it is not None):
            raise UnknownName(f"{told}: of this project's own trials; your frame has its runs, leave it out")
        return judge_runs(loaded, claim, frame, columns, condition, fewest=1).runs
    prediction = entry.rivals[known(rival, entry.rivals, f"rival of {claim}")].predicted if rival else entry.predicted
    if frame is None:
        course, conditions = _domain(loaded, entry, tier, condition)
        frame = frame_of(course, [(point, {}) for point in conditions], _repeats(course, trials), ())
        compared = False
    elif condition:
        raise UnknownName("a frame has its conditions already; give either of the two")
    else:
        compared = True
    course = course_of(loaded, frame)
    if course.experiment != entry.experiment:
        raise UnknownName(f"{claim} is about {entry.experiment}, and the frame holds {course.experiment}")
    groups = conditions_of(course, frame)
    needed = [observable(entry)] if compared else []
    samples = [sample_of(course, point, rows, needed) for point, rows in groups]
    check_paired(entry, samples)
    judge = Judge(loaded, course.tier, FrameSamples(samples))
    rows_of = {grid.key_of(point): rows for point, rows in groups}
    parts = [
        _prediction(judge, entry, cell, prediction, rows_of, compared=compared)
        for cell in judge.cells(entry, [point for point, _ in groups], course.experiment)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[TRIAL, "predicted"])


def judge(
    claim: str,
    *frames: pd.DataFrame,
    columns: Columns | None = None,
    tier: str | None = None,
    registry: Registries = (),
    **constants: Any,
) -> Judgement | OwnRuns:
    """Apply the rule to what was explored: the verdict that a record like this would get.

    `frames`: of the claim's experiment, and of its controls' if they have others. Without any, all that the claim looks
    at is measured first, as far as the tier's first look goes.

    `columns`: the frame holds runs of your own, a row each, from whatever program; this says which column holds what
    the claim calls an observable, an axis that its prediction reads, or (`given.NAME`) what that reads of a run's
    start, as {"learning_rate": "lr"}, or as a list where the names are the claim's; `constants` is what is the same in
    all runs. With constants alone the columns are those that have the claim's own names. The verdict is on these runs,
    and no part of the record.
    """
    loaded = _loaded(registry)
    entry = _claim(loaded, claim)
    if columns is not None or constants:  # which runs of this project have by themselves
        if len(frames) != 1:
            raise UnknownName(f"with columns or settings, give one frame of your own runs, not {len(frames)}")
        if not isinstance(frames[0], pd.DataFrame):
            raise UnknownName(
                f"your runs are {type(frames[0]).__name__}, and no frame; give pandas.DataFrame(...) of them"
            )
        if tier is not None:
            raise UnknownName("tier: of this project's own trials; your frame has its runs, leave it out")
        if columns is None:
            columns = [name for name in frames[0].columns if name in words_of(loaded, entry) and name not in constants]
        return judge_runs(loaded, claim, frames[0], columns, constants)
    if not frames:
        frames = _everything(loaded, entry, tier_of(entry.experiment, loaded.experiments[entry.experiment], tier))
    courses = [course_of(loaded, frame) for frame in frames]
    experiments = [entry.experiment, *(control.experiment for control in entry.controls if control.experiment)]
    for course in courses:
        if course.experiment not in experiments:
            raise UnknownName(f"{claim} looks at {', '.join(dict.fromkeys(experiments))}, not at {course.experiment}")
    own = next((course for course in courses if course.experiment == entry.experiment), None)
    if own is None:
        raise UnknownName(f"no frame holds {entry.experiment}, which {claim} is about")
    narrowed, samples = as_samples(loaded, frames, entry)
    judge = Judge(narrowed, own.tier, samples)
    if not judge.main_cells(entry):
        raise UnknownName(
            f"no condition of the frame lies in the domain of {claim}, {grid.described(entry.where)}; "
            f"predict({claim!r}, frame) compares outside it, too"
        )
    return Judgement(claim, entry, judge.judge(claim), own.tier, tuple(frames))


def claims(*, registry: Registries = ()) -> pd.DataFrame:
    """Every claim, a row each."""
    rows = {
        name: {
            "statement": entry.statement,
            "theory": entry.theory,
            "strand": entry.strand,
            "experiment": getattr(entry, "experiment", None),
            "expect": getattr(entry, "expect", None),
        }
        for name, entry in _loaded(registry).claims.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("claim")


def experiments(*, registry: Registries = ()) -> pd.DataFrame:
    """Every experiment, a row each: axes with their values, observables, tiers. Printed whole."""
    rows = {
        name: {
            "about": entry.about,
            "axes": grid.axes(entry),
            "observables": list(entry.observables),
            "tiers": list(entry.tiers),
        }
        for name, entry in _loaded(registry).experiments.items()
    }
    return Listing(pd.DataFrame.from_dict(rows, orient="index").rename_axis("experiment"))


def _measured(
    course: Course, conditions: Sequence[grid.Condition], trials: int | range | None, *, curves: bool
) -> pd.DataFrame:
    repeats = _repeats(course, trials)
    declared = course.registry.experiments[course.experiment].observables
    names = [name for name, entry in declared.items() if curves or entry.shape is None]
    return frame_of(course, [(point, course.measure(point, repeats)) for point in conditions], repeats, names)


def _everything(loaded: LoadedRegistry, entry: Claim, tier: str) -> tuple[pd.DataFrame, ...]:
    """A frame for each experiment that a claim looks at: its domain and its controls."""
    judge = Judge(loaded, tier, FrameSamples([]))
    cells = [*judge.main_cells(entry), *(cell for cells in judge.control_cells(entry) for cell in cells)]
    points: dict[str, dict[frozenset, grid.Condition]] = {}
    for cell in cells:
        for point in cell.points:
            points.setdefault(cell.experiment, {})[grid.key_of(point)] = dict(point)
    curves = loaded.experiments[entry.experiment].observables[observable(entry)].shape is not None
    return tuple(
        _measured(Course.at(loaded, name, tier), list(found.values()), None, curves=curves)
        for name, found in points.items()
    )


def _domain(
    loaded: LoadedRegistry, entry: Claim, tier: str | None, wanted: dict[str, Any]
) -> tuple[Course, list[grid.Condition]]:
    """The claim's own conditions; or those that are named, the other axes as the claim's domain has them first."""
    experiment = loaded.experiments[entry.experiment]
    size = tier_of(entry.experiment, experiment, tier)
    if not wanted:
        return Course.at(loaded, entry.experiment, size), grid.conditions(experiment, size, entry.where)
    home = {axis: grid.listed(value)[0] for axis, value in entry.where.items()}
    conditions, constants = chosen_conditions(entry.experiment, experiment, size, {**home, **wanted})
    return Course(loaded, entry.experiment, size, constants), conditions


def _prediction(
    judge: Judge,
    entry: Claim,
    cell: Cell,
    prediction: Prediction,
    rows_of: Mapping[frozenset, pd.DataFrame],
    *,
    compared: bool,
) -> pd.DataFrame:
    """A cell's trials with what is predicted of them."""
    rows = rows_of[grid.key_of(cell.points[0])]
    columns: dict[str, Any] = {TRIAL: rows[TRIAL].to_numpy()}
    if compared:
        result = judge.judge_cell(entry, cell, predicted=prediction, requirements=False)
        if result.verdict.status is Status.ERROR:
            raise TheoryError(result.verdict.reason)
        columns |= {"measured": list(result.measured), "predicted": list(result.predicted), "agreement": result.values}
        columns["inside"] = in_region(result.values, entry.agreement.within)
        columns["set_aside"] = _misses(
            entry, [rows_of[grid.key_of(point)] for point in cell.points], len(result.values)
        )
    else:
        columns["predicted"] = list(judge.predictions(entry, cell, prediction))
    frame = pd.DataFrame({name: column[: len(columns["predicted"])] for name, column in columns.items()})
    for place, (axis, value) in enumerate(cell.condition.items()):
        frame.insert(place, axis, value)
    return frame


def _misses(entry: Claim, points: Sequence[pd.DataFrame], trials: int) -> np.ndarray:
    """(trials,): whether a trial misses a requirement at one of its points, as far as the frame holds what it names."""
    aside = np.zeros(trials, dtype=bool)
    for rows in points:
        for it in (it for it in entry.requires if it.measured in rows):
            found = rows[it.measured].to_numpy(float)[:trials]
            aside |= np.isfinite(found) & ~in_region(found, it.within)
    return aside


def _repeats(course: Course, trials: int | range | None) -> range:
    first_look = course.registry.experiments[course.experiment].tiers[course.tier].trials[0]  # type: ignore[index]
    chosen = trials if isinstance(trials, range) else range(first_look if trials is None else trials)
    if not chosen or chosen.start < 0:
        raise UnknownName(f"trials is {trials}; it has to be a number from 1, or a range of them from 0")
    return chosen


def _claim(loaded: LoadedRegistry, name: str) -> Claim:
    if name not in loaded.claims and (mistakes := loaded.aside.get(("claims", name))):
        raise UnknownName("\n".join([f"{name} is set aside:", *map(str, mistakes)]))
    entry = loaded.claims[known(name, loaded.claims, "claim")]
    if isinstance(entry, Unfalsifiable):
        raise UnknownName(f"{name} is unfalsifiable: {entry.because}")
    return entry


def _loaded(registry: Registries) -> LoadedRegistry:
    """The project's registry and these, read again only when a file has changed."""
    extra = [registry] if isinstance(registry, str | os.PathLike) else registry
    files = (own_registry().resolve(), *(Path(file).resolve() for file in extra))
    loaded = _load(tuple((file, file.stat().st_mtime_ns if file.exists() else 0) for file in files))
    if loaded.aside:
        _load.cache_clear()  # what is missing may be written into a module, which leaves the registry's file as it is
    for folder in reversed(loaded.search_path):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    return loaded


@lru_cache(maxsize=4)
def _load(files: tuple[tuple[Path, int], ...]) -> LoadedRegistry:
    return load([file for file, _ in files], whole=False, drafts=True)
