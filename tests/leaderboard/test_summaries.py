from __future__ import annotations

import math

import numpy as np
import pytest

from leaderboard.board import Board, _theories
from leaderboard.summaries import (
    condition_text,
    measured_text,
    predicted_text,
    severity_text,
    slack_text,
    theories,
)
from runners.reporting.condition_model import varying_axes
from tests.made_up import AGREEMENT, a_condition, by_id, claim


def test_hardest_condition_disagrees_or_reaches_farthest(report):
    assert by_id(report, "eos-heavy-ball").hardest.condition["momentum"] == 0.95
    assert by_id(report, "sharpness-diverging").hardest.interval[1] == math.inf
    assert by_id(report, "cifar-sharpness").hardest is None


def test_hardest_distance_is_the_largest_not_the_smallest():
    conditions = [a_condition(0.001, (0.0005, 0.002)), a_condition(0.06, (0.05, 0.07))]
    law = claim("law", "supported", agreement=AGREEMENT | {"by": "distance", "within": (0, 0.1)}, conditions=conditions)
    assert law.hardest.agreement == 0.06


def test_conditions_are_named_by_what_varies(report):
    conditions = by_id(report, "eos-gd-two-over-eta").conditions
    assert varying_axes(conditions) == ["learning_rate", "data"]
    assert condition_text(conditions[0].condition, ["learning_rate", "data"]) == "learning rate 0.05, data digits"


def test_measured_and_predicted_in_words(report):
    assert measured_text(by_id(report, "ntk-change-inverse-width").measured) == "slope of kernel change along width"
    assert predicted_text(-1) == "−1"


def test_severity_speaks_in_the_units_of_agreement(report):
    sentence = "With a prediction {} the whole interval would lie outside the region."
    assert severity_text(by_id(report, "eos-gd-two-over-eta")) == sentence.format("5% lower or 6% higher")
    assert severity_text(by_id(report, "ntk-change-inverse-width")) == sentence.format("0.09 lower or 0.11 higher")
    assert severity_text(by_id(report, "dln-sigmoid")) == sentence.format("off by 3.1% (relative L2)")
    assert severity_text(by_id(report, "crashing")) is None


def test_severity_known_on_one_side_only(report):
    one_sided, neither = (claim("law", "supported", severity=(-math.inf, high)) for high in (0.06, math.inf))
    assert severity_text(one_sided) == "With a prediction 6% higher the whole interval would lie outside the region."
    assert severity_text(neither) is None


def test_slack_is_for_bounds(report):
    bound = by_id(report, "rademacher-bound")
    ratios = sorted(np.median(c.values) for c in bound.conditions)
    nearest, farthest = 1 / ratios[1], 1 / ratios[0]
    assert slack_text(bound) == f"a factor of {nearest:.2f} to {farthest:.2f}"
    assert slack_text(by_id(report, "eos-gd-two-over-eta")) is None


def test_folklore_earns_no_bits_and_identities_are_not_counted(report):
    records = {record.theory: record for record in theories(report.falsifiable)}
    assert records["langevin"].held_by == "folklore"
    assert records["langevin"].bits is None
    assert "deep-linear" not in records
    assert "flat-minima" not in records
    assert records["edge-of-stability"].verdicts["partly"] == 1
    bits = [record.bits for record in theories(report.falsifiable) if record.bits is not None]
    assert bits == sorted(bits, reverse=True)


@pytest.mark.parametrize("aside", [{"bar": "another"}, {"superseded_by": "eos-gd-anew"}])
def test_what_is_not_counted_stands_in_no_tally_of_its_theory(report, aside):
    """Judged by another bar, or superseded: the header leaves it out, so must the theory's row, badge and sharpest."""
    edge = [c for c in report.falsifiable if c.theory == "edge-of-stability" and c.kind == "law"]
    law = by_id(report, "eos-gd-two-over-eta")
    set_aside = law.model_copy(update=aside)
    (before,) = theories(edge)
    (after,) = theories([set_aside if c is law else c for c in edge])
    assert before.verdicts["supported"] - after.verdicts.get("supported", 0) == 1
    assert before.conditions - after.conditions == len(law.conditions)
    (alone,) = theories([law])
    assert alone.sharpest is law
    assert theories([set_aside]) == []
    board = Board(report.model_copy(update={"claims": (set_aside,)}), [], None)
    pages = dict(_theories(board))
    assert "edge-of-stability: none counted<" in pages["badges/theory-edge-of-stability.svg"]
    assert "that survived" not in pages["theories/edge-of-stability.html"]
