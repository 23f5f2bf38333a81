"""The page on calibration: how often the rule errs in worlds whose truth is known, and what it can see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from leaderboard.axes import Axis
from leaderboard.figures import Frame
from leaderboard.quantities import number_text, percent_text
from leaderboard.svg import percent

SCHEMA = 1
SOURCES = {
    "typical trial": "The typical trial: two exact sign tests on the median",
    "mean": "The mean: Student's t",
    "share": "A share of trials: exact binomial",
    "resamples": "Resamples of one data set: corrected percentiles",
}

Document = Mapping[str, Any]
Row = Mapping[str, Any]


def calibration_context(document: Document) -> dict[str, Any]:
    """What the page shows: rates by source, a strip of each on one axis, power curves, and what is refused."""
    if document["schema"] != SCHEMA:
        raise ValueError(f"the calibration has schema {document['schema']}, this board draws schema {SCHEMA}")
    rows = document["rows"]
    return {
        "calibration": document,
        "sources": [
            {
                "title": title,
                "groups": grouped([row for row in rows if row["source"] == source]),
                "curves": curves_by_looks([curve for curve in document["curves"] if curve["source"] == source]),
            }
            for source, title in SOURCES.items()
            if any(row["source"] == source for row in rows)
        ],
        "largest": max((row["rate"] for row in rows), default=0.0),
    }


def grouped(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows that differ in noise and looks only: both errors, the largest rate, and the range over noise and looks."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        key = (row["error"], row["conditions"], row["correlation"], row["requirement"], row["control"], row["clusters"])
        groups.setdefault(key, []).append(row)
    return [
        {"setting": setting_text(members[0]), "error": members[0]["error"], "rows": members, "worst": _worst(members)}
        for members in groups.values()
    ]


def setting_text(row: Row) -> str:
    """`4 conditions, correlated by 0.9, a requirement misses 10% of trials`."""
    parts = ["1 condition" if row["conditions"] == 1 else f"{row['conditions']} conditions"]
    if row["correlation"]:
        parts.append(f"correlated by {number_text(row['correlation'])}")
    if row["clusters"]:
        parts.append(f"{row['clusters']} clusters")
    if row["requirement"]:
        parts.append(f"a requirement {row['requirement']}")
    if row["control"]:
        parts.append(row["control"])
    return ", ".join(parts)


def looks_text(looks: Sequence[int]) -> str:
    return ", ".join(map(str, looks))


def row_text(row: Row) -> str:
    """`log-normal, looks 8, 16: 1.2%`."""
    return f"{row['shape']}, looks {looks_text(row['looks'])}: {percent_text(row['rate'])}"


def rate_strip(rows: Sequence[Row], nominal: float) -> Markup:
    """Every rate of a group with its interval on an axis from 0 to twice the nominal error, which is a dashed line."""
    from leaderboard.svg import Svg

    axis = Axis(0.0, 2 * nominal)
    step, top = 7.0, 6.0
    svg = Svg(2 * top + step * (len(rows) - 1), "rates of false verdicts with their intervals", kind="strip")
    at = percent(axis.fraction(nominal))
    svg.add("line", "exact", x1=at, x2=at, y1=0, y2=2 * top + step * (len(rows) - 1))
    for number, row in enumerate(rows):
        kind, y = ("agrees" if row["holds"] else "disagrees"), top + step * number
        low, high = (percent(axis.fraction(row[limit])) for limit in ("low", "high"))
        svg.add("line", f"interval {kind}", x1=low, x2=high, y1=y, y2=y)
        svg.marker("dot", f"point {kind}", x=percent(axis.fraction(row["rate"])), y=y, radius=3, title=row_text(row))
    return svg.markup()


def curves_by_looks(curves: Iterable[Row]) -> list[Row]:
    """Power under normal noise, one figure for each set of looks."""
    return [curve for curve in curves if curve["shape"] == "normal"]


def power_figure(curve: Row) -> Markup:
    """Chances to agree (solid) and to disagree (second colour) against the distance from the edge (dashed)."""
    points = curve["points"]
    xs = [point["distance"] for point in points]
    frame = Frame(Axis(min(xs), max(xs)), Axis(0.0, 1.0), "power against the distance from the edge", height=150)
    edge = percent(frame.x.fraction(0.0))
    frame.svg.add("line", "exact", x1=edge, x2=edge, y1=frame.down(1.0), y2=frame.down(0.0))
    for colour, name in enumerate(("agrees", "disagrees")):
        line = " ".join(frame.point(point["distance"], point[name]) for point in points)
        frame.svg.add("polyline", f"curve colour-{colour}", parent=frame.square, points=line)
    return frame.svg.markup()


def _worst(rows: Sequence[Row]) -> Row:
    return max(rows, key=lambda row: row["rate"])
