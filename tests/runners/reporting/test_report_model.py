"""The report as a document: what is written comes back as it was, and nothing else is taken for a report."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import get_args

import jsonschema
import numpy as np
import pytest
from click.testing import CliRunner

from runners.commands import main
from runners.records.damage import UnreadableReport
from runners.records.seeds import derive_seed
from runners.reporting import report_parts
from runners.reporting.history import in_short
from runners.reporting.published import read, read_report
from runners.reporting.report import report
from runners.reporting.report_model import Report, json_schema
from runners.rule.verdicts import Outcome, Status
from tests.made_up import a_condition, by_id, claim, report_of

ROOT = Path(__file__).parents[3]


def strict(text: str) -> dict:
    """JSON as the standard has it: without NaN and Infinity."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def stored(tmp_path: Path, document: dict) -> Path:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document))
    return path


def diverging() -> Report:
    """A report with each of the numbers that JSON does not have."""
    values = (math.inf, -math.inf, 1.0)
    condition = a_condition(math.inf, (-math.inf, math.inf), status="undecided", values=values)
    control = {"must": "hold", "because": "x", "experiment": "e", "where": {}, "kept": None, "conditions": [condition]}
    controls = [control | {"truth": truth} for truth in (math.inf, "a.theory:truth", 2)]
    return report_of([claim("law", "inconclusive", conditions=[condition], controls=controls, severity=(-math.inf, 1))])


def test_numbers_that_json_does_not_have_are_strings_there_and_floats_here(tmp_path):
    made = diverging()
    (law,) = strict(made.written())["claims"]
    condition = {name: column[0] for name, column in law["conditions"].items() if name != "condition"}
    assert (condition["agreement"], condition["interval"]) == ("inf", ["-inf", "inf"])
    assert condition["values"] == ["inf", "-inf", 1.0]
    assert [control["truth"] for control in law["controls"]] == ["inf", "a.theory:truth", 2.0]
    (tmp_path / "report.json").write_text(made.written())
    again = read_report(tmp_path / "report.json")
    assert again == made
    assert again.claims[0].controls[0].truth == math.inf
    assert again.written() == made.written()


def test_conditions_are_written_in_columns_without_those_that_say_nothing(tmp_path):
    made = [a_condition(1.0, (0.9, 1.1), truth=2.0, condition={"width": 8, "data": "digits"}),
            a_condition(1.2, (1.1, 1.3), condition={"width": 16})]  # fmt: skip
    said = report_of([claim("law", "partly", conditions=made), claim("other", "not run")])
    law, other = strict(said.written())["claims"]
    columns = law["conditions"]
    assert columns["condition"] == {"width": [8, 16], "data": ["digits", None]}
    assert (columns["agreement"], columns["truth"]) == ([1.0, 1.2], [2.0, None])
    assert {"curves", "points", "forecast", "example"}.isdisjoint(columns)
    assert other["conditions"] == {}
    jsonschema.validate(strict(said.written()), json_schema())
    (tmp_path / "report.json").write_text(said.written())
    assert read_report(tmp_path / "report.json") == said


def test_what_is_undefined_comes_back_undefined(tmp_path):
    (tmp_path / "report.json").write_text(
        report_of([claim("law", "error", conditions=[a_condition(1.0, (1, 1), values=[math.nan])])]).written()
    )
    assert '"values":[["nan"]]' in (tmp_path / "report.json").read_text()
    assert math.isnan(read_report(tmp_path / "report.json").claims[0].conditions[0].values[0])


def test_a_report_of_the_runners_comes_back(world, tmp_path):
    names = ["law-holds", "law-refuted", "law-vacuous", "exponent", "ramp", "toys-are-good"]
    world.run(*names[:-1])
    judge = world.stored_judge()
    made = report(judge, [judge.judge(name) for name in names])
    (tmp_path / "report.json").write_text(made.written())
    assert read_report(tmp_path / "report.json") == made
    assert len(made.written().splitlines()) == len(names) + 2, "a claim a line"
    assert by_id(made, "ramp").conditions[0].example.observable == "profile"
    jsonschema.validate(strict(made.written()), json_schema())
    assert by_id(made, "law-holds").seeds == tuple(derive_seed("toy", "record", repeat) for repeat in range(8))


def test_the_published_schema_is_the_models(command_line):
    written = (ROOT / "report.schema.json").read_text()
    assert CliRunner().invoke(main, ["schema", "--report"]).output == written
    assert json.loads(written) == json_schema()


def test_every_field_is_described_and_the_schema_takes_no_other():
    models = {"": json_schema(), **json_schema()["$defs"]}
    for name, model in models.items():
        assert model["additionalProperties"] is False, name
        for field, it in model["properties"].items():
            assert it.get("description"), f"{name}.{field}"


