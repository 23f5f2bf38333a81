"""Bits by hand, and severity by displacing the prediction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runners.rule.comparison import region_in_units
from runners.rule.intervals import TypicalTrial
from runners.rule.scores import (
    LOSS,
    MOST_BITS,
    agrees_to_within,
    bits_earned,
    bits_over,
    bits_risked,
    range_of,
    severity,
)
from runners.rule.verdicts import Outcome


def test_bits_of_a_tenth_of_the_range():
    assert bits_risked((0.0, 10.0), (4.0, 5.0), scale="linear") == pytest.approx(math.log2(31 / 32 * 10 + 1 / 32))


def test_bits_on_a_logarithmic_range():
    """One of four decades."""
    assert bits_risked((1e-2, 1e2), (1.0, 10.0), scale="log") == pytest.approx(math.log2(31 / 32 * 4 + 1 / 32))


@pytest.mark.parametrize("region", [(0.0, 10.0), (-5.0, 99.0)])
def test_allowing_everything_risks_nothing(region):
    assert bits_risked((0.0, 10.0), region, scale="linear") == pytest.approx(0.0)


def test_wider_regions_risk_less_and_no_region_more_than_the_most():
    bits = [bits_risked((0.0, 1.0), (0.5 - half, 0.5 + half), scale="linear") for half in (0.0, 1e-6, 0.01, 0.1, 0.4)]
    assert bits == sorted(bits, reverse=True)
    assert bits[0] == bits[1] == MOST_BITS


def test_what_reaches_beyond_the_range_counts_inside_it_only():
    assert bits_risked((0.0, 10.0), (9.0, 1e9), scale="linear") == bits_risked((0.0, 10.0), (9.0, 10.0), scale="linear")
    assert bits_risked((1.0, 100.0), (-3.0, 10.0), scale="log") == pytest.approx(math.log2(31 / 32 * 2 + 1 / 32))


@pytest.mark.parametrize("region", [(20.0, 30.0), (-7.0, -6.0)])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_region_outside_the_range_earns_nothing(region, scale):
    """Then the range was wrong, and nobody knows what the prediction was worth."""
    assert bits_risked((1.0, 10.0), region, scale=scale) == 0.0


def test_bits_are_booked_when_a_law_is_decided():
    law = {"kind": "law", "held_by": "authors"}
    assert bits_earned(Outcome.SUPPORTED, 3.0, **law) == 3.0
    assert bits_earned(Outcome.REFUTED, 3.0, **law) == -LOSS
    for outcome in (Outcome.PARTLY, Outcome.VACUOUS, Outcome.INCONCLUSIVE):
        assert bits_earned(outcome, 3.0, **law) == 0.0
    assert bits_earned(Outcome.SUPPORTED, 3.0, kind="theorem", held_by="authors") is None
    assert bits_earned(Outcome.SUPPORTED, 3.0, kind="bound", held_by="authors") is None
    assert bits_earned(Outcome.REFUTED, 3.0, kind="law", held_by="folklore") is None
    assert bits_earned(Outcome.SUPPORTED, None, **law) is None


def test_regions_in_the_observables_units():
    assert region_in_units("ratio", (0.9, 1.2), 10.0) == pytest.approx((9.0, 12.0))
    assert region_in_units("ratio", (0.9, 1.2), -10.0) == pytest.approx((-12.0, -9.0))
    assert region_in_units("difference", (-1.0, 2.0), 10.0) == pytest.approx((9.0, 12.0))


def test_agreement_is_as_close_as_the_farther_limit():
    assert agrees_to_within((0.97, 1.01), "ratio") == pytest.approx(0.03)
    assert agrees_to_within((0.97, 1.05), "ratio") == pytest.approx(0.05)
    assert agrees_to_within((-0.2, 0.1), "difference") == pytest.approx(0.2)
    assert agrees_to_within((0.01, 0.3), "distance") == pytest.approx(0.3)


@pytest.mark.parametrize("by", ["ratio", "difference"])
def test_severity_is_the_displacement_that_moves_the_interval_out(by):
    """Displace the prediction by a little less and a little more, and examine the same measurements again."""
    generator, alpha = np.random.default_rng(0), 0.05 / 3
    measured = 3.0 * np.exp(0.02 * generator.standard_normal(32))
    region = (0.9, 1.15) if by == "ratio" else (-0.3, 0.4)

    def interval(error: float) -> tuple[float, float]:
        values = measured / (3.0 * (1 + error)) if by == "ratio" else measured - (3.0 + error)
        return TypicalTrial(region).evidence(values, alpha).interval

    low, high = severity(interval(0.0), region, by)
    assert low < 0 < high
    for error, side in ((low, -1), (high, 1)):
        just_out, just_in = interval(error + side * 1e-6), interval(error - side * 1e-6)
        assert just_out[0] > region[1] or just_out[1] < region[0]
        assert just_in[0] <= region[1]
        assert just_in[1] >= region[0]


def test_severity_of_what_has_no_sign_or_no_limits():
    assert severity((0.0, 0.1), (0.0, 0.2), "distance") is None
    assert severity((-np.inf, 1.0), (0.9, 1.1), "ratio") is None
    assert severity((0.9, 1.0), (-0.1, 1.1), "ratio") is None


def test_bits_of_ranges_that_do_not_begin_at_naught():
    assert bits_risked((10.0, 30.0), (12.0, 17.0), scale="linear") == pytest.approx(math.log2(31 / 32 * 4 + 1 / 32))
    assert bits_risked((1.0, 1e4), (10.0, 1e3), scale="log") == pytest.approx(math.log2(31 / 32 * 2 + 1 / 32))


def test_severity_of_ratios_below_one_and_of_regions_that_reach_naught():
    assert severity((0.6, 0.7), (0.5, 0.8), "ratio") == pytest.approx((0.6 / 0.8 - 1, 0.7 / 0.5 - 1))
    assert severity((0.6, 0.7), (0.0, 0.8), "ratio") is None
    assert severity((-0.7, -0.6), (-0.8, 0.0), "ratio") is None


@pytest.mark.parametrize(
    ("quantity", "predicted", "found"),
    [
        ("ratio", 30.0, ((3.0, 300.0), "log")),
        ("ratio", -30.0, ((3.0, 300.0), "log")),  # its size
        ("exponent", -0.5, ((-1.5, 0.5), "linear")),
        ("share", 0.9, ((0.0, 1.0), "linear")),
        ("cosine", 0.9, ((-1.0, 1.0), "linear")),
        (None, 0.9, ((1e-9, 1e9), "log")),
    ],
)
def test_a_range_belongs_to_the_type_of_quantity(quantity, predicted, found):
    """Nobody's choice of a range counts where the type has one."""
    assert range_of(quantity, predicted, (1e-9, 1e9), "log") == found


def test_bits_over_a_rival_are_what_the_two_regions_together_lose():
    """Regions [-1, 1] and [0.5, 2.5]: of 3.5 that they allow together the first one allows 2."""
    assert bits_over((0.5, 2.5), (-1.0, 1.0), scale="linear") == pytest.approx(math.log2(31 / 32 * 3.5 / 2 + 1 / 32))
    assert bits_over((-1.0, 1.0), (-1.0, 1.0), scale="linear") == pytest.approx(0.0)
    assert bits_over((1.0, 4.0), (0.5, 2.0), scale="log") == pytest.approx(math.log2(31 / 32 * 3 / 2 + 1 / 32))
