"""What the laws say for somebody's optimiser, width, batch: the board's calculators in Python, with their evidence."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runners.authoring.courses import UnknownName, known
from runners.reporting.advice import ABSENT, OPTIMISERS, RULES, Evidence, Told, told
from runners.reporting.published import PUBLISHED, read_report

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Advice:
    """Every rule that has something to say, with what it was found to be worth."""

    rules: tuple[Told, ...]
    asked: tuple[str, ...]
    """What other rules ask for: `flop: How to divide compute between parameters and tokens`."""
    edition: str
    """The report from which the evidence is."""
    optimiser: str | None

    @property
    def evidence(self) -> pd.DataFrame:
        """A row a claim behind the rules: verdict, reach, from where to where, off by at most, where it fails."""
        import pandas as pd

        return pd.DataFrame([{"rule": it.rule.key, **vars(one)} for it in self.rules for one in it.evidence])

    def __repr__(self) -> str:
        return self.written(width=100)

    def written(self, *, width: int) -> str:
        """For a terminal of so many columns."""
        lines: list[str] = []
        for it in self.rules:
            lines += [it.rule.title, *_wrapped(" ".join(it.lines), width, "  ")]
            if it.assumed:
                lines += _wrapped(f"Taken: {', '.join(it.assumed)}.", width, "  ")
            lines += [*_evidence_lines(it.evidence, width), ""]
        if self.optimiser == "adamw":
            lines.append("The evidence is of Adam without weight decay.")
        if not self.rules:
            lines.append("No rule has all that it asks for.")
        if self.asked:
            lines += ["More is said for:", *(part for it in self.asked for part in _wrapped(it, width, "  "))]
        return "\n".join([*lines, *_wrapped(f"Evidence: {self.edition}. No part of the record.", width, "")])


def advise(optimiser: str | None = None, *, report: str | os.PathLike[str] | None = None, **numbers: float) -> Advice:
    """What the laws say for these numbers, each rule with the claims behind it, their verdicts, and where they fail.

    `optimiser`: sgd (with `momentum`), nesterov, adam or adamw. Numbers are named as the rules name them:
    learning_rate, width and new_width, batch and new_batch, sharpness, head_width, flop, epochs, samples ...; without
    any, what each rule asks for is listed. `report`: a report's file, by default the published one.
    """
    if optimiser is not None:
        known(optimiser, OPTIMISERS, "optimiser with laws")
    fields = {field.name: field for rule in RULES for field in rule.fields}
    for name, value in numbers.items():
        known(name, fields, "number of a rule")
        if not (isinstance(value, int | float) and 0 <= value < float("inf")):
            raise UnknownName(f"{name} is {value!r}; it is a number, not below 0")
    document = read_report(PUBLISHED / "standard.json" if report is None else Path(report))
    found = [it for rule in RULES if (it := told(rule, numbers, optimiser, document)) is not None]
    silent = [rule for rule in RULES if rule.key not in {it.rule.key for it in found}]
    asked = []
    for rule in silent:
        if not optimiser or not rule.optimisers or OPTIMISERS[optimiser] in rule.optimisers:
            missing = [it.name for it in rule.fields if not it.assumed and it.name not in numbers]
            asked.append(f"{', '.join(missing)}: {rule.title}")
    edition = f"{document.tier} tier of {document.created[:10]}, Tollens {document.version}"
    return Advice(tuple(found), tuple(asked), edition, optimiser)


def _evidence_lines(evidence: Sequence[Evidence], width: int) -> list[str]:
    """Of each claim `  eos-heavy-ball  supported, wide; off by at most 3.1%; tanh networks`, and where it fails."""
    here = [it for it in evidence if it.verdict != ABSENT]
    named = max((len(it.claim) for it in here), default=0)
    lines = []
    for it in here:
        word = f"{it.verdict}, {it.reach}" if it.reach else it.verdict
        text = "; ".join(filter(None, [word, f"off by at most {it.off_by}" if it.off_by else "", it.scope]))
        told = [text, f"fails: {it.fails}"] if it.fails else [text]
        parts = [part for one in told for part in textwrap.wrap(one, max(20, width - named - 4))]
        lines += [f"  {it.claim if part is parts[0] else '':{named}}  {part}" for part in parts]
    absent = ", ".join(it.claim for it in evidence if it.verdict == ABSENT)
    return [*lines, *_wrapped(f"{ABSENT.capitalize()}: {absent}.", width, "  ")] if absent else lines


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=indent)
