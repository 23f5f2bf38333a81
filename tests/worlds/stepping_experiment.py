"""A long block in short: a map whose every last bit counts, many steps of it, and a process that is killed on the way.

`STEPPING_KILLS` names a folder. At a part whose number is the name of a file there, the file is removed and the process
killed. Each part that is computed leaves a line in the file `STEPPING_TRACE`.
"""

from __future__ import annotations

import os
import signal
from functools import reduce
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Walk(NamedTuple):
    place: np.ndarray  # (trials, 8), in the numbers' own precision
    visited: list


def prepare(setting, seeds):
    starts = [np.random.default_rng(int(seed)).uniform(0.1, 0.9, 8) for seed in seeds]
    return {}, np.array(starts)


def measure(setting, state, reduce=reduce):
    """Twice so many parts of a thousand steps of the logistic map, which doubles any error at every step."""

    def advance(walk, number):
        _meet_accident(number)
        place = walk.place
        for _ in range(1000):
            place = 3.99 * place * (1 - place)
        return Walk(place, [*walk.visited, place.mean(axis=1)])

    count = setting["parts"]
    first = reduce(advance, range(count), Walk(state, []))
    last = reduce(advance, range(count, 2 * count), Walk(first.place, []))
    means = np.stack([*first.visited, *last.visited], axis=1)
    return {"last": means[:, -1], "means": means}


def _meet_accident(number):
    if trace := os.environ.get("STEPPING_TRACE"):
        with open(trace, "a") as file:
            file.write(f"{number}\n")
    kill = Path(os.environ.get("STEPPING_KILLS", "/nowhere"), str(number))
    if kill.exists():
        kill.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
