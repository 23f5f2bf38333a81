"""A verdict on explored trials, as a person reads it: in a terminal and in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from runners.judging.results import CellResult, ClaimResult
from runners.registry.schema import Claim
from runners.rule.verdicts import Outcome

COLOURS = {
    Outcome.SUPPORTED: "#1a7f37",
    Outcome.REFUTED: "#cf222e",
    Outcome.ERROR: "#cf222e",
    Outcome.VACUOUS: "#8250df",
    Outcome.PARTLY: "#9a6700",
}


@dataclass(frozen=True, repr=False)
class Judgement:
    """What the rule says of one claim on the trials of some frames: no record, its seeds are those of exploring."""

    claim: str
    entry: Claim
    result: ClaimResult
    tier: str
    frames: tuple[pd.DataFrame, ...] = field(default=())
    """The trials."""

    @property
    def verdict(self) -> str:
        """`supported`, `refuted`, `partly`, `vacuous`, `inconclusive` or `error`."""
        return self.result.outcome.word

    @property
    def reason(self) -> str:
        """What decided, or what is missing."""
        return self.result.reason

    @property
    def conditions(self) -> pd.DataFrame:
        """A row a condition: medians, the point of agreement with its interval, and where it stands."""
        return _table(self.result.cells, _varying(self.result.cells))

    @property
    def controls(self) -> pd.DataFrame:
        """A row a condition of a control: what it must do, whether it does."""
        axes = _varying([*self.result.cells, *(cell for control in self.result.controls for cell in control.cells)])
        tables = []
        for control in self.result.controls:
            table = _table(control.cells, axes)
            table.insert(0, "must", control.verdict.must)
            table["truth"] = [_median(cell.truth) for cell in control.cells]
            table["kept"] = {True: "yes", False: "no", None: "undecided"}[control.verdict.kept]
            tables.append(table)
        return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["must", "kept"])

    @property
    def rivals(self) -> pd.DataFrame:
        """A row a rival: its fate on the same trials."""
        rows = [(rival.name, rival.outcome.word, rival.reason.partition(": ")[0]) for rival in self.result.rivals]
        return pd.DataFrame(rows, columns=["rival", "verdict", "reason"])

    def _parts(self) -> list[tuple[str, pd.DataFrame]]:
        parts = [("conditions", self.conditions), ("controls", self.controls), ("rivals", self.rivals)]
        return [(heading, table) for heading, table in parts if len(table)]

    def __repr__(self) -> str:
        head = f"{self.claim}: {self.verdict} ({self.reason})\n{self.entry.statement}\n{self._scope}"
        tables = [
            f"{heading}\n{table.to_string(index=False, float_format='{:.4g}'.format)}"
            for heading, table in self._parts()
        ]
        return "\n\n".join([head, *tables])

    def _repr_html_(self) -> str:
        colour = COLOURS.get(self.result.outcome, "#57606a")
        tables = [
            f"<p><b>{heading}</b></p>{table.to_html(index=False, border=0, float_format='{:.4g}'.format)}"
            for heading, table in self._parts()
        ]
        return (
            f'<div><p><b style="color:{colour}">{escape(self.verdict)}</b> <code>{escape(self.claim)}</code>: '
            f"{escape(self.reason)}</p><p>{escape(self.entry.statement)} {_formula(self.entry.formula)}</p>"
            f"<p><small>{escape(self._scope)}</small></p>{''.join(tables)}</div>"
        )

    @property
    def _scope(self) -> str:
        agreement = self.entry.agreement
        low, high = agreement.within
        often = f", in at least {agreement.share:.0%} of trials" if agreement.share else ""
        return (
            f"Explored at the {self.tier} tier: no record. Measured and predicted count as equal "
            f"if their {agreement.by} lies in [{low:g}, {high:g}]{often}."
        )


def _table(cells: Sequence[CellResult], axes: Sequence[str]) -> pd.DataFrame:
    rows = [{**{axis: cell.cell.condition.get(axis) for axis in axes}, **_numbers(cell)} for cell in cells]
    return pd.DataFrame(rows)


def _varying(cells: Sequence[CellResult]) -> list[str]:
    """The axes that tell these conditions apart, in the order of the grid; the experiment is told by its own axes."""
    names = dict.fromkeys(axis for cell in cells for axis in cell.cell.condition)
    return [axis for axis in names if len({repr(cell.cell.condition.get(axis)) for cell in cells}) > 1]


def _numbers(cell: CellResult) -> dict[str, Any]:
    verdict, evidence = cell.verdict, cell.verdict.evidence
    counted = list(verdict.admitted)
    low, high = evidence.interval if evidence else (None, None)
    return {
        "trials": verdict.trials,
        "set_aside": verdict.trials - len(counted),
        "predicted": _median(cell.predicted, counted),
        "measured": _median(cell.measured, counted),
        "agreement": evidence.point if evidence else None,
        "low": low,
        "high": high,
        "status": verdict.status.word,
    }


def _median(values: np.ndarray, counted: Sequence[int] | None = None) -> float | None:
    """Of scalars; None for curves, and where there is nothing."""
    chosen = values[list(counted)] if counted is not None and len(values) else values
    return float(np.median(chosen)) if chosen.ndim == 1 and len(chosen) else None


def _formula(latex: str) -> str:
    """As MathML; as it is written where that cannot be."""
    from latex2mathml.converter import convert

    try:
        return convert(latex)
    except Exception:  # the converter raises whatever its parser meets
        return f"<code>{escape(latex)}</code>"
