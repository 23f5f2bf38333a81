"""Reach in a report, in the terminal and in the exit code, from planted laws that the command line ran."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from runners.commands import main
from runners.reporting.history import in_short
from runners.reporting.report_model import Report
from tests.runners.conftest import WORLDS

BOX = ["--registry", str(WORLDS / "box.yaml"), "--store", "store"]


@pytest.fixture
def tollens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner(env={"COLUMNS": "200"}).invoke(main, arguments)


def report_in(file: str) -> Report:
    return Report.model_validate(json.loads(Path(file).read_text()))


def test_a_report_says_how_far_a_law_reaches_and_where_it_fails(tollens):
    done = tollens("run", "half", "everywhere", *BOX, "--in-process", "--epoch", "2026-W48", "--json", "r.json")
    assert done.exit_code == 0, done.output
    assert "reach: narrow" in done.output
    report = report_in("r.json")
    half, everywhere = sorted(report.claims, key=lambda claim: claim.id, reverse=True)
    assert (half.id, everywhere.id) == ("half", "everywhere")
    assert (half.reach.word, half.reach.headline) == ("narrow", "local")
    assert (everywhere.reach.word, everywhere.reach.headline) == ("wide", "stood")
    assert report.headlines == {"stood": 1, "local": 1}
    assert everywhere.reach.fails_where == ""
    failed = [draw for draw in half.reach.draws if draw.outcome == "fails"]
    assert all(draw.setting["x"] >= 0.5 and draw.outside > 1 and draw.records for draw in failed)
    assert half.reach.axes["x"].between == (0, 1)
    assert half.reach.axes["y"].scale == "log"
    told = half.reach.axes["flavour"].held
    assert sum(n for _, n in told.values()) == sum(draw.outcome != "pending" for draw in half.reach.draws)
    kept = in_short(report).claims["half"]
    counted = [draw.outcome for draw in half.reach.draws if draw.outcome not in ("aside", "unavailable", "pending")]
    assert (kept.reach, kept.held_of_first) == ("narrow", counted[:14].count("holds"))
    listed = tollens("list", "--reach", "half", "everywhere", *BOX, "--tier", "smoke", "--epoch", "2026-W48")
    assert "narrow" in listed.output
    assert "stood" in listed.output
    shown = tollens("show", "half", *BOX)
    assert "x from 0 to 1; y from 1 to 100 (log); flavour out of a, b" in " ".join(shown.output.split())


def test_a_reach_against_what_was_expected_gives_exit_code_1(tollens):
    head, _, tail = (WORLDS / "box.yaml").read_text().partition("  half:")
    wide = tail.replace("    expect: open", "    expect: open\n    expect_reach: wide", 1)
    for module in ("box_experiment.py", "box_theory.py"):
        Path(module).write_text((WORLDS / module).read_text())
    Path("mine.yaml").write_text(f"{head}  half:{wide}")
    run = ["run", "half", "--registry", "mine.yaml", "--store", "store", "--in-process", "--epoch", "2026-W48"]
    done = tollens(*run)
    assert done.exit_code == 1, done.output
    assert "(expected wide)" in done.output


def test_a_counterexample_stands_in_the_report_of_its_claim(tollens):
    assert tollens("challenge", "corner", *BOX, "--in-process", "--settings", "30", "--random", "20").exit_code == 0
    tollens("judge", "corner", *BOX, "--epoch", "2026-W48", "--json", "r.json")
    (claim,) = report_in("r.json").claims
    (challenge,) = claim.challenges
    assert challenge.tried == 30
    assert claim.counterexamples[0].setting["x"] > 0.5
