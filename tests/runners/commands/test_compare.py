"""`tollens compare`: reports, runs in short and stores against each other, and the exit code."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from runners.commands import main
from runners.reporting.history import in_short, keep
from runners.reporting.published import read
from tests.made_up import claim, report_of


@pytest.fixture
def compare(tmp_path):
    def compared(before: dict[str, str], after: dict[str, str], *arguments, libraries=("2.0", "2.0")):
        for name, verdicts, version in (("before", before, libraries[0]), ("after", after, libraries[1])):
            environment = {"python": "3.11.7", "cpu": "EPYC", "cores": 2, "libraries": {"torch": version}}
            claims = [claim(name, verdict, libraries=()) for name, verdict in verdicts.items()]
            (tmp_path / name).write_text(report_of(claims, environment=environment, lock=name).written())
        return CliRunner().invoke(main, ["compare", str(tmp_path / "before"), str(tmp_path / "after"), *arguments])

    return compared


def test_nothing_changed(compare):
    result = compare({"a": "supported", "b": "refuted"}, {"a": "supported", "b": "refuted"})
    assert (result.exit_code, result.output) == (0, "2 judged again\n")
    result = compare({"a": "supported"}, {"a": "supported"}, "--all")
    assert result.output.splitlines() == ["a: judged again, supported", "1 judged again"]


@pytest.mark.parametrize(
    ("was", "now", "code", "kind"),
    [
        ("supported", "refuted", 1, "flipped"),
        ("supported", "error", 1, "flipped"),
        ("refuted", "supported", 1, "flipped"),
        ("supported", "inconclusive", 0, "unsettled"),  # fewer trials, or a budget that ended: not a contradiction
        ("inconclusive", "supported", 0, "settled"),
        ("error", "supported", 0, "settled"),
        ("error", "unavailable", 0, "changed"),
    ],
)
def test_a_verdict_changed(compare, was, now, code, kind):
    result = compare({"a": was}, {"a": now})
    assert result.exit_code == code
    assert result.output.splitlines() == [
        f"a: {kind}, was {was}, is {now}; with it: nothing that is recorded",
        f"1 {kind}",
    ]


def test_a_dropped_claim_is_a_regression_and_versions_are_told(compare):
    result = compare({"a": "supported"}, {"b": "refuted"}, libraries=("2.0", "2.1"))
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "torch 2.0 → 2.1",
        "a: dropped, it was supported",
        "b: new, refuted",
        "1 dropped, 1 new",
    ]


def test_a_claim_of_the_registry_that_a_run_lacks_was_not_run(compare):
    result = compare({"eos-heavy-ball": "supported", "a": "supported"}, {"eos-heavy-ball": "not run", "a": "supported"})
    assert (result.exit_code, result.output.splitlines()[0]) == (
        0,
        "eos-heavy-ball: not run in the later one, it was supported",
    )
    unasked = compare({"eos-heavy-ball": "supported", "a": "supported"}, {"a": "supported"})
    assert (unasked.exit_code, unasked.output.splitlines()) == (
        0,
        ["eos-heavy-ball: not run in the later one, it was supported", "1 not run, 1 judged again"],
    )
    assert compare({"eos-heavy-ball": "not run"}, {"eos-heavy-ball": "supported"}).output.startswith(
        "eos-heavy-ball: new, supported"
    )


def test_tiers_that_differ_are_told(tmp_path):
    for name in ("smoke", "standard"):
        (tmp_path / name).write_text(report_of([claim("a", "supported")], tier=name).written())
    result = CliRunner().invoke(main, ["compare", str(tmp_path / "smoke"), str(tmp_path / "standard")])
    assert "smoke tier → standard tier: other sizes and constants, so that numbers may differ by them" in result.output


def test_a_new_claim_is_none(compare):
    assert compare({}, {"b": "refuted"}).exit_code == 0


def test_what_is_neither_report_nor_store_is_a_mistake(tmp_path):
    result = CliRunner().invoke(main, ["compare", str(tmp_path), str(tmp_path)])
    assert result.exit_code == 2
    assert "neither a report nor a store" in result.output


def test_stores_are_judged_and_compared(command_line, monkeypatch):
    command_line("run", "--in-process", "law-holds", "law-refuted")
    one = str(command_line.store)
    monkeypatch.setattr(command_line, "store", command_line.folder / "other")
    command_line("run", "--in-process", "law-holds")
    other = str(command_line.store)
    same = command_line("compare", one, one)
    assert same.exit_code == 0
    assert re.fullmatch(r"\d+ judged again\n", same.output)
    fewer = command_line("compare", one, other)
    assert fewer.exit_code == 0  # it is still in the registry
    assert "law-refuted: not run in the later one, it was refuted" in fewer.output.splitlines()
    more = command_line("compare", other, one, "--all")
    assert more.exit_code == 0
    assert {"law-refuted: new, refuted", "law-holds: held, supported"} <= set(more.output.splitlines())


def test_a_published_run_stands_for_its_report(command_line, tmp_path):
    report = tmp_path / "report.json"
    command_line("run", "--in-process", "law-holds", "--json", str(report))
    kept = keep(in_short(read(report)), tmp_path / "history")
    assert command_line("compare", str(kept), str(report)).output == "1 judged again\n"
