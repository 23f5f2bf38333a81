"""What a verdict is worth: bits risked, how close the agreement is, and what error would have been caught."""

from __future__ import annotations

import math

from runners.rule.verdicts import Outcome

MOST_BITS = 10.0
LOSS = 5.0
NATURAL = {"share": (0.0, 1.0), "cosine": (-1.0, 1.0)}
"""Ranges of types of quantities that have one."""

Limits = tuple[float, float]


def range_of(quantity: str | None, predicted: float, declared: Limits | None, scale: str) -> tuple[Limits | None, str]:
    """The range that a know-nothing would give a quantity, by its type, and the scale on which it is uniform.

    A ratio: a factor of ten either way of what is predicted. An exponent: one either way. A share or a cosine: all that
    it can be. Others have the range that their observable declares, if any.
    """
    if quantity == "ratio":
        return (abs(predicted) / 10, abs(predicted) * 10), "log"
    if quantity == "exponent":
        return (predicted - 1, predicted + 1), "linear"
    return (NATURAL[quantity], "linear") if quantity in NATURAL else (declared, scale)


def bits_risked(between: Limits, region: Limits, *, scale: str) -> float:
    """Bits that a correct prediction earns: log2(31/32 |between|/|T| + 1/32), at most 10.

    `between` is the quantity's range, `region` the part of it that the claim allows (both in the observable's
    units). A logarithmic score against a know-nothing, who believes all of the range alike: the claim puts 31/32 of its
    belief on the region and keeps 1/32 for the range, so that outside of it it loses log2(32) = LOSS.
    """
    low, high = max(region[0], between[0]), min(region[1], between[1])
    if low > high:  # nothing of the range is allowed: the range was wrong, and the prediction's worth is unknown
        return 0.0
    if scale == "log":
        whole, part = math.log(between[1] / between[0]), math.log(high / low) if low > 0 and high > low else 0.0
    else:
        whole, part = between[1] - between[0], high - low
    if part <= 0:
        return MOST_BITS
    return min(MOST_BITS, math.log2(31 / 32 * whole / part + 1 / 32))


def bits_over(rival: Limits, region: Limits, *, scale: str) -> float:
    """Bits over a rival that stands: the range is what the two predictions allow together, not what ignorance would."""
    return bits_risked((min(rival[0], region[0]), max(rival[1], region[1])), region, scale=scale)


def bits_earned(outcome: Outcome, risked: float | None, *, kind: str, held_by: str) -> float | None:
    """Bits booked for a decided law about a scalar; None where nothing is at stake."""
    if risked is None or kind != "law" or held_by == "folklore":
        return None
    if outcome is Outcome.SUPPORTED:
        return risked
    return -LOSS if outcome is Outcome.REFUTED else 0.0


def agrees_to_within(interval: tuple[float, float], by: str) -> float:
    """Largest deviation that the interval leaves open: the farther limit from perfect agreement."""
    centre = 1.0 if by == "ratio" else 0.0
    return max(abs(interval[0] - centre), abs(interval[1] - centre))


def severity(interval: tuple[float, float], region: tuple[float, float], by: str) -> tuple[float, float] | None:
    """Smallest errors of the prediction, downwards and upwards, with which the interval would lie outside the region.

    Relative errors for a ratio (a prediction too large by 10% divides every ratio by 1.1), absolute ones for a
    difference; None for a distance, which has no sign.
    """
    if by == "distance" or not all(map(math.isfinite, interval)):
        return None
    if by == "ratio":
        if region[0] <= 0 or region[1] <= 0:
            return None
        return interval[0] / region[1] - 1, interval[1] / region[0] - 1
    return interval[0] - region[1], interval[1] - region[0]
