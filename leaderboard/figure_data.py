"""What figures are drawn from, as CSV: curves and points of a phenomenon, draws out of a domain, readings, errors."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from leaderboard.forest import Residuals, data_text, size_text
from runners.reporting.condition_model import ConditionReport
from runners.reporting.report_model import ClaimReport

PANEL_COLUMNS = ("observable", "series", "over", "x", "y", "low", "high")
DRAW_COLUMNS = ("agreement", "half_widths_from_the_middle", "measured", "predicted", "reason", "record")
READING_COLUMNS = (
    "claim", "kind", "held_by", "statement", "source", "verdict", "reach", "sizes", "data", "condition", "status", "by",
    "predicted", "measured", "agreement", "interval_low", "interval_high", "region_low", "region_high",
)  # fmt: skip
ERROR_COLUMNS = ("axis", "claim", "x", "half_widths", "of")


def panels_csv(claim: ClaimReport) -> str:
    """Of every condition, control and all: curves, points of a fold, an example or a forecast; else single trials."""
    roles = [("judged", c) for c in claim.conditions] + [("shown", c) for c in claim.shown]
    roles += [(f"control, must {it.must}", c) for it in claim.controls for c in it.conditions]
    axes = list(dict.fromkeys(name for _, c in roles for name in c.condition))
    rows = [
        [role, *(c.condition.get(name) for name in axes), *row]
        for role, c in roles
        for row in (_drawn(c) or _trials(claim, c))
    ]
    return _written(["role", *axes, *PANEL_COLUMNS], rows)


def draws_csv(claim: ClaimReport) -> str:
    """A row a draw out of the claim's domain, and a row a counterexample."""
    draws = claim.reach.draws if claim.reach else ()
    axes = list(dict.fromkeys(name for it in (*draws, *claim.counterexamples) for name in it.setting))
    rows: list[list[Any]] = [
        [it.number, it.outcome, *(it.setting.get(name) for name in axes), it.agreement, it.outside, it.measured,
         it.predicted, it.reason, *it.records[:1]]
        for it in draws
    ]  # fmt: skip
    rows += [
        ["", "counterexample", *(it.setting.get(name) for name in axes), "", it.outside, "", "", "", *it.records[:1]]
        for it in claim.counterexamples
    ]
    return _written(["draw", "outcome", *axes, *DRAW_COLUMNS], rows)


def readings_csv(claims: Sequence[ClaimReport]) -> str:
    """A row a setting of every reading; one row, without numbers, of a reading that was not judged."""
    rows = []
    for claim in claims:
        about = [claim.id, claim.kind, claim.held_by, claim.statement, claim.source.cite, claim.verdict,
                 claim.reach.word if claim.reach else "", size_text(claim), data_text(claim)]  # fmt: skip
        for c in claim.judged:
            numbers = (c.predicted, c.measured, c.agreement, *(c.interval or ("", "")))
            rows.append([*about, c.label, c.status, claim.region.by, *numbers, claim.region.low, claim.region.high])
        if not claim.judged:
            rows.append(about)
    return _written(READING_COLUMNS, rows)


def errors_csv(found: Iterable[Residuals]) -> str:
    """A row a dot of the figures of errors against size."""
    return _written(
        ERROR_COLUMNS, ([it.axis, dot.claim.id, dot.x, dot.distance, dot.of] for it in found for dot in it.dots)
    )


def _drawn(c: ConditionReport) -> list[list[Any]]:
    """(observable, series, over, x, y, low, high) of what a condition's panels show."""
    rows = [row for curve in c.curves for row in _of_curve(curve)]
    if p := c.points:
        rows += [[p.fold, "median", p.along, *at] for at in zip(p.x, p.middle, p.low, p.high, strict=True)]
        rows += [[p.fold, "predicted", p.along, *at] for at in zip(p.x, p.predicted or (), strict=False)]
    if e := c.example:
        for role, curves in (("measured", e.measured), ("predicted", e.predicted)):
            for i, curve in enumerate(curves):
                rows += [[e.observable, f"{role} {i + 1}", e.axis, x, y] for x, y in zip(e.x, curve, strict=True)]
    if f := c.forecast:
        named = dict(enumerate(f.series))
        for role, runs in (("given", f.given), ("ahead", f.ahead)):
            rows += [[f.y, f"{role} {named.get(int(k), '')}".strip(), f.x, x, y] for x, y, k in zip(*runs, strict=True)]
        rows += [[f.y, f"forecast {named.get(int(k), '')}".strip(), f.x, x, y, low, high]
                 for x, y, k, low, high in zip(*f.line, strict=True)]  # fmt: skip
    return rows


def _of_curve(curve: Any) -> Iterator[list[Any]]:
    for i, trial in enumerate(curve.trials):
        for j, row in enumerate(trial):
            called = f"trial {i + 1}" + (f", {j + 1}" if len(trial) > 1 else "")
            yield from ([curve.observable, called, curve.axis, x, y] for x, y in zip(curve.x, row, strict=True))
    if curve.middle is not None:
        limits = zip(curve.x, curve.middle, curve.low or (), curve.high or (), strict=True)
        yield from ([curve.observable, f"median of {curve.of}", curve.axis, *at] for at in limits)


def _trials(claim: ClaimReport, c: ConditionReport) -> list[list[Any]]:
    name = claim.measured.name
    return [
        row
        for i, (y, expected) in enumerate(zip(c.measured_values, c.predictions, strict=True))
        for row in ([name, "measured", "trial", i + 1, y], [name, "predicted", "trial", i + 1, expected])
    ]


def _written(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([*row, *[""] * (len(columns) - len(row))] for row in rows)
    return out.getvalue()
