from __future__ import annotations

import csv
import io
import re

import pytest
from click.testing import CliRunner

from leaderboard.table import COLUMNS, csv_table, markdown_table, phenomena_table
from runners.commands import main
from tests.made_up import by_id, claim, reach, report_of


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


def test_a_phenomenon_is_a_row_with_its_verdicts_and_reaches():
    judged = [
        claim("a", "supported", reach=reach({}, (), word="wide")),
        claim("b", "supported"),
        claim("c", "refuted", reach=reach({}, (), word="open")),
        claim("d", "unavailable"),
        claim("elsewhere", "partly"),
    ]
    rooms = [("predictions.large_steps", "Steps | leaps.", ["a", "b", "c", "d", "new"])]
    (row,) = phenomena_table(report_of(judged), rooms).splitlines()[2:]
    assert cells(row) == [
        "[large steps](predictions/large_steps/)",
        r"Steps \| leaps.",
        "5",
        "2 ✓, 1 ✗, 1 unavailable, 1 not measured; 1 wide, 1 open",
    ]


def test_the_board_writes_the_table_of_phenomena_into_a_document(tmp_path, monkeypatch):
    room = tmp_path / "tides"
    room.mkdir()
    (room / "__init__.py").write_text("")
    (room / "claims.yaml").write_text("{}")
    (tmp_path / "registry.yaml").write_text("phenomena:\n  tides: The sea comes and goes.\n")
    (tmp_path / "report.json").write_text(report_of([]).written())
    document = tmp_path / "README.md"
    document.write_text("before\n<!-- board -->\nold\n<!-- /board -->\nafter\n")
    monkeypatch.chdir(tmp_path)
    board = ["board", "--report", "report.json", "--registry", "registry.yaml", "--readme", "README.md"]
    done = CliRunner().invoke(main, board)
    assert done.exit_code == 0, done.output
    before, opening, header, _, *rows, closing, after = document.read_text().splitlines()
    assert (before, opening, closing, after) == ("before", "<!-- board -->", "<!-- /board -->", "after")
    assert cells(header) == ["Phenomenon", "What happens there", "Claims", "Verdicts"]
    assert cells(rows[-1]) == ["[tides](tides/)", "The sea comes and goes.", "0", ""]  # after the project's own


def test_csv_has_a_row_for_every_claim(report):
    rows = list(csv.DictReader(io.StringIO(csv_table(report))))
    assert [row["id"] for row in rows] == [claim.id for claim in report.claims]
    assert tuple(rows[0]) == COLUMNS
    partly = next(row for row in rows if row["id"] == "eos-heavy-ball")
    assert (partly["conditions"], partly["agree"], partly["disagree"]) == ("5", "4", "1")
    assert next(row for row in rows if row["id"] == "rademacher-bound")["region_low"] == "-inf"
    law = next(row for row in rows if row["id"] == "eos-gd-two-over-eta")
    assert float(law["predicted_low"]) == pytest.approx(2 / 0.3)
    assert float(law["predicted_high"]) == pytest.approx(40)
    assert 0.9 < float(law["worst_measured"]) / float(law["worst_predicted"]) < 1.1
