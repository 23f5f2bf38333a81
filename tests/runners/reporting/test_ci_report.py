"""Verdicts for continuous integration: JUnit, GitHub's annotations and its step summary."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from runners.registry.document import Position
from runners.reporting.ci_report import fate, junit, workflow_commands
from tests.made_up import claim, report_of

CLAIMS = ["law-holds", "law-fails", "law-refuted", "law-vacuous", "law-absent", "law-crashing", "toys-are-good"]


@pytest.fixture
def ran(command_line, tmp_path, monkeypatch):
    """The toys' verdicts: JUnit's XML, the step summary and what was printed."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("written before\n")
    result = command_line("run", "--in-process", "--junit", str(tmp_path / "new" / "junit.xml"), "--github", *CLAIMS)
    assert result.exit_code == 3
    cases = {case.get("name"): case for case in ElementTree.parse(tmp_path / "new" / "junit.xml").iter("testcase")}
    return cases, (tmp_path / "summary.md").read_text(), result.output


def line_of(command_line, claim: str) -> int:
    return command_line.toys.read_text().splitlines().index(f"  {claim}:") + 1


def test_junit_has_a_case_a_claim_with_its_numbers(ran, command_line):
    cases, _, _ = ran
    assert list(cases) == CLAIMS
    outcomes = {name: [child.tag for child in case if child.tag != "properties"] for name, case in cases.items()}
    assert outcomes == {
        "law-holds": [],
        "law-fails": ["skipped"],
        "law-refuted": [],
        "law-vacuous": ["failure"],
        "law-absent": ["skipped"],
        "law-crashing": ["error"],
        "toys-are-good": ["skipped"],
    }
    case = cases["law-holds"]
    assert case.get("line") == str(line_of(command_line, "law-holds"))
    assert Path(case.get("file")).resolve() == command_line.toys
    found = {entry.get("name"): entry.get("value") for entry in case.iter("property")}
    assert (found["verdict"], found["expect"], found["region"]) == ("supported", "supported", "[0.9, 1.1]")
    low, high = map(float, found["interval"].strip("[]").split(","))
    assert low <= float(found["agreement"].removeprefix("ratio ")) <= high
    assert float(found["measured"]) == pytest.approx(float(found["predicted"]), rel=0.05)
    assert cases["law-absent"].find("skipped").get("message") == "unavailable: the toy is not here; buy one"
    assert "must fail: kind = lawful, width = 8" in cases["law-vacuous"].find("failure").text


def test_the_suite_counts_its_cases(ran, tmp_path):
    suite = ElementTree.parse(tmp_path / "new" / "junit.xml").find("testsuite")
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["7", "1", "1", "3"]


def test_annotations_stand_at_the_registrys_line(ran, command_line):
    _, _, output = ran
    told = [line for line in output.splitlines() if line.startswith("::")]
    levels = {"law-fails": "warning", "law-vacuous": "error", "law-absent": "warning", "law-crashing": "error"}
    assert [line.rsplit("::", 1)[0] for line in told] == [
        f"::{level} file={command_line.toys},line={line_of(command_line, name)},title={name}"
        for name, level in levels.items()
    ]
    assert "the toy broke" in told[-1]


def test_the_step_summary_is_added_to_the_page(ran):
    _, page, _ = ran
    assert page.startswith("written before\n## Tollens, smoke tier")
    assert "- **law-vacuous**: vacuous, expected supported" in page
    assert page.count("\n| ") == 7, "a heading and a row for each law"


def test_what_xml_and_workflow_commands_cannot_hold_is_written_otherwise():
    document = report_of([claim("a,b", "error", reason="50% of\nthem\x00 <broke>")])
    case = ElementTree.fromstring(junit(document, lambda name: Position("x.yaml", 3, 1))).find(".//testcase/error")
    assert case.get("message") == "50% of\nthem? <broke>"
    (told,) = workflow_commands(document, lambda name: Position("C:x.yaml", 3, 1))
    assert told == "::error file=C%3Ax.yaml,line=3,title=a%2Cb::50%25 of%0Athem\x00 <broke>"


def test_a_claim_that_is_set_aside_is_an_error_where_its_mistake_is(command_line, tmp_path):
    for module in ("toy_experiment.py", "toy_theory.py"):
        shutil.copy(command_line.toys.parent / module, tmp_path)
    draft = tmp_path / "draft.yaml"
    text = command_line.toys.read_text().replace(
        "  law-fails:\n    statement: The response", "  law-fails:\n    statement: ??? #"
    )
    draft.write_text(text)
    command_line.toys = draft
    result = command_line("run", "--in-process", "--junit", str(tmp_path / "junit.xml"), "--github", "law-[hf]*")
    assert result.exit_code == 3
    cases = {case.get("name"): case for case in ElementTree.parse(tmp_path / "junit.xml").iter("testcase")}
    assert cases["law-holds"].find("error") is None
    assert "claims.law-fails.statement: is still to be filled in" in cases["law-fails"].find("error").get("message")
    line = text.splitlines().index("  law-fails:") + 2
    assert f"::error file={draft},line={line},col=5,title=law-fails::" in result.output


@pytest.mark.parametrize(
    ("verdict", "contradicts", "came_to"),
    [
        ("supported", False, "passed"),
        ("refuted", False, "passed"),
        ("refuted", True, "failed"),
        ("supported", True, "failed"),
        ("vacuous", True, "failed"),
        ("inconclusive", False, "skipped"),
        ("unavailable", False, "skipped"),
        ("not run", False, "skipped"),
        ("error", False, "error"),
    ],
)
def test_only_a_verdict_against_what_is_expected_fails(verdict, contradicts, came_to):
    assert fate(claim("law", verdict, contradicts_expectation=contradicts))[0] == came_to
