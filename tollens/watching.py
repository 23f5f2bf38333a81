"""When to look at a training, what each look costs, and the table of what was seen. Knows no framework."""

from __future__ import annotations

import math
import statistics
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Observations = Mapping[str, Callable[[], Mapping[str, float]]]
"""By name: a function that observes and returns one column or several."""


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
