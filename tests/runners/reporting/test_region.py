from __future__ import annotations

import math

import pytest

from runners.reporting.region import Region


def test_position_of_a_difference_counts_half_widths():
    region = Region("difference", -0.2, 0.6)  # middle 0.2, half-width 0.4
    assert region.position(0.2) == pytest.approx(0)
    assert region.position(0.6) == pytest.approx(1)
    assert region.position(-1.0) == pytest.approx(-3)


def test_position_of_a_ratio_is_logarithmic():
    region = Region("ratio", 0.5, 2.0)
    assert region.position(1.0) == pytest.approx(0)
    assert region.position(4.0) == pytest.approx(2)
    assert region.position(0.25) == pytest.approx(-2)
    assert region.position(0.0) == -math.inf
    assert region.position(-1.0) == -math.inf
    assert region.position(math.inf) == math.inf
    assert math.isnan(region.position(math.nan))


@pytest.mark.parametrize("low", [0.0, -math.inf])
def test_a_bound_from_above_keeps_its_edge_and_counts_factors_of_two(low):
    region = Region("ratio", low, 1.0)
    assert region.open_below
    assert not region.open_above
    assert region.position(1.0) == pytest.approx(1)
    assert region.position(0.25) == pytest.approx(-1)  # two factors of two inside


def test_a_bound_from_below():
    region = Region("difference", 2.0, math.inf)
    assert region.position(2.0) == pytest.approx(-1)
    assert region.position(6.0) == pytest.approx(1)


def test_reach_looks_only_at_edges_that_count():
    assert Region("ratio", 0.5, 2.0).reach((0.25, 1.0)) == pytest.approx(2)
    assert Region("distance", 0.0, 0.1).reach((0.0, 0.15)) == pytest.approx(2)
    assert Region("ratio", -math.inf, 1.0).reach((1e-9, 0.5)) == pytest.approx(0)
    assert Region("ratio", 0.5, 2.0).reach((math.nan, 1.0)) == math.inf


def test_measured_and_agreement_are_inverse():
    assert Region("ratio", 0.9, 1.1).measured(1.1, 20.0) == pytest.approx(22)
    assert Region("difference", -1, 1).measured(0.5, -2.0) == pytest.approx(-1.5)
    assert Region("ratio", 0.9, 1.1).agreement(22.0, 20.0) == pytest.approx(1.1)
    assert math.isnan(Region("ratio", 0.9, 1.1).agreement(22.0, 0.0))