def test_a_report_that_breaks_the_schema_is_found_by_it():
    document = strict(diverging().written())
    jsonschema.validate(document, json_schema())
    document["claims"][0]["conditions"]["status"][0] = "agreed"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json_schema())


def test_words_are_those_of_the_judge():
    assert set(get_args(report_parts.Verdict)) == {outcome.word for outcome in Outcome}
    assert set(get_args(report_parts.Status)) == {status.word for status in Status}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda it: it["claims"][0].update(verdict="proved"), "claims.0.law.verdict"),
        (lambda it: it["claims"][0]["conditions"].update(trials=["8"]), "claims.0.law.conditions.0.trials"),
        (lambda it: it["claims"][0]["conditions"].update(agreement=["1.0"]), "claims.0.law.conditions.0.agreement"),
        (lambda it: it["claims"][0]["conditions"].update(agreement=[1.0, 2.0]), "claims.0.law.conditions"),
        (lambda it: it["claims"][0]["conditions"].update(agreement=1.0), "claims.0.law.conditions"),
        (lambda it: it["claims"][0]["conditions"].update(condition={"width": []}), "claims.0.law.conditions"),
        (lambda it: it["claims"][0]["conditions"].update(condition=[{}]), "claims.0.law.conditions"),
        (lambda it: it["claims"][0].update(postdiction=True), "claims.0.law.postdiction"),
        (lambda it: it["claims"][0].pop("seal"), "claims.0.law.seal"),
        (lambda it: it["claims"][0].update(kind="identity"), "claims.0"),
        (lambda it: it.pop("lock"), "lock"),
    ],
)
def test_reading_is_strict_and_says_where(tmp_path, change, told):
    document = strict(diverging().written())
    change(document)
    with pytest.raises(
        UnreadableReport, match=rf"report.json is not as a report is written: {told}: .*; make it again"
    ):
        read(stored(tmp_path, document))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"schema": 3, "claims": []}', "is a report of schema 3, and this version of Tollens reads schema 1 and 2"),
        ('{"schema": "2"}', "is a report of schema 2, and"),
        ('{"claims": []}', "is no report: it is not JSON with a schema"),
        ("[1, 2]", "is no report"),
        ("{", "is no report"),
    ],
)
@pytest.mark.parametrize("command", ["board", "compare", "verify"])
def test_what_is_no_report_gets_one_sentence_with_the_way_out(command_line, monkeypatch, tmp_path, text, told, command):
    monkeypatch.setenv("TOLLENS_STORE", str(tmp_path / "store"))  # whatever the checkout's own store holds
    path = tmp_path / "report.json"
    path.write_text(text)
    arguments = [str(path), str(path)] if command == "compare" else ["--report", str(path)]
    result = command_line(command, *arguments)
    assert result.exit_code == 2
    (line,) = result.output.splitlines()
    assert line.startswith(f"{path} {told}")
    assert line.endswith(f"; make it again from its records: tollens judge --json {path}")


def test_a_run_in_short_is_no_whole_report(tmp_path):
    (tmp_path / "run.json").write_text(in_short(diverging()).written())
    assert read(tmp_path / "run.json") == in_short(diverging())
    with pytest.raises(UnreadableReport, match="is a run in short"):
        read_report(tmp_path / "run.json")


def test_nothing_changes_after_reading():
    made = diverging()
    for changing in (made, made.claims[0], made.claims[0].conditions[0], in_short(made)):
        with pytest.raises(ValueError, match="frozen"):
            changing.reason = "otherwise"


def test_a_share_is_what_is_judged_where_one_is_claimed():
    law = claim("law", "supported", agreement={"by": "ratio", "within": (0.9, 1.1), "because": "x", "share": 0.8})
    assert (law.region.by, law.region.low, law.region.high) == ("share", 0.8, 1.0)
    assert law.agreement.trial_region.by == "ratio"


def test_predictions_that_are_alike_are_written_once(world):
    names = ["law-holds", "law-refuted", "exponent"]
    world.run(*names)
    judge = world.stored_judge()
    made = report(judge, [judge.judge(name) for name in names])
    for law in made.falsifiable:
        for it in law.conditions:
            assert len(it.predictions) == len(it.measured_values) == len(it.values) > 0
            by = np.divide if law.agreement.by == "ratio" else np.subtract
            assert it.values == pytest.approx(by(it.measured_values, it.predictions), rel=1e-3, abs=1e-4)
    assert [it.predicted_values for it in by_id(made, "exponent").conditions] == [()], "-1 in every trial"
