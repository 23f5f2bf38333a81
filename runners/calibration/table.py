"""A calibration in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from rich.console import Console
from rich.table import Table

Row = Mapping[str, Any]


def print_calibration(document: Mapping[str, Any], *, everything: bool = False) -> None:
    """The largest rate of each kind (or every one), power, and what is refused."""
    console = Console(width=None if sys.stdout.isatty() else 150)
    rows = document["rows"] if everything else largest(document["rows"])
    nominal = f"{document['alpha']:.0%}"
    title = f"Chance of a false verdict, nominal {nominal}" + ("" if everything else "; the largest of each kind")
    table = Table(title=title, title_justify="left")
    for heading in ("source", "noise", "looks", "conditions", "besides", "error", "rate", "interval", "trials"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        style = "" if row["holds"] else "bold red"
        table.add_row(
            source_text(row),
            row["shape"],
            looks_text(row["looks"]),
            str(row["conditions"]) + (f", correlated {row['correlation']:g}" if row["correlation"] else ""),
            row["requirement"] or row["control"],
            row["error"],
            f"{row['rate']:.2%}",
            f"[{row['low']:.2%}, {row['high']:.2%}]",
            f"{row['trials']:.1f}",
            style=style,
        )
    console.print(table)
    _print_power(console, document["curves"])
    refused = Table(title="What is refused or not done, and what it would cost", title_justify="left")
    for heading in ("setting", "false verdicts", "instead"):
        refused.add_column(heading, overflow="fold")
    for row in document["refused"]:
        refused.add_row(row["setting"], f"{row['rate']:.1%}", row["reason"])
    console.print(refused)
    _print_reach(console, document["reach"] if everything else told_of(document["reach"]))
    verdict = "all within simulation noise" if document["holds"] else "some EXCEED their nominal error"
    rates = len(document["rows"]) + len(document["reach"])
    simulated = f"{rates} rates from {document['worlds']} worlds each (what takes long: fewer)"
    console.print(f"{simulated} in {document['seconds']:.0f} s: {verdict}.")


def largest(rows: Iterable[Row]) -> list[Row]:
    """Of each source and kind of setting the row with the largest rate, and every row that exceeds its error."""
    found: dict[tuple[Any, ...], Row] = {}
    exceeding = []
    for row in rows:
        key = (row["source"], row["error"], row["conditions"] > 1, row["requirement"], row["control"])
        if not row["holds"]:
            exceeding.append(row)
        if key not in found or row["rate"] > found[key]["rate"]:
            found[key] = row
    return [*exceeding, *(row for row in found.values() if row["holds"])]


def told_of(rows: Iterable[Row]) -> list[Row]:
    """Without the chances that are nothing, and rightly so."""
    return [row for row in rows if not row["holds"] or max(row["rate"], row["stated"]) >= 0.001]


def source_text(row: Row) -> str:
    return row["source"] + (f" of {row['clusters']} clusters" if row["clusters"] else "")


def looks_text(looks: Iterable[int]) -> str:
    return ", ".join(map(str, looks))


def _print_reach(console: Console, rows: Iterable[Row]) -> None:
    table = Table(title="Reach, rivals on all conditions, challenges: how often what is said", title_justify="left")
    for heading in ("world", "what is said", "rate", "interval", "stated"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        interval = f"[{row['low']:.2%}, {row['high']:.2%}]"
        stated = "not our rule" if row["how"] == "refused" else f"{row['how']} {row['stated']:.2%}"
        style = "" if row["holds"] else "bold red"
        table.add_row(row["world"], row["event"], f"{row['rate']:.2%}", interval, stated, style=style)
    console.print(table)


def _print_power(console: Console, curves: Iterable[Row]) -> None:
    """Distances at which half, and 99 in 100, of the worlds are decided."""
    table = Table(title="Distance from the edge at which a verdict comes (normal noise)", title_justify="left")
    for heading in ("source", "looks", "agrees 50%", "agrees 99%", "disagrees 50%", "disagrees 99%", "unit"):
        table.add_column(heading, overflow="fold")
    for curve in curves:
        if curve["shape"] == "normal":
            inward = [(-p["distance"], p["agrees"]) for p in curve["points"] if p["distance"] <= 0]
            outward = [(p["distance"], p["disagrees"]) for p in curve["points"] if p["distance"] >= 0]
            if curve["source"] == "share":  # a share above the stated one agrees
                inward = [(p["distance"], p["agrees"]) for p in curve["points"] if p["distance"] >= 0]
                outward = [(-p["distance"], p["disagrees"]) for p in curve["points"] if p["distance"] <= 0]
            cells = [_distance(side, power) for side in (inward, outward) for power in (0.5, 0.99)]
            table.add_row(source_text(curve), looks_text(curve["looks"]), *cells, curve["unit"])
    console.print(table)


def _distance(points: Iterable[tuple[float, float]], power: float) -> str:
    """The smallest distance with this power, between the simulated ones by a straight line."""
    ordered = sorted(points)
    for (near, less), (far, more) in pairwise(ordered):
        if less < power <= more:
            return f"{near + (far - near) * (power - less) / (more - less):.2f}"
    return "never" if ordered and ordered[-1][1] < power else f"{ordered[0][0]:.2f}"
