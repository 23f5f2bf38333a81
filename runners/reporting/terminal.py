"""Reports in a terminal: the table at the end of a run, and the progress of one."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runners.measuring.faults import Fault
from runners.measuring.progress import Progress
from runners.records.standing import caveat

ROOM_FOR_STRIPS = 140
"""Columns from which on the table has room for a picture of each interval."""

STYLES = {
    "supported": "bold green",
    "refuted": "bold red",
    "partly": "yellow",
    "vacuous": "bold magenta",
    "inconclusive": "cyan",
    "error": "bold white on red",
}


def print_verdicts(report: Mapping[str, Any]) -> None:
    """The table of verdicts: predicted, measured with its interval, region, verdict, bits."""
    console = Console(width=None if sys.stdout.isatty() else 170)
    drawn = console.width >= ROOM_FOR_STRIPS
    table = Table(title=f"Tollens, {report['tier']} tier", title_justify="left", show_lines=False)
    strips = ("against the region",) if drawn else ()
    for heading in ("claim", "predicted", "measured", "interval", "region", *strips, "verdict", "bits"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("bits", *strips))
    for claim in report["claims"]:
        verdict = Text(claim["verdict"], style=STYLES.get(claim["verdict"], ""))
        if claim.get("contradicts_expectation"):
            verdict.append(f" (expected {claim['expect']})", style="bold")
        cell = widest(claim.get("conditions", []))
        if cell is None:
            table.add_row(claim["id"], "", "", "", "", *([""] if drawn else []), verdict, "")
            continue
        bits = "" if claim["bits"] is None else f"{claim['bits']:.1f}"
        unit = "share" if claim["agreement"]["share"] else claim["agreement"]["by"]
        table.add_row(
            claim["id"],
            figure(cell["predicted"]),
            figure(cell["measured"]),
            Text(f"{unit} {span(cell['interval'])}"),  # a string's brackets would be taken for markup
            Text(span(cell["region"])),
            *([Text(strip(cell, ratio=unit == "ratio"))] if drawn else []),
            verdict,
            bits,
        )
    console.print(table)
    for claim in report["claims"]:
        console.print(Text.assemble((claim["id"], "bold"), ": ", claim["reason"]))
        if told := caveat(claim):
            console.print(Text(f"  {told}", style="yellow"))


def strip(cell: Mapping[str, Any], *, ratio: bool, width: int = 19) -> str:
    """A condition's interval (━) and point (●) against its region (▒), which fills the middle third; ◂ ▸: beyond.

    Ratios are drawn on a logarithmic scale. A region with one edge has it where the others have theirs.
    """
    low, high = map(float, cell["region"])
    logarithmic = ratio and high > 0 and (low > 0 or low == -math.inf)

    def scaled(value: float) -> float:
        if not logarithmic or math.isinf(value):
            return value
        return math.log(value) if value > 0 else -math.inf

    edges = scaled(low), scaled(high)
    if math.isinf(edges[0]) or math.isinf(edges[1]):
        edge, side = (edges[1], 1.0) if math.isinf(edges[0]) else (edges[0], -1.0)
        unit = math.log(2) if logarithmic else abs(edge) or 1.0
        middle = edge - side * unit
    else:
        middle, unit = sum(edges) / 2, (edges[1] - edges[0]) / 2 or 1.0

    def column(value: float) -> float:
        return ((scaled(value) - middle) / unit + 3) / 6 * (width - 1)

    cells = ["▒" if edges[0] <= middle + unit * (6 * i / (width - 1) - 3) <= edges[1] else "·" for i in range(width)]
    first, last = (column(float(limit)) for limit in cell["interval"])
    for i in range(width):
        if first - 0.5 <= i <= last + 0.5:
            cells[i] = "━"
    at = column(float(cell["agreement"]))
    if -0.5 <= at <= width - 0.5:
        cells[min(width - 1, max(0, round(at)))] = "●"
    if first < -0.5:
        cells[0] = "◂"
    if last > width - 0.5:
        cells[-1] = "▸"
    return "".join(cells)


def widest(conditions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The condition whose interval reaches farthest from its region's middle: with it a claim stands or falls."""
    measured = [cell for cell in conditions if cell["interval"]]

    def reach(cell: Mapping[str, Any]) -> float:
        (low, high), (lower, upper) = map(float, cell["region"]), map(float, cell["interval"])
        half = (high - low) / 2 if 0 < high - low < math.inf else 1.0
        slack = (math.inf if low == -math.inf else lower - low, math.inf if high == math.inf else high - upper)
        return 1 - min(slack) / half

    return max(measured, key=reach, default=None)


def figure(value: float | str | None) -> str:
    """A number in four digits."""
    return "" if value is None else f"{float(value):.4g}"


def span(limits: Sequence[float | str] | None) -> str:
    """An interval in four digits."""
    return "" if limits is None else f"[{figure(limits[0])}, {figure(limits[1])}]"


class ProgressLines:
    """Progress of a run: one line that rewrites itself in a terminal, else a plain line now and then."""

    EVERY = 10.0

    def __init__(self) -> None:
        self._status = Console(stderr=True).status("starting") if sys.stderr.isatty() else None
        self._last = 0.0
        self._told = 0
        self._missing: set[str] = set()
        if self._status:
            self._status.start()

    def __call__(self, line: str, progress: Progress) -> None:
        summary = (
            f"{progress.blocks_done} blocks measured ({progress.trials_done} trials), {progress.blocks_stored} stored, "
            f"{progress.blocks_running} running, {progress.blocks_waiting} waiting, {progress.blocks_failed} failed, "
            f"{time.time() - progress.started:.0f} s"
        )
        news = progress.setbacks[self._told :]
        self._told = len(progress.setbacks)
        missing = {setback.message for setback in news if setback.status == Fault.UNAVAILABLE.word}
        if news and len(missing) == len(news) and missing <= self._missing:
            line, news = "", []  # what is missing is told once, not for each block that needs it
        self._missing |= missing
        if self._status:
            if line:
                self._status.console.print(line, highlight=False, markup=False)
            self._status.update(summary)
        elif news:
            print(line, file=sys.stderr, flush=True)
        elif time.time() - self._last > self.EVERY:
            self._last = time.time()
            print(f"{summary}  {line}".rstrip(), file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._status:
            self._status.stop()
