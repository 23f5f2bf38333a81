"""Two reports compared: what changed, and whether it is grave."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from runners.commands import main


@pytest.fixture
def compare(tmp_path):
    def compared(before: dict[str, str], after: dict[str, str], libraries=("2.0", "2.0")):
        for name, verdicts, version in (("before", before, libraries[0]), ("after", after, libraries[1])):
            claims = [{"id": claim, "verdict": verdict, "reason": "so it is"} for claim, verdict in verdicts.items()]
            report = {"claims": claims, "environment": {"libraries": {"torch": version}}}
            (tmp_path / name).write_text(json.dumps(report))
        return CliRunner().invoke(main, ["compare", str(tmp_path / "before"), str(tmp_path / "after")])

    return compared


def test_nothing_changed(compare):
    result = compare({"a": "supported", "b": "refuted"}, {"a": "supported", "b": "refuted"})
    assert (result.exit_code, result.output) == (0, "All 2 verdicts are as they were.\n")


@pytest.mark.parametrize(
    ("was", "now", "code"),
    [
        ("supported", "refuted", 1),
        ("supported", "error", 1),
        ("refuted", "supported", 1),
        ("supported", "inconclusive", 0),  # fewer trials, or a budget that ended: not a contradiction
        ("inconclusive", "supported", 0),
        ("error", "supported", 0),
    ],
)
def test_a_verdict_changed(compare, was, now, code):
    result = compare({"a": was}, {"a": now})
    assert result.exit_code == code
    assert result.output == f"a: was {was}, is {now}: so it is\n"


def test_claims_come_and_go_and_versions_are_told(compare):
    result = compare({"a": "supported"}, {"b": "refuted"}, libraries=("2.0", "2.1"))
    assert result.exit_code == 0
    assert result.output.splitlines() == ["torch 2.0 -> 2.1", "b: new, refuted", "a: gone, it was supported"]
