"""Reports in a terminal: the table at the end of a run, and the progress of one."""

from __future__ import annotations

import math
import sys
import time
from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runners.measuring.faults import Fault
from runners.measuring.progress import Progress
from runners.printable import counted
from runners.reporting.condition_model import ConditionReport
from runners.reporting.region import Region
from runners.reporting.report_model import ClaimReport, Report, UnfalsifiableReport
from runners.reporting.report_parts import Limits
from runners.reporting.standing_apart import nested, standing_of

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


MOST_ROWS = 30
"""Claims up to which every one has its row."""


def print_verdicts(report: Report, *, verbose: bool = False) -> None:
    """The table of verdicts: predicted, measured with its interval, region, verdict, bits; theorems at its end.

    Of many claims only what contradicts the expectation has a row, below the counts, unless all is asked for.
    """
    console = Console(width=None if sys.stdout.isatty() else 170)
    if len(report.claims) > MOST_ROWS and not verbose:
        _print_in_short(console, report)
        return
    drawn = console.width >= ROOM_FOR_STRIPS
    table = Table(title=f"Tollens, {report.tier} tier", title_justify="left", show_lines=False)
    strips = ("against the region",) if drawn else ()
    for heading in ("claim", "predicted", "measured", "interval", "region", *strips, "verdict", "bits"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("bits", *strips))
    rows = nested(report.falsifiable)
    for claim in rows:
        if claim.kind != "theorem":
            _row(table, claim, drawn=drawn)
    for statement in report.unfalsifiable:
        _row(table, statement, drawn=drawn)
    table.add_section()
    for claim in rows:
        if claim.kind == "theorem":
            _row(table, claim, drawn=drawn)
    console.print(table)
    console.print(f"{standing_of(report)}.")
    for judged in report.claims:
        if judged.verdict == "unavailable":
            continue
        console.print(Text.assemble((judged.id, "bold"), ": ", judged.reason))
        if judged.caveat:
            console.print(Text(f"  {judged.caveat}", style="yellow"))
        if isinstance(judged, ClaimReport):
            for line in reach_lines(judged):
                console.print(Text(f"  {line}"))
    _print_missing(console, report)


def _print_in_short(console: Console, report: Report) -> None:
    """Counts, what contradicts the expectation or crashed, and what is missing: a screen, however many claims."""
    against = [it for it in report.falsifiable if it.contradicts_expectation or it.verdict == "error"]
    for title, theorems in ((f"Tollens, {report.tier} tier", False), ("theorems, which check the code", True)):
        words = Counter(it.verdict for it in report.claims if (it.kind == "theorem") == theorems)
        told = ", ".join(f"{number} {word}" for word, number in words.most_common())
        console.print(f"[bold]{title}:[/bold] {told}." if told else "", end="\n" if told else "")
    console.print(f"{standing_of(report)}.")
    for claim in against[:MOST_ROWS]:
        expected = f" (expected {claim.expect})" if claim.contradicts_expectation else ""
        style = STYLES.get(claim.verdict, "")
        console.print(Text.assemble((claim.id, "bold"), ": ", (claim.verdict, style), expected, ": ", claim.reason))
    if len(against) > MOST_ROWS:
        console.print(f"... and {len(against) - MOST_ROWS} more")
    if not against:
        console.print("Nothing contradicts what is expected.")
    _print_missing(console, report)
    console.print("Every claim: --verbose; one: `tollens show CLAIM`; all as pages: `tollens board`.")


def _print_missing(console: Console, report: Report) -> None:
    """A line for what is missing, not for each claim that needs it."""
    missing: dict[str, list[str]] = {}
    for judged in report.claims:
        if judged.verdict == "unavailable":
            missing.setdefault(judged.reason, []).append(judged.id)
    for reason, names in missing.items():
        console.print(Text.assemble((names[0] if len(names) == 1 else f"{len(names)} claims", "bold"), ": ", reason))


def _row(table: Table, claim: ClaimReport | UnfalsifiableReport, *, drawn: bool) -> None:
    """A claim's line; a corollary's is indented below the claim that it is nested under."""
    verdict = Text(claim.verdict, style=STYLES.get(claim.verdict, ""))
    name = f"  {claim.id}" if isinstance(claim, ClaimReport) and claim.corollary_of else claim.id
    if isinstance(claim, ClaimReport) and claim.contradicts_expectation:
        verdict.append(f" (expected {claim.expect})", style="bold")
    if not isinstance(claim, ClaimReport) or (cell := claim.hardest) is None:
        table.add_row(name, "", "", "", "", *([""] if drawn else []), verdict, "")
        return
    table.add_row(
        name,
        figure(cell.predicted),
        figure(cell.measured),
        Text(f"{claim.region.by} {span(cell.interval)}"),  # a string's brackets would be taken for markup
        Text(span(cell.region)),
        *([Text(strip(cell, claim.region))] if drawn else []),
        verdict,
        "" if claim.bits is None else f"{claim.bits:.1f}",
    )


