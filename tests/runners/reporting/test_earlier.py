"""What version 0.1 published: read as it lies in the tree, shown on the board, compared with runs of today."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from pathlib import Path

import pytest

from leaderboard.board import build
from runners.records.damage import UnreadableReport
from runners.reporting import earlier
from runners.reporting.changes import Kind, changes
from runners.reporting.history import in_short, runs
from runners.reporting.published import read, read_report
from runners.reporting.report_model import Report

PUBLISHED = Path(__file__).parents[3] / "leaderboard" / "published"
REPORTS = sorted(path for path in PUBLISHED.glob("*.json") if path.name != "calibration.json")
RUNS = sorted((PUBLISHED / "history").glob("*.json"))


def old_report() -> dict:
    """A report as 0.1 wrote it, in little: a law with a fold, a rival, a control, and an identity."""
    agreement = {"by": "difference", "within": [-0.1, "inf"], "because": "x", "of": "mean", "share": None,
                 "numerical_error": None}  # fmt: skip
    cell = {
        "condition": {"data": "digits"}, "label": "data = digits", "status": "agrees", "reason": "p = 0.0039",
        "trials": 8, "set_aside": 0, "look": 1, "looks": 3, "predicted": -1.0, "measured": -1.01, "truth": None,
        "agreement": -0.01, "interval": [-0.02, 0.01], "region": [-0.1, "inf"], "p_agree": 0.0039, "p_disagree": 1.0,
        "share_in_region": 1.0, "values": [-0.01, "inf"], "measured_values": [], "predicted_values": [],
        "example": None,
    }  # fmt: skip
    curve = {"observable": "profile", "axis": "place", "x": [0, 1], "trials": [[[0.0, "nan"]]]}
    points = {"along": "width", "fold": "slope", "x": [8, 16], "middle": [1, 0.5], "low": [1, 0.4], "high": [1, 0.6]}
    seen = cell | {"picture": points | {"curves": [curve]}}
    control = {"must": "fail", "because": "x", "experiment": "toy", "where": {"kind": "odd"}, "truth": "inf",
               "kept": True, "conditions": [seen | {"picture": {"curves": [curve]}}]}  # fmt: skip
    rival = {"name": "other", "predicted": "a.theory:other", "held_by": "folklore", "because": "x",
             "verdict": "refuted", "reason": "x", "bits": None, "conditions": [cell]}  # fmt: skip
    tally = {"wins": 8, "losses": 0, "equal": 0}
    contest = [
        {"name": "this claim", "rank": 1, "beats": ["other"], "ties": [], "loses_to": [], "closer": {"other": tally},
         "own": True},
    ]  # fmt: skip
    law = {
        "id": "law", "kind": "law", "statement": "s", "theory": "t", "strand": "limits", "held_by": "authors",
        "source": {"cite": "A 2020", "arxiv": None, "doi": None, "url": None, "where": "eq. 3",
                   "quoted": "Nobody copies this."},
        "verdict": "supported", "meaning": "m", "reason": "r", "status": "replication", "postdiction": False,
        "bar": "this", "measured_under": {"this": 2, "another": 0, "unsealed": 0}, "seal": "5ea1", "sealed": "2026",
        "resealed": 0, "seal_holds": True, "supersedes": None, "superseded_by": None, "about": "a", "formula": "f",
        "scope": "s", "experiment": "toy", "experiment_about": "e", "experiment_module": "toy", "replication": "seeds",
        "where": {"width": [8, 16]}, "measured": {"name": "response", "means": "m", "along": {"width": "slope"},
        "between": [-2, 0], "scale": "linear", "shape": None}, "predicted": -1, "agreement": agreement,
        "requires": [{"measured": "steady", "within": [1, "inf"], "because": "x"}], "expect": "supported", "why": None,
        "contradicts_expectation": False, "agrees_to_within": 0.02, "share_in_region": 1.0,
        "severity": {"low": "-inf", "high": 0.08}, "bits": 3.2, "bits_risked": 3.2, "conditions": [seen],
        "shown": [cell | {"picture": None}], "controls": [control], "rivals": [rival], "contest": contest,
        "cost": {"trials": 8, "blocks": 2, "seconds": 1.5}, "records": ["a1"], "libraries": ["numpy"], "rerun": "r",
    }  # fmt: skip
    identity = law | {"id": "exact", "kind": "identity", "severity": None, "contest": [], "rivals": [], "controls": []}
    head = ("id", "statement", "theory", "strand", "held_by", "source", "meaning", "reason")
    vague = {name: law[name] for name in head} | {
        "id": "vague",
        "kind": "unfalsifiable",
        "verdict": "unfalsifiable",
    }
    return {
        "schema": 1, "tier": "smoke", "created": "2026-01-02T03:04:05Z", "version": "0.1", "commit": None, "lock": "l",
        "environment": {"python": "3.11.7", "cpu": "x", "cores": 2, "libraries": {"numpy": "2.4.6"}},
        "counts": {"supported": 1}, "injections": {"injected": 0, "caught": 0, "expected": 0.0, "copies": []},
        "claims": [law, identity, vague],
    }  # fmt: skip


@pytest.fixture
def small(tmp_path) -> Report:
    (tmp_path / "old.json").write_text(json.dumps(old_report()))
    return read_report(tmp_path / "old.json")


def test_old_words_are_read_as_the_new_ones(small):
    law, exact, vague = small.claims
    assert small.schema_number == 2
    assert (law.kind, exact.kind, vague.kind) == ("law", "theorem", "unfalsifiable")
    assert law.source.at == vague.source.at == "eq. 3"
    assert law.reading
    assert "Nobody copies this." not in small.written()
    assert law.agreement.target == "mean"
    assert law.agreement.within == (-0.1, math.inf)
    assert (law.severity, exact.severity) == ((-math.inf, 0.08), None)
    assert law.contest[0].closer["other"].wins == 8
    assert law.controls[0].truth == math.inf
    assert law.predicted == -1.0
    assert small.epoch == "none"


@pytest.mark.parametrize(
    ("scope", "ends"),
    [
        ("tanh networks of 8,000 to 100,000 parameters, squared loss", (100_000, 100_000)),
        ("networks of 500 weights and of 8,000 parameters", (500, 8_000)),
        ("240 transformers of 57 million to 16 billion parameters", (16_000_000_000, 16_000_000_000)),
        ("width 32; parameters 1,234", (1234, 1234)),
        ("time 5, weights of size 1", None),
    ],
)
def test_numbers_of_parameters_are_read_from_scopes(tmp_path, scope, ends):
    document = old_report()
    document["claims"][0]["scope"] = scope
    (tmp_path / "old.json").write_text(json.dumps(document))
    assert read_report(tmp_path / "old.json").claims[0].parameters == ends


def test_a_picture_becomes_points_and_curves(small):
    law = small.claims[0]
    assert law.conditions[0].points.along == "width"
    assert law.conditions[0].points.predicted is None
    for condition in (law.conditions[0], law.controls[0].conditions[0]):
        (curve,) = condition.curves
        assert (curve.observable, curve.axis, curve.x) == ("profile", "place", (0.0, 1.0))
        assert math.isnan(curve.trials[0][0][1])
    for without in (law.controls[0].conditions[0], law.shown[0]):
        assert without.points is None
    assert law.shown[0].curves == ()


def test_nothing_that_it_does_not_know_is_let_through(tmp_path):
    document = old_report()
    document["claims"][0]["surprise"] = 1
    (tmp_path / "old.json").write_text(json.dumps(document))
    with pytest.raises(UnreadableReport, match=r"claims.0.law.surprise"):
        read(tmp_path / "old.json")


def test_what_it_cannot_turn_into_one_is_no_report(tmp_path):
    document = old_report()
    del document["claims"][0]["agreement"]
    (tmp_path / "old.json").write_text(json.dumps(document))
    with pytest.raises(UnreadableReport, match=r"is not as version 0.1 wrote a report \(KeyError: 'agreement'\); make"):
        read(tmp_path / "old.json")


def test_a_document_of_today_is_none_of_its_business(small, tmp_path):
    (tmp_path / "new.json").write_text(small.written())
    assert json.loads(small.written())["schema"] == 2
    assert read_report(tmp_path / "new.json").written() == small.written()


def test_what_a_run_did_not_know_is_left_out():
    entry = {"verdict": "supported", "seal": None, "bits": None, "libraries": None, "within": [0.9, "inf"]}
    assert earlier.run({"schema": 1, "claims": {"law": entry}}) == {
        "schema": 2,
        "epoch": "none",
        "claims": {"law": {"verdict": "supported", "within": [0.9, "inf"]}},
    }


def test_seeds_are_those_that_0_1_used():
    """Of its records: experiment, repeat, seed."""
    document = old_report()
    document["claims"][0] |= {
        "experiment": "toy",
        "conditions": [document["claims"][0]["conditions"][0] | {"trials": 6}],
    }
    assert earlier.report(document)["claims"][0]["seeds"][4:6] == [3140437978399581143, 8274463592798076963]
    resampled = document | {"claims": [document["claims"][0] | {"replication": "resamples"}]}
    assert earlier.report(resampled)["claims"][0]["seeds"] == []


# --- what lies in the tree ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_a_published_report_is_read_and_builds_the_board(path, tmp_path):
    document, published = json.loads(path.read_text()), read_report(path)
    assert [claim.id for claim in published.claims] == [claim["id"] for claim in document["claims"]]
    assert [claim.verdict for claim in published.claims] == [claim["verdict"] for claim in document["claims"]]
    said = {claim["id"]: claim for claim in document["claims"]}
    for claim in published.falsifiable:
        cells = said[claim.id]["conditions"]
        none = [None] * len(claim.conditions)
        limits = cells.get("interval", none) if isinstance(cells, dict) else [cell["interval"] for cell in cells]
        for condition, given in zip(claim.conditions, limits, strict=True):  # read in eight digits
            assert condition.interval == (given and pytest.approx(tuple(map(float, given)), rel=1e-7))
    pages = build(published, tmp_path, history=runs(PUBLISHED / "history"))
    assert {tmp_path / "claims" / f"{claim.id}.html" for claim in published.claims} <= set(pages)
    words = " ".join(re.sub(r"<[^>]*>", " ", (tmp_path / "index.html").read_text()).split())
    told = words[words.index("Laws and bounds of authors") : words.index("Their corollaries")]
    for verdict, count in Counter(document["counts"]).items():  # of authors, and of nobody or null models
        assert sum(map(int, re.findall(rf"(\d+) {verdict}", told))) == count
    assert read_report(tmp_path / "claims.json").written() == published.written()


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_a_published_run_stays_in_the_history(path, tmp_path):
    document, run = json.loads(path.read_text()), read(path)
    assert {name: entry.verdict for name, entry in run.claims.items()} == {
        name: entry["verdict"] for name, entry in document["claims"].items()
    }
    assert sum(len(entry.conditions) for entry in run.claims.values()) == sum(
        len(entry.get("conditions", {})) for entry in document["claims"].values()
    )
    assert run.written() in [it.written() for it in runs(path.parent)]  # what is not a number is not itself


def test_the_history_holds_runs_of_0_1():
    assert 1 in {json.loads(path.read_text())["schema"] for path in RUNS}


def test_a_published_report_changed_nothing_against_its_own_run():
    published = read_report(REPORTS[0])
    kept = next(run for run in runs(PUBLISHED / "history") if run.created == published.created)
    assert {change.kind for change in changes(kept, in_short(published))} == {Kind.AGAIN}
