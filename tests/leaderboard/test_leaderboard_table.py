from __future__ import annotations

import csv
import io
import re

from leaderboard.table import COLUMNS, csv_table, markdown_table
from tests.made_up import by_id


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def test_markdown_rows_are_the_laws_and_bounds(report):
    header, rule, *rows = markdown_table(report).splitlines()
    assert len(rows) == sum(claim.kind in ("law", "bound") for claim in report.claims)
    assert {len(cells(row)) for row in (header, rule, *rows)} == {7}


def test_markdown_row_of_a_law(report):
    row = next(row for row in markdown_table(report).splitlines() if "falls as one over the width" in row)
    claim = by_id(report, "ntk-change-inverse-width")
    _statement, predicted, _measured, agreement, region, verdict, bits = cells(row)
    assert predicted == "−1"
    assert region == "measured − predicted in [−0.1, 0.1]"
    assert (verdict, bits) == ("**✓ supported**", "3.2")
    assert agreement.endswith("worst of 2")
    farthest = max(claim.conditions, key=lambda c: max(map(abs, c.interval)))
    assert agreement.startswith(f"−{abs(farthest.agreement):.3}")


def test_hostile_text_starts_no_markup(report):
    row = next(row for row in markdown_table(report).splitlines() if "script" in row)
    assert "<script" not in row
    assert "\\[z\\](" in row
    assert "\\*y\\*" in row


def test_csv_has_a_row_for_every_claim(report):
    rows = list(csv.DictReader(io.StringIO(csv_table(report))))
    assert [row["id"] for row in rows] == [claim.id for claim in report.claims]
    assert tuple(rows[0]) == COLUMNS
    partly = next(row for row in rows if row["id"] == "eos-heavy-ball")
    assert (partly["conditions"], partly["agree"], partly["disagree"]) == ("5", "4", "1")
    assert next(row for row in rows if row["id"] == "rademacher-bound")["region_low"] == "-inf"
