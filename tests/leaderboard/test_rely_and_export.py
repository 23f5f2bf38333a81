"""What may be relied on, and figures as files: calculators against numbers worked out by hand or by brute force."""

from __future__ import annotations

import csv
import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from click.testing import CliRunner

from leaderboard.board import build
from leaderboard.export import figure_file
from leaderboard.rely import found_of, span_of
from leaderboard.sources import ROOT
from runners.commands import main
from runners.registry.contents import read_all
from runners.reporting.advice import RULES
from tests.leaderboard.test_board_browser import CHROMIUM, browser, playwright  # noqa: F401
from tests.made_up import by_id, claim, condition, draw, not_measured, reach

LAW = "eos-gd-two-over-eta"
AXES = {"width": {"between": (32, 128), "scale": "log"}}


def test_every_rule_names_claims_of_the_registry():
    documents = read_all([ROOT / "registry.yaml"])[1]
    known = {name for it in documents for name in it.data.get("claims", {})}
    for rule in RULES:
        assert set(rule.claims) <= known, rule.key


def test_each_rule_leads_to_its_evidence_and_says_what_is_missing(report, tmp_path):
    build(report, tmp_path)
    text = (tmp_path / "rely.html").read_text()
    assert f'href="claims/{LAW}.html"' in text
    assert text.count("None of its claims were measured in this run") == len(RULES) - 1
    assert text.count("<form") == len(RULES)


def test_evidence_tells_from_where_to_where_and_how_many_hold():
    """No infinite limit, and of a setting only what tells it from the others."""
    settings = [condition({"data": "digits", "width": w}, 1.0, [1.01] * 8) for w in (32, 64)]
    wrong = condition({"data": "digits", "width": 128}, 1.0, [9.0] * 8, status="disagrees", interval=(8.0, math.inf))
    partly = claim("law", "partly", conditions=[*settings, wrong], agrees_to_within=math.inf)
    assert span_of(partly) == ["3 settings of ours", "data digits", "width 32, 64, 128"]
    held, *rest = found_of(partly)
    assert held == "holds in 2 of 3 settings"
    assert rest == ["not at width 128"]
    drawn = claim("law", "supported", conditions=settings, reach=reach(AXES, [draw(1, "holds", {"width": 40})]))
    assert span_of(drawn) == ["1 random setting", "width 32 to 128"]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_calculators_agree_with_independent_numbers(report, browser, tmp_path):  # noqa: F811
    build(report, tmp_path)
    page = browser.new_page()
    page.goto((tmp_path / "rely.html").as_uri())

    def told(rule: str, **fields: float) -> str:
        for name, value in fields.items():
            page.locator(f"#{rule}-{name}").fill(str(value))
        return page.locator(f"form[data-rule={rule}] output").inner_text()

    edge = told("edge", learning_rate=0.1, momentum=0.9, beta1=0.9)
    assert "sharpness 38 (Polyak's momentum). With Nesterov's: 13.6." in edge
    assert "preconditioned sharpness: 380." in edge
    assert "matrices: 0.001;" in told("width", learning_rate=0.002, width=256, new_width=512)
    assert "linear rule: 0.2. Root rule: 0.1. The linear rule is beyond its limit of stability, 0.1." in told(
        "batch", learning_rate=0.05, batch=32, new_batch=128, sharpness=20
    )
    assert "q·k by 0.0313;" in told("attention", head_width=64, new_head_width=256)
    assert "as one over 3.73 billion different" in told("repeat", unique_tokens=1e9, epochs=4, repetition=15.4)
    assert told("pass", samples=5, right=2, k=2) == "pass@2 = 70%."  # 1 - 3/10 of the pairs
    sizes = np.geomspace(1e8, 1e12, 200_001)
    loss = 482 * sizes**-0.3478 + 2085 * (1e21 / 6 / sizes) ** -0.3658
    said = told("compute", flop=1e21, size_factor=482, alpha=0.3478, token_factor=2085, beta=0.3658)
    assert float(re.search(r"N = ([\d.]+) billion", said)[1]) == pytest.approx(sizes[np.argmin(loss)] / 1e9, rel=0.01)
    assert "Fill in every field" in told("pass", k="")
    page.close()


def test_a_figure_is_a_file_of_its_own(report):
    text = figure_file(report, by_id(report, LAW))
    root = ElementTree.fromstring(text)
    said = " ".join(root.itertext())
    assert "late sharpness" in said
    assert "learning rate" in said
    assert report.commit[:12] in said
    assert root.get("width") == "760"
    assert "href" not in text  # it loads nothing


def test_what_was_not_measured_has_no_figure(report):
    lost = claim("lost", "unavailable", conditions=[not_measured({"width": 8}, "unavailable", "no data")])
    with pytest.raises(ValueError, match="lost: nothing of it was measured"):
        figure_file(report, lost)


def test_the_command_writes_both_and_refuses_neither(report, tmp_path):
    (tmp_path / "report.json").write_text(report.written())
    of_report = ["export", LAW, "--report", str(tmp_path / "report.json")]
    wanted = ["--figure", str(tmp_path / "f.svg"), "--data", str(tmp_path / "d.csv")]
    done = CliRunner().invoke(main, [*of_report, *wanted])
    assert done.exit_code == 0, done.output
    ElementTree.fromstring((tmp_path / "f.svg").read_text())
    rows = list(csv.DictReader((tmp_path / "d.csv").read_text().splitlines()))
    assert len(rows) == len(by_id(report, LAW).everything) + 1  # one control
    assert CliRunner().invoke(main, of_report).exit_code == 2
    unknown = CliRunner().invoke(main, ["export", "no-such", *of_report[2:], "--data", str(tmp_path / "x.csv")])
    assert unknown.exit_code == 2
    assert "no-such is not in" in unknown.output
