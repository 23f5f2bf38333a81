"""Rules for practice: numbers worked out by hand, the theories' own functions, and evidence from a made-up report."""

from __future__ import annotations

import re

import numpy as np
import pytest
from click.testing import CliRunner

import tollens
from predictions.edge_of_stability import theory
from predictions.large_runs.repetition_law import PUBLISHED, repeated_loss
from runners.authoring.courses import UnknownName
from runners.commands import main
from runners.reporting.advice import FUNCTIONS, RULES, short, told
from tests.made_up import by_id, claim, report_of


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Two claims of the first rule, and none of the others'."""
    laws = [
        claim("eos-gd-two-over-eta", "supported", scope="tanh networks", agrees_to_within=0.031),
        claim("eos-heavy-ball", "partly", reason="3 of 5 agree; fails at momentum 0.95", scope="digits"),
    ]
    file = tmp_path_factory.mktemp("advice") / "report.json"
    file.write_text(report_of(laws).written())
    return file


def said(report, optimiser=None, **numbers) -> str:
    return " ".join(line for rule in tollens.advise(optimiser, report=report, **numbers).rules for line in rule.lines)


def test_numbers_by_hand(report):
    assert said(report, "sgd", learning_rate=0.1) == (
        "Full-batch descent settles near sharpness 20 (Polyak's momentum)."
    )
    assert "sharpness 38 (Polyak's" in said(report, "sgd", learning_rate=0.1, momentum=0.9)
    assert "13.6" in said(report, "nesterov", learning_rate=0.1, momentum=0.9)  # 3.8 / (.1 x 2.8)
    assert "38,000" in said(report, "adam", learning_rate=0.001)
    width = said(report, "adamw", learning_rate=0.002, width=256, new_width=1024)
    assert "matrices: 0.0005; for input weights and biases it stays 0.002." in width
    assert "q·k by 0.0625; the root's rule has 0.125," in said(report, head_width=16, new_head_width=64)
    batch = said(report, "sgd", learning_rate=0.05, batch=32, new_batch=128, sharpness=20)
    assert "linear rule: 0.2. The linear rule is beyond its limit of stability, 0.1." in batch
    assert "limit" not in said(report, "sgd", learning_rate=0.05, batch=32, new_batch=128, sharpness=9)
    faster = said(report, "sgd", learning_rate=0.05, momentum=0.9, batch=32, new_batch=128, sharpness=20)
    assert "limit of stability, 0.19." in faster, "heavy ball's is (2 + 2 beta) / lambda"
    assert "limit" not in said(report, "sgd", learning_rate=0.05, batch=32, new_batch=128, sharpness=0)
    assert said(report, samples=5, right=2, k=2) == "pass@2 = 70%."  # 1 - 3/10 of the pairs
    assert said(report, samples=5, right=2, k=6) == "k and the right ones are at most the samples."


def test_a_sharpness_says_where_steps_become_unstable_without_a_batch(report):
    """A step at that limit has the sharpness for its threshold."""
    assert "at steps of 0.1 (Polyak's" in said(report, "sgd", sharpness=20)
    for optimiser, law in {"sgd": theory.heavy_ball_threshold, "nesterov": theory.nesterov_threshold}.items():
        told = said(report, optimiser, sharpness=20, momentum=0.6)
        rate = float(re.search(r"at steps of ([\d.]+)", told)[1])
        assert law({"learning_rate": rate, "momentum": 0.6}, {}) == pytest.approx(20, rel=5e-3)
    assert "unstable" not in said(report, "adam", learning_rate=0.1, sharpness=20)
    assert "unstable" not in said(report, "sgd", learning_rate=0.1, sharpness=0)


def test_the_edge_is_the_theories_own(report):
    setting = {"learning_rate": 0.03, "momentum": 0.8}
    for optimiser, law in {"sgd": theory.heavy_ball_threshold, "nesterov": theory.nesterov_threshold}.items():
        assert f" {short(law(setting, {}))}" in said(report, optimiser, **setting)
    assert f" {short(theory.adam_threshold(setting, {}))}" in said(report, "adam", learning_rate=0.03, beta1=0.8)


