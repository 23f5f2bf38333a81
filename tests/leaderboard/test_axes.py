from __future__ import annotations

import math

import pytest

from leaderboard.axes import Axis, spans_decades


def test_fractions():
    assert Axis(-1, 3).fraction(0) == pytest.approx(0.25)
    assert Axis(1, 1e4, True).fraction(10) == pytest.approx(0.25)
    assert Axis(1, 1e4, True).fraction(0) == -math.inf
    assert Axis(0, 1).fraction(2) == pytest.approx(2)


def test_ticks_are_round():
    assert Axis(0, 1).ticks() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert Axis(0.91, 1.09).ticks(4) == pytest.approx([0.95, 1.0, 1.05])
    assert Axis(0.5, 2e6, True).ticks() == pytest.approx([1, 1e2, 1e4, 1e6])
    assert Axis(4, 60, True).ticks() == pytest.approx([5, 10, 20, 50])
    assert Axis(2, 512, True).ticks() == pytest.approx([3, 10, 30, 100, 300])  # not at one end alone


@pytest.mark.parametrize("axis", [Axis(0.9, 1.2, True), Axis(-3e-5, 8e-5), Axis(1e-9, 1e9, True), Axis(7, 7.001)])
def test_ticks_lie_inside_and_are_few(axis):
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 8
    assert all(-1e-9 <= axis.fraction(tick) <= 1 + 1e-9 for tick in ticks)


def test_around_leaves_a_margin_even_without_spread():
    assert Axis.around([2.0, 4.0], margin=0.5) == Axis(1.0, 5.0)
    axis = Axis.around([1.0, 1.0])
    assert axis.low < 1.0 < axis.high
    logarithmic = Axis.around([0.1, 10.0, 0.0], logarithmic=True, margin=0.5)
    assert (logarithmic.low, logarithmic.high) == pytest.approx((0.01, 100))


def test_only_positive_values_span_decades():
    assert spans_decades([1, 100])
    assert not spans_decades([-1, 100])
    assert not spans_decades([])
