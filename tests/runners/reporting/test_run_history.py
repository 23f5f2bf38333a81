"""Runs in short: what is kept of a report, and that it comes back."""

from __future__ import annotations

import json

from runners.reporting.history import in_short, keep, name_of, runs, with_run
from runners.reporting.report_model import Report
from runners.reporting.run_model import RunClaim
from tests.made_up import AGREEMENT, claim, condition, not_measured, report_of


def a_report(created="2026-01-02T03:04:05Z", tier="smoke", **fields) -> Report:
    def cell(width: int, low: float, high: float):
        return condition({"width": width}, 2.0, [low] * 4 + [high] * 4, within=(0.9, 1.1))

    conditions = [cell(1, 0.99, 1.01), cell(2, 1.0, 1.087654)]
    same = {"bits": 5.123456, "seal": "ab" * 32, "libraries": ["numpy"], "conditions": conditions}
    claims = [
        claim("law", "supported", **same, agreement=AGREEMENT | {"within": (0.9, 1.1)}),
        claim("share", "supported", **same, agreement=AGREEMENT | {"share": 0.8}),
        claim("open", "not run", seal="ab" * 32, conditions=[not_measured({"width": 1}, "not run", "0 of 8 trials")]),
    ]
    return report_of(claims, created=created, tier=tier, **fields)


def test_the_condition_nearest_to_failing_is_told_and_every_interval_kept():
    claims = in_short(a_report()).claims
    assert claims["law"].interval == (1.0, 1.088)
    assert claims["law"].measured == 2.088
    assert sorted(claims["law"].conditions.values()) == [(0.99, 1.01), (1.0, 1.088)]
    assert claims["law"].seal == "ab" * 8
    assert claims["share"].by == "share"
    assert claims["share"].within == (0.8, 1.0)
    assert claims["open"] == RunClaim(verdict="not run", seal="ab" * 8)


def test_blind_injections_are_kept():
    copy = {"claim": "law", "condition": "width = 1", "factor": 1.0201234, "shift": 0.0, "caught": True}
    injections = {"injected": 1, "caught": 1, "expected": 0.99, "copies": [copy]}
    (kept,) = in_short(a_report(injections=injections)).injections
    assert kept[0] == "law"
    assert kept[2:] == (1.02, 0.0, True)


def test_a_run_that_is_short_already_stays_as_it_is():
    short = in_short(a_report())
    assert in_short(short) == short


def test_kept_runs_come_back_oldest_first(tmp_path):
    for created in ("2026-02-01T00:00:00Z", "2026-01-01T00:00:00Z"):
        keep(in_short(a_report(created)), tmp_path)
    found = runs(tmp_path)
    assert [run.created for run in found] == ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"]
    assert found[0] == in_short(a_report("2026-01-01T00:00:00Z"))
    assert runs(tmp_path / "none") == []


def test_a_file_holds_a_claim_a_line(tmp_path):
    path = keep(in_short(a_report()), tmp_path)
    assert path.name == "2026-01-02T030405Z-smoke.json" == name_of(a_report())
    lines = path.read_text().splitlines()
    assert len(lines) == 2 + 3
    json.loads(path.read_text())


def test_publishing_a_run_twice_keeps_it_once():
    run = in_short(a_report())
    assert with_run([run], run) == [run]
    assert len(with_run([run], in_short(a_report(tier="full")))) == 2
