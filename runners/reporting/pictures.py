"""The phenomenon behind a claim's number, for a reader's eye: curves of trials, and what a fold was made of.

Pictures are drawn, never judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from runners.judging.judge import Judge
from runners.judging.results import CellResult
from runners.records.samples import Sample
from runners.registry.schema import Claim, Experiment, Folded, FoldedPrediction
from runners.reporting.condition_model import Curve, Forecast, Points
from runners.reporting.forecasts import NAMES as FORECAST
from runners.reporting.forecasts import forecast

MOST_TRIALS = 3
MOST_POINTS = 48
MOST_CURVES = 2


def picture(judge: Judge, claim: Claim, result: CellResult) -> tuple[Points | None, list[Curve], Forecast | None]:
    """What a condition looks like: points along the folded axis, if there is one, curves over time, or a forecast."""
    experiment = judge.registry.experiments[result.cell.experiment]
    constants = experiment.tiers[judge.tier].constants  # type: ignore[index]
    found = [judge.samples.sample(result.cell.experiment, point, constants) for point in result.cell.points]
    samples = [sample for sample in found if sample is not None]
    admitted = list(result.verdict.admitted)
    if not admitted or len(samples) < len(found):
        return None, [], None
    there = samples[0].records[0].observables  # records that an earlier version packed have only what is judged
    arrays = {name: experiment.observables[name].shape or [] for name in drawn(claim, experiment) if name in there}
    if found_ahead := forecast(samples[0], arrays, admitted):
        return None, [], found_ahead
    if not isinstance(claim.measured, Folded):
        return None, [_curve(samples[0], name, axes, admitted) for name, axes in arrays.items()], None
    # one trial's curve at each point
    curves = [_curve(sample, name, axes, admitted[:1]) for name, axes in arrays.items() for sample in samples]
    return _points(judge, claim, claim.measured, samples, result, admitted), curves, None


def drawn(claim: Claim, experiment: Experiment) -> Sequence[str]:
    """The array observables of an experiment by which a claim's conditions are drawn, beside what is judged."""
    arrays = {name: it.shape for name, it in experiment.observables.items() if it.shape}
    if set(FORECAST) <= arrays.keys():
        return FORECAST
    if isinstance(claim.measured, Folded):
        return [name for name, axes in arrays.items() if len(axes) == 1][:1]
    judged = claim.measured
    return sorted((name for name in arrays if name != judged), key=lambda name: not _akin(name, judged))[:MOST_CURVES]


def _akin(name: str, judged: str) -> bool:
    """Whether an array is what the judged number was read from, by their names: `sharpness` and `late_sharpness`."""
    return judged.endswith(f"_{name}") or judged.startswith(f"{name}_")


def _points(
    judge: Judge,
    claim: Claim,
    measured: Folded,
    samples: Sequence[Sample],
    result: CellResult,
    admitted: Sequence[int],
) -> Points:
    """Median, smallest and largest measurement at each value of the folded axis, with the prediction folded, if any."""
    axis, fold = next(iter(measured.along.items()))
    points = np.stack([sample.observable(measured.of)[admitted] for sample in samples]).astype(float)
    typical = None
    if isinstance(claim.predicted, FoldedPrediction):
        typical = np.array([_typical_prediction(judge, claim.predicted.of, it, admitted) for it in samples])
    return Points(
        along=axis,
        fold=fold,
        x=result.cell.axis_values,
        middle=np.median(points, axis=1),
        low=np.min(points, axis=1),
        high=np.max(points, axis=1),
        predicted=typical,
    )


def _typical_prediction(judge: Judge, name: str, sample: Sample, admitted: Sequence[int]) -> float:
    return float(np.median([judge.predict_alone(name, sample, trial) for trial in admitted[:MOST_TRIALS]]))


def _curve(sample: Sample, name: str, axes: Sequence[str], trials: Sequence[int]) -> Curve:
    """An array observable as curves over its last axis, thinned: a trial, and where the others lie about it."""
    values = sample.observable(name)[list(trials)].astype(float)
    points = values.shape[-1]
    step = max(1, -(-points // MOST_POINTS))
    rows = values.reshape(len(trials), -1, points)[:, :, ::step]
    axis, x = _positions(sample, axes[-1], points)
    drawn: dict[str, Any] = {"observable": name, "axis": axis, "x": x[::step]}
    if len(axes) > 1 or len(trials) == 1:  # several curves a trial: one trial is enough
        if len(axes) == 2:
            apart, places = _positions(sample, axes[0], rows.shape[1])
            drawn |= {"rows": apart, "row_values": places}
        return Curve(**drawn, trials=list(rows[:1]))
    if len(trials) <= MOST_TRIALS:
        return Curve(**drawn, trials=list(rows))
    lines = rows[:, 0]
    return Curve(
        **drawn,
        trials=list(rows[:1]),
        middle=np.median(lines, axis=0),
        low=np.min(lines, axis=0),
        high=np.max(lines, axis=0),
        of=len(trials),
    )


def _positions(sample: Sample, axis: str, points: int) -> tuple[str, np.ndarray]:
    """Name and values of a curve's axis: from `given`, from constants (`every`, `lowest_octave`), or 0, 1, ..."""
    given: Mapping[str, np.ndarray] = sample.given(0)
    for name in (axis, f"{axis}s"):
        if name in given and np.shape(given[name]) == (points,):
            return axis, np.asarray(given[name], dtype=float)
    for name, values in given.items():  # `curve_compute` places the points of an axis called `curve`
        if name.startswith(f"{axis}_") and values.shape == (points,) and values.dtype.kind == "f":
            return name, values.astype(float)
    every = sample.setting.get("every")
    if axis == "time" and isinstance(every, int):
        return "step", every * np.arange(points, dtype=float)
    if isinstance(sample.setting.get("doublings"), int) and isinstance(least := sample.setting.get(axis), int):
        return axis, least * 2.0 ** np.arange(points)
    octave = sample.setting.get("lowest_octave")
    if axis == "rate" and isinstance(octave, int):  # a sweep by factors of two
        return axis, 2.0 ** (octave + np.arange(points))
    return axis, np.arange(points, dtype=float)
