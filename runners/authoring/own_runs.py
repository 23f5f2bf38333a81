"""A claim on runs of one's own: logs that exist already, from whatever program, judged by the project's rule.

A row is a run. What the claim calls a learning rate stands in some column, or is the same in all runs.
Nothing here is part of the record: nobody sealed a prediction before these runs, and nobody knows how they were chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from runners.authoring.courses import UnknownName, known
from runners.authoring.frames import TRIAL
from runners.judging.predicting import TheoryError, predict
from runners.registry import grid
from runners.registry.loaded import LoadedRegistry
from runners.registry.lookup import observable
from runners.registry.names import importable, load_function
from runners.registry.schema import Claim, Folded, FoldedPrediction
from runners.reporting.explaining import misses, wanting
from runners.rule.comparison import against, agreement
from runners.rule.folds import FOLDS
from runners.rule.intervals import Share, Source, TypicalTrial, in_region
from runners.rule.looks import fewest_trials
from runners.rule.means import Mean
from runners.rule.verdicts import ConditionVerdict, Status, judge_condition

Columns = Mapping[str, str] | Sequence[str]
"""What the claim calls it (an observable, an axis that its prediction reads, `given.NAME` for what a theory reads of a
run's start; of a claim along an axis also that axis, and `trial`), and the frame's column that holds it; or the columns
alone, where the frame names them as the claim does."""


ASIDE = "set aside"
"""Column of a table of runs: whether one misses a requirement; no name of the registry has a blank."""


@dataclass(frozen=True, repr=False)
class OwnRuns:
    """What the rule says of a claim on somebody's runs."""

    claim: str
    entry: Claim
    verdict: str
    """`supported`, `refuted` or `inconclusive`: of these runs, and of nothing else."""
    together: ConditionVerdict
    runs: pd.DataFrame
    """The frame, with `predicted`, `agreement`, `inside` and `set_aside` (it misses a requirement) beside each run; for
    a claim along an axis a row a trial, folded along it."""
    left_out: tuple[str, ...]
    """Requirements that no column stands for: whether the runs meet them is not known."""
    missed: tuple[str, ...]
    """Requirements that some runs miss: what is required, and what was measured."""

    @property
    def settings(self) -> pd.DataFrame:
        """A row a setting: how many runs, how many set aside, how many inside, and their median agreement."""
        axes = [name for name in self.runs.attrs["settings"] if self.runs[name].nunique() > 1]
        counted = self.runs.assign(inside=self.runs["inside"] & ~self.runs["set_aside"])
        grouped = counted.groupby(axes or (lambda _: "all"), sort=False, dropna=False)
        table = grouped.agg(
            runs=("agreement", "size"),
            set_aside=("set_aside", "sum"),
            inside=("inside", "sum"),
            agreement=("agreement", "median"),
        )
        return table.reset_index(names=None if axes else "setting")

    def __repr__(self) -> str:
        low, high = self.entry.agreement.within
        told = [
            f"{self.claim}: {self.verdict} on these runs ({self.together.reason})",
            self.entry.statement,
            f"Judged on your runs: no part of the record. {self.entry.agreement.by} within [{low:g}, {high:g}].",
        ]
        told += [f"Set aside for want of {it}" for it in self.missed]
        told += [f"Not looked at, for want of a column: {name}" for name in self.left_out]
        return "\n".join([*told, "", self.settings.to_string(index=False, float_format="{:.4g}".format)])


def judge_runs(
    registry: LoadedRegistry,
    name: str,
    frame: pd.DataFrame,
    columns: Columns,
    constants: Mapping[str, Any],
    *,
    fewest: int | None = None,
) -> OwnRuns:
    """All runs together by the claim's rule, in one look. Raises UnknownName where the claim cannot be asked of them.

    `constants` are what is the same in every run; `fewest`: how many there must be, by default what can decide.
    """
    entry = registry.falsifiable[name]
    experiment = registry.experiments[entry.experiment]
    if experiment.replication != "seeds":
        raise UnknownName(f"{name} is about {experiment.replication}, not about runs that are repeated")
    values = _values(frame, columns, constants)
    for word in values:
        if not str(word).startswith("given."):
            known(str(word), words_of(registry, entry), f"setting or observable of {entry.experiment}")
    for word in values.columns.intersection(list(experiment.observables)):
        if values[word].dtype.kind not in "fiub":
            first = values[word].iloc[0]
            raise UnknownName(f"{word}: the column holds {first!r}, no number; convert it: frame[...].astype(float)")
    wanted = observable(entry)
    if wanted not in values:
        measured = experiment.observables[wanted].means
        raise UnknownName(f"say which column holds {wanted} ({measured}): columns={{{wanted!r}: '...'}}")
    required = [it for it in entry.requires if it.measured in values]
    aside = pd.Series(False, index=frame.index)
    missed: list[str] = []
    for requirement in required:
        found = values[requirement.measured].to_numpy(float)
        aside |= misses(requirement, found)
        missed += filter(None, [wanting(requirement, found, "runs")])
    if isinstance(entry.measured, Folded):
        values, aside = _folded(registry, name, entry.measured, values.assign(**{ASIDE: aside}))
        frame = values.reset_index(drop=True)
    source = _source(entry)
    least = fewest_trials(source, looks=1) if fewest is None else fewest
    if len(frame) < least:
        raise UnknownName(f"{len(frame)} runs decide nothing, however they came out; {least} are the fewest")
    predicted = _predicted(registry, name, values)
    compared = [
        agreement(entry.agreement.by, np.asarray(measured, float), np.asarray(number, float), name=name)
        for measured, number in zip(values[wanted], predicted)
    ]
    agreed = against(np.array(compared), entry.agreement.within)
    verdict = judge_condition(agreed, ~aside.to_numpy(), source, looks=(len(frame),))
    words = {Status.AGREES: "supported", Status.DISAGREES: "refuted"}
    settings = [
        key for key in values.columns if key not in (*experiment.observables, TRIAL) and not key.startswith("given.")
    ]
    runs = frame.assign(
        **{key: values[key] for key in settings},
        predicted=predicted,
        agreement=agreed,
        inside=in_region(agreed, entry.agreement.within),
        set_aside=aside.to_numpy(),
    )
    runs.attrs = {"settings": settings}
    missing = tuple(f"{it.measured}: {it.because}" for it in entry.requires if it not in required)
    return OwnRuns(name, entry, words.get(verdict.status, "inconclusive"), verdict, runs, missing, tuple(missed))


def _folded(
    registry: LoadedRegistry, name: str, folded: Folded, values: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series]:
    """A row a trial: what was measured along the axis, folded, and whether one of its runs misses a requirement."""
    ((axis, fold),) = folded.along.items()
    if isinstance(registry.falsifiable[name].predicted, FoldedPrediction):
        raise UnknownName(f"{name} folds its prediction along {axis}, too; runs of your own have none to fold")
    if missing := [word for word in (axis, TRIAL) if word not in values]:
        raise UnknownName(
            f"{name} looks along {axis}: name the columns of {' and of '.join(missing)}; a trial has one run at each "
            f"{axis}"
        )
    observables = registry.experiments[registry.falsifiable[name].experiment].observables
    settings = [
        key for key in values.columns if key not in (axis, ASIDE, *observables) and not key.startswith("given.")
    ]
    with importable(registry.search_path):
        function: Callable = FOLDS.get(fold) or load_function(fold)
    along = sorted(values[axis].unique())
    rows, aside = [], []
    for key, group in values.groupby(settings, sort=False, dropna=False):
        if len(along) < 2 or sorted(group[axis]) != along:
            raise UnknownName(
                f"trial {key[settings.index(TRIAL)]} has runs at {axis} {', '.join(map(str, sorted(group[axis])))}; "
                f"each trial needs one at each of {', '.join(map(str, along))}, two at least"
            )
        group = group.sort_values(axis)
        measured = group[[folded.of]].to_numpy(float)
        finite = bool(np.isfinite(measured).all())
        value = float(function(group[axis].to_numpy(), measured)[0]) if finite else np.nan
        rows.append({**dict(zip(settings, key)), folded.of: value})
        aside.append(bool(group[ASIDE].any()) or (finite and np.isnan(value)))  # undefined, as in the project's rule
    return pd.DataFrame(rows), pd.Series(aside)


def _source(entry: Claim) -> Source:
    if entry.agreement.share is not None:
        return Share(entry.agreement.within, entry.agreement.share)
    return (Mean if entry.agreement.target == "mean" else TypicalTrial)(entry.agreement.within)


def _values(frame: pd.DataFrame, columns: Columns, constants: Mapping[str, Any]) -> pd.DataFrame:
    """A row a run, by the claim's words."""
    if not isinstance(columns, Mapping):
        named = [columns] if isinstance(columns, str) else columns
        columns = dict(zip(named, named))
    for word, column in columns.items():
        if column not in frame.columns:
            turned = f"; columns is {{a word of the claim: your column}}: {{{column!r}: {word!r}}}?"
            raise UnknownName(
                f"{word}: the frame has no column {column!r}; it has {', '.join(map(str, frame.columns))}"
                + (turned if word in frame.columns else "")
            )
    same = {word: [value] * len(frame) for word, value in constants.items()}
    return pd.DataFrame({**{word: frame[column] for word, column in columns.items()}, **same}, index=frame.index)


def _predicted(registry: LoadedRegistry, name: str, values: pd.DataFrame) -> list[float]:
    """The claim's prediction for each run."""
    prediction = registry.falsifiable[name].predicted
    if isinstance(prediction, int | float):
        return [float(prediction)] * len(values)
    assert isinstance(prediction, str)
    found = []
    with importable(registry.search_path):
        theory = load_function(prediction)
        for row in values.to_dict("records"):
            setting = {key: value for key, value in row.items() if not key.startswith("given.")}
            given = {key.removeprefix("given."): np.asarray(it) for key, it in row.items() if key.startswith("given.")}
            try:
                found.append(float(predict(theory, setting, given, name=prediction)))
            except (KeyError, TheoryError) as error:
                raise UnknownName(
                    f"{prediction} could not predict from {', '.join(row) or 'nothing'}: {error}; name the columns of "
                    f"what it reads ({_reads(registry, name)})"
                ) from error
    return found


def words_of(registry: LoadedRegistry, entry: Claim) -> list[str]:
    """What a claim's experiment observes, and what it may be set to; `trial` for a claim along an axis."""
    experiment = registry.experiments[entry.experiment]
    constants = (name for tier in experiment.tiers.values() for name in tier.constants)
    return list(dict.fromkeys([*grid.axes(experiment), *experiment.observables, *constants, TRIAL]))


def _reads(registry: LoadedRegistry, name: str) -> str:
    """The axes of a claim's experiment: among them is what its prediction reads."""
    return ", ".join([*grid.axes(registry.experiments[registry.falsifiable[name].experiment]), "given.NAME"])
