"""Reports that say something else than the records: whatever is edited in one is found."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path

import pytest

from runners.records.seals import lock_hash
from runners.reporting.report import judged_and_reported
from runners.reporting.report_model import Report
from runners.upkeep.comparing_reports import compare
from runners.upkeep.findings import breaks

LOCK = {"schema": 2, "claims": {"law-holds": {}, "ramp": {}}}
EDITS = 150


@pytest.fixture
def judged(world) -> tuple[Report, list[str]]:
    """A report, and the names of the records that are there."""
    world.run("law-holds", "ramp")
    _, document = judged_and_reported(world.stored_judge(), ["law-holds", "ramp"])
    names = [file.stem for file in Path(world.address).glob("records/*/*.json")]
    return document.model_copy(update={"lock": lock_hash(LOCK)}), names


def leaves(document, where=()):
    """Every place of a JSON document at which no more can be entered."""
    if isinstance(document, dict | list) and document:
        for key, inside in document.items() if isinstance(document, dict) else enumerate(document):
            yield from leaves(inside, (*where, key))
    else:
        yield where


def edited(value):
    """Something else of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return 2 * value + 1
    return f"{value}x" if isinstance(value, str) else None


def of_its_making(where) -> bool:
    making = ("created", "version", "commit")
    return where[0] in making or (where[0] == "environment" and where[1] != "libraries")


def test_a_report_says_what_the_records_say(judged):
    report, records = judged
    assert list(compare(report, report, records, LOCK)) == []
    assert report.records_sha256
    again = Report.model_validate_json(report.written(), strict=True)
    assert list(compare(report, again, records, LOCK)) == []


def test_whatever_is_edited_in_a_report_is_found(judged):
    """Numbers, words, seals, settings: of all places a sample, drawn with a seed."""
    report, records = judged
    original = json.loads(report.written())
    places = [it for it in leaves(original) if not of_its_making(it)]
    tried = 0
    for where in random.Random(26).sample(places, EDITS):
        document = copy.deepcopy(original)
        holder = document
        for key in where[:-1]:
            holder = holder[key]
        if (value := edited(holder[where[-1]])) is None:
            continue
        holder[where[-1]] = value
        try:
            published = Report.model_validate_json(json.dumps(document), strict=True)
        except ValueError:
            continue  # no report: it is not even read
        tried += 1
        assert breaks(compare(report, published, records, LOCK)), where
    assert tried > EDITS / 2


def test_claims_that_a_report_leaves_out_are_found(judged):
    report, records = judged
    short = report.model_copy(update={"claims": report.claims[:1]})
    told = [str(finding) for finding in compare(short, short, records, LOCK)]
    assert told == ["claims: missing: its lock holds 1 claims that it leaves out: ramp"]
    assert any("which the report names" in str(it) for it in compare(report, report, records, None))


def test_records_on_which_a_report_rests_and_that_are_gone(judged):
    report, records = judged
    lost = report.falsifiable[0].records[0]
    found = list(compare(report, report, set(records) - {lost}, LOCK))
    assert lost in found[0].what
    assert breaks(found)
