"""A forecast for a reader's eye: runs that are given, runs ahead of them, and what a law says, with its spread.

An experiment records three arrays (3, points) that no claim judges, of rows x, y and number of a series: `runs_given`,
`runs_ahead` and `forecast_line`. Their shapes begin with the names of all three, `x; y; series first / second / third`.
The runs are those of the first trial; the line is a median over trials, with the limits of 90% of them. A law of
several inputs is drawn over what it says itself, so that the line is where both are equal in every trial: there the
limits are those of the runs ahead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from runners.records.samples import Sample
from runners.reporting.condition_model import Forecast

GIVEN, AHEAD, LINE = NAMES = ("runs_given", "runs_ahead", "forecast_line")
BAND = (0.05, 0.5, 0.95)
PLACES = 3  # x, y, series


def forecast(sample: Sample, shapes: Mapping[str, Sequence[str]], admitted: Sequence[int]) -> Forecast | None:
    """The three arrays as a picture; None where an experiment does not record them, or no trial is admitted."""
    if not set(NAMES) <= set(shapes) or not admitted:
        return None
    x, y, *rest = shapes[GIVEN][0].split("; ")
    called, _, names = rest[0].partition(" ") if rest else ("", "", "")
    given, ahead = (sample.observable(name)[list(admitted)].astype(float) for name in (GIVEN, AHEAD))
    lines = sample.observable(LINE)[list(admitted)].astype(float)
    x_line = lines[0, 0]
    if np.any(lines[:, 0] != x_line):  # a line of its own in each trial: no band over common places
        lines = lines[:1]
    low, middle, high = np.quantile(lines[:, 1], BAND, axis=0)
    return Forecast(
        x=x,
        y=y,
        called=called or None,
        series=tuple(names.split(" / ")) if names else (),
        given=list(given[0]),
        ahead=list(ahead[0]),
        line=[x_line, middle, lines[0, 2], low, high],
        limits=_limits(ahead, equality=np.array_equal(x_line, middle, equal_nan=True)),
    )


def _limits(ahead: np.ndarray, *, equality: bool) -> list[np.ndarray]:
    """Limits of x and y over trials (trials, 3, runs), where x is the law's word on the same runs in every trial.

    It is where the line is that of equality, or where x differs from trial to trial and y does not.
    """
    first = np.broadcast_to(ahead[:1], ahead.shape)
    same = [np.array_equal(ahead[:, row], first[:, row], equal_nan=True) for row in range(PLACES)]
    if same[0] or not same[2] or not (equality or same[1]):
        return []
    return [edge for row in (0, 1) for edge in np.quantile(ahead[:, row], BAND[::2], axis=0)]
