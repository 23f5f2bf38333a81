"""Challenge: a search through the domain for a setting in which the law fails; the arithmetic of what it finds.

The search may do what it likes, on exploring seeds. What it finds counts only after confirmation: the k worst settings
are written down, then measured on seeds that nobody has used, into which challenge and setting are hashed. A setting
whose median lies in T is confirmed with chance at most a / k, so any of them with chance at most a: that the k were
chosen for how they looked costs nothing, as the choice was made before the fresh trials. Challenge number j of a claim
spends a = 5% / (j (j + 1)), which sums up to 5% over all challenges ever.

A search that finds nothing bounds nothing, but for its first part: settings drawn at random, their number fixed
beforehand.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy import special

from runners.rule.looks import ALPHA

TRIALS = 16
"""Of a setting to be confirmed, all in one look."""
MOST = 5
"""Settings that one challenge confirms."""

By = Literal["ratio", "difference", "distance"]
Region = tuple[float, float]


def level(challenge: int, settings: int) -> float:
    """Error that one of so many settings may spend in this challenge of a claim, counted from 1."""
    return ALPHA / (challenge * (challenge + 1)) / settings


def needed(challenge: int, settings: int, trials: int = TRIALS) -> int | None:
    """Trials beyond one edge that confirm a counterexample by two sign tests; None if not even all of them do.

    With 16 trials and five settings: 14 in the first challenge, 15 in the second and third, 16 up to the 17th.
    """
    counts = np.arange(trials + 1)
    enough = 2 * special.bdtrc(counts - 1, trials, 0.5) <= level(challenge, settings)
    return int(np.argmax(enough)) if enough.any() else None


def confirmed(sides: np.ndarray, challenge: int, *, settings: int) -> np.ndarray:
    """Whether each setting's median is shown to lie outside T (...), by the sides (..., trials) of its fresh trials.

    `settings`: how many were written down to be confirmed. A trial that misses a requirement has side 0.
    """
    enough = needed(challenge, settings, sides.shape[-1])
    most = np.maximum(np.count_nonzero(sides < 0, axis=-1), np.count_nonzero(sides > 0, axis=-1))
    return np.zeros(most.shape, dtype=bool) if enough is None else most >= enough


def most_of_domain(drawn: int, failed: int = 0) -> float:
    """The law fails in less than this share of its domain (95%), if so many of the settings drawn at random failed.

    With none: 1 - .05^(1/m). The number of settings must have been fixed before the first was measured (Clopper and
    Pearson 1934); those that a search proposed, and points of a low-discrepancy sequence, bound nothing.
    """
    return 1.0 if failed >= drawn else float(special.betaincinv(failed + 1, drawn - failed, 1 - ALPHA))


def towards_edge(values: np.ndarray, region: Region, by: By) -> np.ndarray:
    """How far values (...) lie from the middle of T, in its half-widths: 1 on an edge, more outside.

    Ratios count on the logarithmic scale. Where T has one edge only, its middle is perfect agreement (ratio 1,
    difference and distance 0), and what lies on its far side is negative; if perfect agreement is on the edge or
    beyond it, a half-width is 1. What is not a number is infinitely far; without any edge nothing is ever far.
    """
    low, high = (_scaled(np.asarray(edge, dtype=float), by) for edge in region)
    if by == "distance":
        low = np.asarray(-np.inf)  # no distance is negative
    found = _scaled(np.asarray(values, dtype=float), by)
    if np.isfinite(low) and np.isfinite(high):
        middle, width = (low + high) / 2, (high - low) / 2
        far = np.abs(found - middle) / width if width > 0 else np.where(found == middle, 1.0, np.inf)
    elif np.isfinite(high):
        far = _one_sided(found, high)
    elif np.isfinite(low):
        far = _one_sided(-found, -low)
    else:
        far = np.zeros(found.shape)
    return np.where(np.isnan(found), np.inf, far)


def how_bad(values: np.ndarray, region: Region, by: By) -> np.ndarray:
    """How far settings (...) lie towards an edge of T by their median trial, from the values (..., trials)."""
    ordered = np.sort(np.where(np.isnan(values), np.inf, values), axis=-1)
    n = values.shape[-1]
    middle = ordered[..., (n - 1) // 2 : n // 2 + 1]  # one value, or the two in the middle
    return np.max(towards_edge(middle, region, by), axis=-1)


def _one_sided(found: np.ndarray, edge: np.ndarray) -> np.ndarray:
    """With T below an edge; perfect agreement is 0 here."""
    return found / edge if edge > 0 else 1 + found - edge


def _scaled(values: np.ndarray, by: By) -> np.ndarray:
    if by != "ratio":
        return values
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values)
