"""When to look at a training, what each look costs, the table of what was seen, and what claims ask of such a table.

Knows no framework.
"""

from __future__ import annotations

import math
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

Observations = Mapping[str, Callable[[], Mapping[str, float]]]
"""By name: a function that observes and returns one column or several."""
FEWEST_LOOKS = 20
"""For medians over quarters of them to mean something."""


class Watching:
    """Observes at step 0 and then as often as a budget allows, each observable in its own time.

    `budget` is the share of the training's time that each observable may take: at .25 one that costs as much as 25
    steps is looked at every 100 steps. `every` fixes the distance instead.
    """

    def __init__(
        self,
        observations: Observations,
        *,
        every: int | None = None,
        budget: float = 0.25,
        clock: Callable[[], float] = time.perf_counter,
    ):
        if every is not None and every < 1:
            raise ValueError(f"every is {every}; it is a number of steps, at least 1")
        if not budget > 0:
            raise ValueError(f"budget is {budget}; it is the share of the training's time that may be spent, above 0")
        self._observations, self._every, self._budget, self._clock = observations, every, budget, clock
        self._due = dict.fromkeys(observations, 0)
        self._seconds: dict[str, list[float]] = {name: [] for name in observations}
        self._steps: deque[float] = deque(maxlen=50)
        self._rows: list[dict[str, float]] = []
        self.count = 0
        self._look()
        self._since = self._clock()

    def step(self) -> dict[str, float]:
        """To be called after each step of the training; what was observed now, by column, empty if nothing was due."""
        self._steps.append(self._clock() - self._since)
        self.count += 1
        row = self._look()
        self._since = self._clock()
        return row

    def frame(self) -> pd.DataFrame:
        """A row for each step at which something was observed; NaN for what was not."""
        import pandas as pd

        return pd.DataFrame(self._rows)

    def costs(self) -> pd.DataFrame:
        """By observable: how many looks, seconds and training steps that one takes (medians), and steps between two."""
        import pandas as pd

        rows = {
            name: {"looks": len(spent), "seconds": statistics.median(spent), "steps": self._cost(name)}
            | {"every": self._distance(name)}
            for name, spent in self._seconds.items()
            if spent
        }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("observable")

    def _look(self) -> dict[str, float]:
        row: dict[str, float] = {}
        for name, observe in self._observations.items():
            if self._due[name] > self.count:
                continue
            started = self._clock()
            row |= observe()
            self._seconds[name].append(self._clock() - started)
            self._due[name] = self.count + self._distance(name)
        if row:
            self._rows.append({"step": self.count, **row})
        return row

    def _cost(self, name: str) -> float:
        """Training steps that one look takes; the first look compiles and counts only while it is the only one."""
        spent = self._seconds[name]
        return (
            statistics.median(spent[1:] or spent) / max(statistics.median(self._steps), 1e-9)
            if self._steps
            else math.nan
        )

    def _distance(self, name: str) -> int:
        if self._every is not None:
            return self._every
        cost = self._cost(name)
        return (
            10 if math.isnan(cost) else max(1, math.ceil(cost / self._budget))
        )  # 10: until it is known what a step takes


def curvature_seen(value: float) -> float:
    """An eigenvalue as a frame holds it: infinite where the run diverged, since NaN there says that nobody looked."""
    return math.inf if math.isnan(value) else value


def observables(frame: pd.DataFrame, *, twin: pd.DataFrame | None = None) -> dict[str, float]:
    """What the claims about the edge of stability measure of one run, from the frame of its watch.

    late_sharpness: median over the last half of the steps; late_drift: median over the last quarter over that of the
    quarter before, here at the iterates, in the registry midway between them; crest_sharpness: highest median over any
    tenth of the looks; end_sharpness: median over the last tenth; end_over_crest; final_loss. With batch_sharpness also
    late_batch_sharpness and late_batch_drift. `twin`: the frame of the same network from the same start on all data,
    by steps an eighth as long and eight times as many; with it held_down: its highest sharpness after its first tenth
    over the run's crest. A run that diverged has an infinite sharpness.
    """
    step, sharpness = _looks(frame, "sharpness")
    tenth = max(1, len(sharpness) // 10)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(sharpness, tenth), axis=1)
    crest, end = float(medians.max()), float(medians[-1])
    found = {"late_sharpness": _late(step, sharpness), "late_drift": _drift(step, sharpness)}
    found |= {"crest_sharpness": crest, "end_sharpness": end, "end_over_crest": _over(end, crest)}
    if "loss" in frame:
        found["final_loss"] = float(frame["loss"].iloc[-1])
    if "batch_sharpness" in frame:
        along = _looks(frame, "batch_sharpness")
        found |= {"late_batch_sharpness": _late(*along), "late_batch_drift": _drift(*along)}
    if twin is not None:
        steps, slower = _looks(twin, "sharpness")
        found["held_down"] = _over(float(slower[steps >= steps[-1] / 10].max()), crest)
    return found


def _looks(frame: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps at which a column was looked at, and what was seen."""
    if not hasattr(frame, "columns"):
        raise TypeError(f"this is {type(frame).__name__}, and no frame; give watch.frame()")
    if missing := [it for it in ("step", name) if it not in frame]:
        raise ValueError(f"the frame has no column {missing[0]!r}; it has {', '.join(map(str, frame.columns))}")
    seen = frame[["step", name]].dropna().to_numpy(float)
    if len(seen) < FEWEST_LOOKS:
        raise ValueError(
            f"{name} was looked at {len(seen)} times, and {FEWEST_LOOKS} are the fewest; "
            "watch with every= a smaller number of steps, or train for longer"
        )
    return seen[:, 0], seen[:, 1]


def _late(step: np.ndarray, values: np.ndarray) -> float:
    return float(np.median(values[step >= step[-1] / 2]))


def _drift(step: np.ndarray, values: np.ndarray) -> float:
    half, quarter = step[-1] / 2, 0.75 * step[-1]
    before = values[(step >= half) & (step < quarter)]
    return _over(float(np.median(values[step >= quarter])), float(np.median(before)))


def _over(one: float, other: float) -> float:
    """Their ratio; NaN where a run diverged."""
    return one / other if math.isfinite(one) and math.isfinite(other) else math.nan
