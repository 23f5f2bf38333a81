"""Numbers of a report, written for people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from runners.reporting.region import Region

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
QUANTITY = {
    "ratio": "measured / predicted",
    "difference": "measured − predicted",
    "distance": "relative distance",
    "share": "share of trials in the region",
}


def finite(numbers: Iterable[float | None]) -> list[float]:
    """Those of the numbers that are there and finite."""
    return [number for number in numbers if number is not None and math.isfinite(number)]


def number_text(value: float | None, *, digits: int = 3) -> str:
    """For reading: `0.0312`, `−1.5`, `2.1×10⁻⁷`, `∞`; `undefined` for nan and `–` where there is no number."""
    if value is None:
        return "–"
    if math.isnan(value):
        return "undefined"
    sign = "−" if value < 0 else ""
    if math.isinf(value):
        return f"{sign}∞"
    # The exponent comes from the rounded number: 99999.9 is 1.00×10⁵.
    mantissa, exponent = f"{abs(value):.{digits - 1}e}".split("e")
    power = int(exponent)
    if value == 0 or -4 < power < 5:
        decimals = max(0, digits - 1 - power) if value else 0
        text = f"{abs(float(f'{value:.{digits - 1}e}')):.{decimals}f}"
        return sign + (text.rstrip("0").rstrip(".") if "." in text else text)
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{sign}{mantissa}×10{str(power).translate(SUPERSCRIPTS)}"


def value_text(value: object) -> str:
    """A value of an axis, or of a setting."""
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return number_text(value, digits=6) if numeric else str(value)


def interval_text(interval: Sequence[float] | None, *, digits: int = 3) -> str:
    """`[0.97, 1.03]`, with as many digits (up to six) as place both ends to a twentieth of the interval's length."""
    if interval is None:
        return "–"
    enough, (low, high) = digits, interval
    if math.isfinite(low) and math.isfinite(high):
        while enough < 6 and any(abs(float(f"{end:.{enough - 1}e}") - end) > (high - low) / 20 for end in interval):
            enough += 1
    return f"[{number_text(low, digits=enough)}, {number_text(high, digits=enough)}]"


def edges_text(region: Region) -> str:
    """`in [0.93, 1.07]`, `≤ 1`."""
    if region.open_below and not region.open_above:
        return f"≤ {number_text(region.high)}"
    if region.open_above and not region.open_below:
        return f"≥ {number_text(region.low)}"
    return f"in {interval_text((region.low, region.high))}"


def region_text(region: Region) -> str:
    """`measured / predicted in [0.93, 1.07]`, `measured / predicted ≤ 1`."""
    return f"{QUANTITY[region.by]} {edges_text(region)}"


def tick_texts(ticks: Sequence[float], *, digits: int = 4, most: int = 7) -> list[str]:
    """What to write at the ticks of an axis: with as many digits as place each to a twentieth of its nearest gap.

    A tick that would still read as one before it is left out: its text is empty.
    """
    gaps = [min((abs(tick - other) for other in ticks if other != tick), default=math.inf) for tick in ticks]
    enough = digits
    while enough < most and any(
        abs(float(f"{tick:.{enough - 1}e}") - tick) > gap / 20 for tick, gap in zip(ticks, gaps, strict=True)
    ):
        enough += 1
    texts = [number_text(tick, digits=enough) for tick in ticks]
    return [text if text not in texts[:i] else "" for i, text in enumerate(texts)]


def percent_text(share: float | None, *, digits: int = 2) -> str:
    """A share or a relative error in percent: `3.1%`; from 99.5% on with a digit more."""
    if share is None:
        return "–"
    value = share * 100
    digits = max(digits, 2 if abs(value) < 99.5 else 3)
    return f"{number_text(value, digits=digits)}%" if math.isfinite(value) else number_text(value)


def range_text(numbers: Iterable[float | None]) -> str:
    """One number where they all read the same, else the smallest and the largest: `5 to 40`; `–` for none."""
    values = sorted(number for number in numbers if number is not None and not math.isnan(number))
    if not values:
        return "–"
    low, high = number_text(values[0]), number_text(values[-1])
    return low if low == high else f"{low} to {high}"
