"""The sentence about where a law failed: one axis and one cut, or none.

No tree is grown. Over all axes and all cuts with at least three draws on either side (levels of a list: each against
the rest), the largest deviation of the number of failures on one side from what a random placement gives
(hypergeometric, in standard deviations) is compared with that of 999 random placements of the same failures. So the
search over axes and cuts is paid for: with failures placed at random a sentence is said in at most 5% of cases. From 60
draws on, a second cut may refine one side of the first; there the failures of each side are placed at random within it.

The sentence is a conjecture. Draws of the next epoch test it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

import numpy as np

from runners.rule.looks import ALPHA

PERMUTATIONS = 999
FEWEST_FAILURES = 5
FEWEST_ON_A_SIDE = 3
FEWEST_FOR_TWO = 60
"""Draws from which on a second cut is looked for."""


@dataclass(frozen=True)
class Part:
    """A side of a cut on which failures are more frequent than on the other."""

    axis: str
    """The axis that is cut."""
    where: str
    """In words: "width < 48", "activation = relu"."""
    elsewhere: str
    """The other side, in words."""
    within: str
    """The side of the first cut that this one refines; empty for the first."""
    inside: np.ndarray
    """Which draws lie there (draws,)."""
    failed_inside: int
    drawn_inside: int
    failed_outside: int
    drawn_outside: int
    p: float
    """Chance of so large a deviation on any axis at any cut."""

    def __str__(self) -> str:
        failures = f"{self.failed_inside + self.failed_outside} failures" + (f" with {self.within}" * bool(self.within))
        there = f"{self.failed_inside} of {self.drawn_inside} failed there"
        elsewhere = f"{self.failed_outside} of {self.drawn_outside} elsewhere"
        return f"of {failures} {self.failed_inside} had {self.where} ({there}, {elsewhere}; p = {self.p:.2g})"


NOT_EXPLAINED = "No cut along one axis explains the failures better than chance would."


def where_it_fails(
    settings: Mapping[str, Sequence[Any]], failed: Sequence[bool] | np.ndarray, *, name: str, log: Collection[str] = ()
) -> tuple[Part, ...]:
    """The parts of the domain that explain the failures: none, one, or a second within a side of the first.

    `settings`: values (draws,) of each axis; numbers are cut, anything else is taken level by level. `failed`
    (draws,): applicable draws that did not hold. `name`, the claim's, seeds the placements; `log`: axes whose cuts lie
    midway on a logarithmic scale.
    """
    marks = np.asarray(failed, dtype=bool)
    cuts = list(_cuts(settings, log))
    if np.count_nonzero(marks) < FEWEST_FAILURES or not cuts:
        return ()
    sides = np.array([inside for *_, inside in cuts])  # (cuts, draws)
    everywhere = {"": np.ones(len(marks), dtype=bool)}
    first = _largest(cuts, sides, marks, everywhere, f"where it fails/{name}")
    if first is None or len(marks) < FEWEST_FOR_TWO:
        return (first,) if first else ()
    halves = {first.where: first.inside, first.elsewhere: ~first.inside}
    second = _largest(cuts, sides, marks, halves, f"where it fails, too/{name}")
    return (first, second) if second else (first,)


def sentence(parts: Sequence[Part]) -> str:
    """What is said of them."""
    if not parts:
        return NOT_EXPLAINED
    said = "; ".join(map(str, parts))
    return f"{said[0].upper()}{said[1:]}: a conjecture, which the next epoch tests."


Cut = tuple[str, str, str, np.ndarray]
"""The axis, in words, the other side in words, which draws lie on the first (draws,)."""


def _cuts(settings: Mapping[str, Sequence[Any]], log: Collection[str]) -> Iterator[Cut]:
    for axis, values in settings.items():
        levels = list(dict.fromkeys(values))
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in levels):
            numbers = np.asarray(values, dtype=float)
            ordered = np.unique(numbers)
            for low, high in pairwise(ordered):
                cut = _between(low, high, logarithmic=axis in log)
                yield axis, f"{axis} < {cut}", f"{axis} >= {cut}", numbers < float(cut)
        else:
            for level in levels if len(levels) > 2 else levels[:1]:
                inside = np.array([value == level for value in values])
                other = f"{axis} = {levels[1]}" if len(levels) == 2 else f"{axis} other than {level}"
                yield axis, f"{axis} = {level}", other, inside


def _between(low: float, high: float, *, logarithmic: bool) -> str:
    """The number with the fewest digits above `low` and not above `high`, near their middle."""
    if low == int(low) and high == int(high):
        return f"{high:.0f}"  # sizes are counted
    middle = np.sqrt(low * high) if logarithmic and low > 0 else (low + high) / 2
    for digits in range(1, 17):
        if low < (cut := float(f"{middle:.{digits}g}")) <= high:
            return f"{cut:.{digits}g}" if cut >= 1e5 or abs(cut) < 1e-4 else repr(cut).removesuffix(".0")
    return repr(high)


def _largest(
    cuts: Sequence[Cut], sides: np.ndarray, marks: np.ndarray, strata: Mapping[str, np.ndarray], seed: str
) -> Part | None:
    """The part with the largest deviation within any of the strata (draws,), if no chance explains it."""
    generator = np.random.default_rng(list(sha256(seed.encode()).digest()))
    deviations = {}  # of each stratum: (cuts, placements)
    for within, stratum in strata.items():
        here = marks[stratum]
        if np.count_nonzero(here) >= FEWEST_FAILURES:
            placed = np.concatenate([here[None], generator.permuted(np.tile(here, (PERMUTATIONS, 1)), axis=1)])
            deviations[within] = _deviations(sides[:, stratum], placed)
    if not deviations:
        return None
    largest = np.max([np.max(np.abs(found), axis=0) for found in deviations.values()], axis=0)  # (placements,)
    p = float(np.mean(largest >= largest[0] - 1e-9))
    if p > ALPHA:
        return None
    within = max(deviations, key=lambda name: np.max(np.abs(deviations[name][:, 0])))
    cut = int(np.argmax(np.abs(deviations[within][:, 0])))
    axis, where, elsewhere, side = cuts[cut]
    if deviations[within][cut, 0] < 0:
        where, elsewhere, side = elsewhere, where, ~side
    inside, outside = side & strata[within], ~side & strata[within]
    a, b, c, d = (int(np.count_nonzero(it)) for it in (inside & marks, inside, outside & marks, outside))
    return Part(axis, where, elsewhere, within, inside, a, b, c, d, p)


def _deviations(sides: np.ndarray, placed: np.ndarray) -> np.ndarray:
    """Standardised deviations (cuts, placements) of failures on a side; 0 where a side has too few draws.

    Of n draws with K failures, m on a side hold m K / n on average, with variance m K (n - K) (n - m) / (n^2 (n - 1)).
    """
    n, failures = sides.shape[1], np.count_nonzero(placed[0])
    m = np.count_nonzero(sides, axis=1)[:, None]
    # not a matrix product: for matrices so small its threads take longer to start than to work
    found = np.einsum("cd,pd->cp", sides.astype(float), placed.astype(float))
    variance = m * failures * (n - failures) * (n - m) / (n**2 * max(1, n - 1))
    counted = (np.minimum(m, n - m) >= FEWEST_ON_A_SIDE) & (variance > 0)
    return np.where(counted, (found - m * failures / n) / np.sqrt(np.where(counted, variance, 1.0)), 0.0)
