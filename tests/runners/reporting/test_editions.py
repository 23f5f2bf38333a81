"""Editions: a report comes back from its compression whole, and its board is built again as it was."""

from __future__ import annotations

import lzma

import pytest

from leaderboard.board import build
from runners.records.damage import UnreadableReport
from runners.reporting import published
from runners.reporting.editions import edition, edition_of, editions, keep_edition, until
from runners.reporting.history import in_short, keep, runs
from tests.runners.reporting.test_run_history import a_report

FIRST, LATER = "2026-01-02T03:04:05Z", "2026-02-02T03:04:05Z"


def test_an_edition_comes_back_whole(tmp_path):
    made = a_report(FIRST)
    path = keep_edition(made, tmp_path)
    assert path.name == "2026-01-02T030405Z-smoke.json.xz"
    assert editions(tmp_path) == [edition_of(made)]
    assert edition(edition_of(made), tmp_path) == made
    assert runs(tmp_path) == []  # it is no run in short


def test_equal_reports_give_equal_files(tmp_path):
    assert (
        keep_edition(a_report(), tmp_path / "a").read_bytes() == keep_edition(a_report(), tmp_path / "b").read_bytes()
    )


def test_the_board_of_an_edition_is_that_of_its_day(command_line, tmp_path):
    history = tmp_path / "history"
    first = a_report(FIRST)
    keep(in_short(first), history)
    build(first, tmp_path / "then", history=runs(history), editions=[edition_of(first)])
    keep_edition(first, history)
    keep(in_short(a_report(LATER)), history)
    assert [run.created for run in until(runs(history), first)] == [FIRST]
    name = edition_of(first)
    result = command_line("board", "--edition", name, "--history", str(history), "--out", str(tmp_path / "again"))
    assert result.exit_code == 0
    for page in ("index.html", "history.html", "claims.json", "feed.xml"):
        assert (tmp_path / "again" / page).read_bytes() == (tmp_path / "then" / page).read_bytes()
    assert f"tollens board --edition {name}" in (tmp_path / "again" / "history.html").read_text()


def test_keeping_a_run_keeps_its_edition(command_line, tmp_path):
    report, history = tmp_path / "report.json", tmp_path / "history"
    report.write_text(a_report(FIRST).written())
    made = ["--report", str(report), "--history", str(history), "--out", str(tmp_path / "site"), "--keep"]
    assert command_line("board", *made).exit_code == 0
    assert edition("2026-01-02T030405Z-smoke", history) == a_report(FIRST)
    unknown = command_line("board", "--edition", "2025", "--history", str(history), "--out", str(tmp_path / "site"))
    assert unknown.exit_code == 2
    assert "no edition '2025'; it has 2026-01-02T030405Z-smoke" in " ".join(unknown.output.split())


def test_what_unpacks_to_more_than_a_report_is_none(tmp_path, monkeypatch):
    monkeypatch.setattr(published, "MOST_BYTES", 2**16)
    bomb = tmp_path / "bomb.json.xz"
    bomb.write_bytes(lzma.compress(b" " * 2**20))
    broken = tmp_path / "broken.json.xz"
    broken.write_bytes(lzma.compress(a_report().written().encode())[:-40])
    for path in (bomb, broken):
        with pytest.raises(UnreadableReport, match="is no report"):
            published.read(path)