def reach_lines(claim: ClaimReport) -> list[str]:
    """How far a law reaches, where it fails, and what challenges found, a line each; nothing without a domain."""
    lines = []
    if claim.reach is not None:
        reach = claim.reach
        drawn = f"{reach.held} of {reach.held + reach.failed + reach.split + reach.broken} draws held"
        aside = f", {reach.aside} set aside" if reach.aside else ""
        low, high = reach.limits
        unexpected = claim.expect_reach not in (None, "open", reach.word) and reach.word != "open"
        expected = f" (expected {claim.expect_reach})" if unexpected else ""
        lines.append(
            f"reach: {reach.says}{expected}; {drawn}{aside}; it holds in {low:.0%} to {high:.0%} of its domain"
        )
        lines += [f"where: {reach.fails_where}"] if reach.fails_where else []
    return lines + [f"challenge {it.number}: {it.sentence}" for it in claim.challenges]


def strip(cell: ConditionReport, region: Region, *, width: int = 19) -> str:
    """A condition's interval (━) and point (●) against its region (▒), which fills the middle third; ◂ ▸: beyond."""

    def column(agreement: float) -> float:
        return (region.position(agreement) + 3) / 6 * (width - 1)

    low, high = -math.inf if region.open_below else -1.0, math.inf if region.open_above else 1.0
    cells = ["▒" if low <= 6 * i / (width - 1) - 3 <= high else "·" for i in range(width)]
    first, last = map(column, cell.interval or (math.nan, math.nan))
    for i in range(width):
        if first - 0.5 <= i <= last + 0.5:
            cells[i] = "━"
    at = math.nan if cell.agreement is None else column(cell.agreement)
    if -0.5 <= at <= width - 0.5:
        cells[min(width - 1, max(0, round(at)))] = "●"
    if first < -0.5:
        cells[0] = "◂"
    if last > width - 0.5:
        cells[-1] = "▸"
    return "".join(cells)


def figure(value: float | None) -> str:
    """A number in four digits."""
    return "" if value is None else f"{value:.4g}"


def span(limits: Limits | None) -> str:
    """An interval in four digits."""
    return "" if limits is None else f"[{figure(limits[0])}, {figure(limits[1])}]"


class ProgressLines:
    """Progress of a run: one line that rewrites itself in a terminal, else a plain line now and then."""

    EVERY = 10.0

    def __init__(self) -> None:
        self._status = Console(stderr=True).status("starting") if sys.stderr.isatty() else None
        self._last = -math.inf
        self._told = self._noted = 0
        self._missing: set[str] = set()
        if self._status:
            self._status.start()

    def __call__(self, line: str, progress: Progress) -> None:
        summary = (
            f"{counted(progress.blocks_done, 'block')} measured ({counted(progress.trials_done, 'trial')}), "
            f"{progress.blocks_stored} stored, {progress.blocks_running} running, {progress.blocks_waiting} waiting, "
            f"{progress.blocks_failed} failed, {progress.seconds:.0f} s{_longest(progress)}"
        )
        news = progress.setbacks[self._told :]
        self._told = len(progress.setbacks)
        missing = {setback.message for setback in news if setback.status == Fault.UNAVAILABLE.word}
        if news and len(missing) == len(news) and missing <= self._missing:
            line, news = "", []  # what is missing is told once, not for each block that needs it
        self._missing |= missing
        noted = len(progress.notes) > self._noted
        self._noted = len(progress.notes)
        if self._status:
            if line:
                self._status.console.print(line, highlight=False, markup=False)
            self._status.update(summary)
        elif news or noted:
            print(line, file=sys.stderr, flush=True)
        elif time.monotonic() - self._last > self.EVERY:
            self._last = time.monotonic()
            print(f"{summary}  {line}".rstrip(), file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._status:
            self._status.stop()


def _longest(progress: Progress) -> str:
    """The block that will take longest, of those that say how far they have come."""
    if not progress.under_way:
        return ""
    longest = progress.under_way[0]
    minutes = longest.seconds_left / 60
    left = f"{minutes / 60:.1f} hours" if minutes >= 90 else f"{max(1, round(minutes))} min"
    return f"; {longest.block} {longest.done:.0%}, about {left} left"