def test_the_split_of_compute_is_the_least_loss(report):
    sizes = np.geomspace(1e8, 1e12, 200_001)
    best = sizes[np.argmin(482 * sizes**-0.3478 + 2085 * (1e21 / 6 / sizes) ** -0.3658)]
    (rule,) = tollens.advise(flop=1e21, report=report).rules
    size, tokens = map(float, re.search(r"N = ([\d.]+) billion .* D = ([\d.]+) billion", rule.lines[0]).groups())
    assert size == pytest.approx(best / 1e9, rel=0.01)
    assert 6 * size * tokens == pytest.approx(1e21 / 1e18, rel=0.01)
    assert "alpha = 0.3478" in rule.assumed
    assert not tollens.advise(samples=5, right=2, k=2, report=report).rules[0].assumed


def test_repeated_tokens_are_worth_what_the_law_of_their_loss_says(report):
    """The loss after 4 epochs over 1e9 tokens is that after one over as many different ones as the rule says."""
    worth = float(re.search(r"over ([\d.]+) billion", said(report, unique_tokens=1e9, epochs=4))[1]) * 1e9
    small = 1e6  # so small that all of its parameters are used
    repeated = repeated_loss(PUBLISHED, small, 4e9, 1e9)
    assert repeated_loss(PUBLISHED, small, worth, worth) == pytest.approx(repeated, rel=1e-4)


def test_evidence_is_the_report_s(report):
    advice = tollens.advise("sgd", learning_rate=0.1, report=report)
    evidence = advice.evidence.set_index("claim")
    assert evidence.loc["eos-gd-two-over-eta", ["verdict", "off_by", "fails"]].tolist() == ["supported", "3.1%", ""]
    assert evidence.loc["eos-heavy-ball", ["verdict", "off_by", "fails"]].tolist() == [
        "partly", "", "3 of 5 agree; fails at momentum 0.95",
    ]  # fmt: skip
    assert evidence.loc["eos-nesterov", "verdict"] == "not in this report"
    text = repr(advice)
    assert re.search(r"eos-heavy-ball +partly; digits\n +fails: 3 of 5 agree", text)
    assert "flop: How to divide compute" in text
    assert "new_width" not in text  # the evidence for widths is Adam's


def test_the_published_report_is_the_evidence_by_default():
    assert re.search("eos-gd-two-over-eta +supported", repr(tollens.advise("sgd", learning_rate=0.1)))


def test_wrong_words_are_answered():
    with pytest.raises(UnknownName, match="did you mean learning_rate"):
        tollens.advise(learning_rat=0.1)
    with pytest.raises(UnknownName, match="no optimiser with laws is called 'lion'"):
        tollens.advise("lion")
    with pytest.raises(UnknownName, match="width is -3"):
        tollens.advise(width=-3)


def test_the_command_fits_the_terminal(report, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    done = CliRunner().invoke(main, ["advise", "sgd", "learning_rate=0.1", "--report", str(report)])
    assert done.exit_code == 0, done.output
    assert "sharpness 20 (Polyak" in done.output
    assert max(map(len, done.output.splitlines())) <= 70
    wrong = CliRunner().invoke(main, ["advise", "sgd", "learning_rate=fast"])
    assert (wrong.exit_code, wrong.output) == (2, "learning_rate is 'fast'; it is a number, as in learning_rate=0.1\n")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.key)
def test_formulas_are_written_in_what_both_languages_share(rule):
    """Python computes them here, JavaScript in the board's calculators (tests/leaderboard/test_rely_and_export.py)."""
    names = {field.name for field in rule.fields}
    for line in rule.lines:
        assert line.reads <= names
        for formula in filter(None, [*line.formulas, line.when]):
            left = re.sub(r"[a-z_]\w*|[\d.]+(e\d+)?|\*\*|[-+*/(),<> =]", "", formula)
            assert left == "", formula
            assert set(re.findall(r"(\w+)\(", formula)) <= set(FUNCTIONS)


def test_a_rule_without_its_numbers_is_silent(report):
    from runners.reporting.published import read_report

    document = read_report(report)
    assert by_id(document, "eos-heavy-ball").verdict == "partly"
    for rule in RULES:
        assert told(rule, {}, None, document) is None
