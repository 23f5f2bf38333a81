"""Numbers of a report: read from JSON, written for people."""

from __future__ import annotations

import math
from collections.abc import Sequence

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def to_float(number: float | str | None) -> float:
    """The number as a float; a report writes "inf", "-inf" and "nan" as strings, and null is nan."""
    return math.nan if number is None else float(number)


def finite(numbers: Sequence[float | str | None]) -> list[float]:
    """Those of the numbers that are finite, as floats."""
    return [value for value in map(to_float, numbers) if math.isfinite(value)]


def number_text(number: float | str | None, *, digits: int = 3) -> str:
    """For reading: `0.0312`, `−1.5`, `2.1×10⁻⁷`, `∞`; `undefined` for nan and `–` where there is no number."""
    if number is None:
        return "–"
    value = to_float(number)
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


def interval_text(interval: Sequence[float | str] | None, *, digits: int = 3) -> str:
    """`[0.97, 1.03]`, with as many digits (up to six) as place both ends to a twentieth of the interval's length."""
    if interval is None:
        return "–"
    ends = [to_float(end) for end in interval]
    enough = digits
    if all(map(math.isfinite, ends)):
        length = ends[1] - ends[0]
        while enough < 6 and any(abs(float(f"{end:.{enough - 1}e}") - end) > length / 20 for end in ends):
            enough += 1
    return f"[{number_text(ends[0], digits=enough)}, {number_text(ends[1], digits=enough)}]"


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


def percent_text(share: float | str | None) -> str:
    """A share or a relative error in percent: `3.1%`."""
    if share is None:
        return "–"
    value = to_float(share) * 100
    return (
        f"{number_text(value, digits=2 if abs(value) < 99.5 else 3)}%" if math.isfinite(value) else number_text(value)
    )


def range_text(numbers: Sequence[float | str | None]) -> str:
    """One number where they all read the same, else the smallest and the largest: `5 to 40`; `–` for none."""
    values = sorted(value for value in map(to_float, numbers) if not math.isnan(value))
    if not values:
        return "–"
    low, high = number_text(values[0]), number_text(values[-1])
    return low if low == high else f"{low} to {high}"
