"""Draws in a report: columns that come back as rows, small enough for every law's."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema

from runners.reporting.published import read_report
from runners.reporting.report_model import json_schema
from tests.made_up import claim, draw, reach, report_of
from tests.runners.reporting.test_report_model import strict

AXES = {
    "learning_rate": {"between": (0.05, 0.3), "scale": "log"},
    "width": {"between": (32, 128), "scale": "log"},
    "activation": {"values": ("tanh", "elu", "softplus")},
}


def law_of(draws):
    return report_of([claim("law", "partly", reach=reach(AXES, draws))])


def test_draws_come_back_from_their_columns_as_they_were(tmp_path: Path):
    whole = {"learning_rate": 0.1234567890123456, "width": 48, "activation": "elu"}
    draws = [
        draw(1, "holds", whole),
        draw(2, "fails", {"learning_rate": 0.2, "width": 99}, outside=math.inf, rivals={}),  # an axis that it lacks
        draw(3, "pending", {}),
    ]
    made = law_of(draws)
    written = made.written()
    jsonschema.validate(strict(written), json_schema())
    columns = strict(written)["claims"][0]["reach"]["draws"]
    assert columns["setting"]["activation"] == ["elu", None, None]
    assert columns["outside"] == [0.3, "inf", "nan"]
    (tmp_path / "report.json").write_text(written)
    again = read_report(tmp_path / "report.json")
    assert again.written() == written
    assert again.claims[0].reach.draws[:2] == made.claims[0].reach.draws[:2]
    assert math.isnan(again.claims[0].reach.draws[2].outside)


def test_a_report_without_a_draw_is_read(tmp_path: Path):
    (tmp_path / "report.json").write_text(law_of([]).written())
    assert read_report(tmp_path / "report.json") == law_of([])


def test_columns_take_less_than_half_of_what_rows_take():
    setting = {"learning_rate": 0.1234567890123456, "width": 48, "activation": "elu"}
    draws = [draw(number, "holds", setting | {"width": number}) for number in range(1, 46)]
    rows = len(compact([it.model_dump(mode="json") for it in draws]))
    assert len(compact(strict(law_of(draws).written())["claims"][0]["reach"]["draws"])) < rows / 2


def compact(value) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
