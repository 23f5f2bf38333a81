"""What one draw says: a setting out of the domain, measured in a block of three trials.

*Holds*: the median of the trials lies in T. *Fails*: every trial lies beyond the same edge of T. Anything else is
*split*, a failure where the law might be called wide and none where it might be called narrow. So a word means exactly
what it says, and scatter alone makes no law narrow: with 30% of trials beyond an edge one trial a draw would do so in
31% of cases; with 40%, the median of three, counted either way, in 58%.

A trial that misses a requirement could have lain anywhere: the draw holds or fails only if it does so wherever that
trial lay. If more than half of its trials miss one, the draw is set aside. A claim about a share of trials, and an
experiment without repeats, draw a single trial; one about a mean, the average of its trials.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

Region = tuple[float, float]

TRIALS = 3


class Draw(IntEnum):
    """What became of one draw."""

    HOLDS = 0
    FAILS = 1
    SPLIT = 2
    BROKEN = 3
    ASIDE = 4
    UNAVAILABLE = 5
    PENDING = 6

    @property
    def says(self) -> str:
        return _SAYS[self]


_SAYS = {
    Draw.HOLDS: "The median of the trials lies in the region.",
    Draw.FAILS: "Every trial lies beyond the same edge of the region.",
    Draw.SPLIT: "Neither does the median lie in the region, nor every trial beyond one edge.",
    Draw.BROKEN: "The run crashed or took too long; it counts against either word.",
    Draw.ASIDE: "Most trials miss a requirement; the theory does not speak about this run.",
    Draw.UNAVAILABLE: "The setting needs data or hardware that is missing; that was known before the run.",
    Draw.PENDING: "Not measured yet.",
}
APPLICABLE = (Draw.HOLDS, Draw.FAILS, Draw.SPLIT, Draw.BROKEN)


def sides(values: np.ndarray, region: Region) -> np.ndarray:
    """-1 below the closed region, 0 in it, 1 above it (...); what is not a number lies at the far end, above."""
    low, high = region
    return np.where(values < low, -1, np.where(values <= high, 0, 1))


def outcome(sides: np.ndarray, meets: np.ndarray | None = None) -> np.ndarray:
    """What draws say (...), as positions in Draw, from the sides (..., trials) of their trials; `meets`: requirements.

    For an odd number of trials.
    """
    trials = sides.shape[-1]
    meets = np.ones(sides.shape, dtype=bool) if meets is None else meets
    missing = np.count_nonzero(~meets, axis=-1)
    below = np.count_nonzero((sides < 0) & meets, axis=-1)
    above = np.count_nonzero((sides > 0) & meets, axis=-1)
    holds = np.maximum(below, above) + missing <= trials // 2
    fails = np.maximum(below, above) == trials
    found = np.where(holds, Draw.HOLDS, np.where(fails, Draw.FAILS, Draw.SPLIT))
    return np.where(2 * missing > trials, Draw.ASIDE, found)


def outcome_of_mean(values: np.ndarray, region: Region, meets: np.ndarray | None = None) -> np.ndarray:
    """The same for a claim about an expectation: the average of the trials holds or fails, unknown if one is missing.

    An average that is not finite lies outside, as a run that diverged does.
    """
    trials = values.shape[-1]
    meets = np.ones(values.shape, dtype=bool) if meets is None else meets
    missing = np.count_nonzero(~meets, axis=-1)
    with np.errstate(invalid="ignore"):
        average = np.mean(np.where(meets, values, 0.0), axis=-1)
    found = np.where(sides(average, region) == 0, Draw.HOLDS, Draw.FAILS)
    found = np.where(missing > 0, Draw.SPLIT, found)
    return np.where(2 * missing > trials, Draw.ASIDE, found)
