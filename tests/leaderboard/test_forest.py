"""A phenomenon's readings together: sizes out of scopes, what is pooled, errors against size."""

from __future__ import annotations

import re

import pytest

from leaderboard.forest import data_text, largest, pooled_strip, residuals, settings, size_text
from tests.leaderboard.test_figures import of_class
from tests.made_up import claim, condition, draw, reach

SCOPE = (
    "rows 400; width 48, 64; hidden layers 3; activation tanh; steps 4,500; data digits, mnist1d; features free; "
    "backend jax"
)


def law(name: str, errors, **fields):
    its = [condition({"width": width}, 2.0, [1 + error] * 8) for width, error in errors.items()]
    return claim(name, "supported", conditions=its, scope=SCOPE, **fields)


def test_a_scope_is_taken_apart_into_sizes_and_data():
    assert settings(SCOPE)["width"] == "48, 64"
    it = law("a", {})
    assert size_text(it) == "width 48, 64; hidden layers 3; rows 400; steps 4,500"
    assert data_text(it) == "digits, mnist1d, free"  # features that are free are no number of them
    assert settings("modes 20 to 500 (6 values); ridge 0") == {"modes": "20 to 500 (6 values)", "ridge": "0"}


def test_the_largest_of_each_size_is_told():
    other = law("b", {}).model_copy(update={"scope": "width 1,024; modes 20 to 500 (6 values)"})
    assert largest([law("a", {}), other]) == [
        ("width", "1,024"),
        ("hidden layers", "3"),
        ("modes", "500"),
        ("rows", "400"),
        ("steps", "4,500"),
    ]


def test_pooled_settings_lie_on_the_axis_of_the_strips():
    """T is [0.93, 1.07]: an error of 0.07 is its edge, at two thirds of 300."""
    strip = pooled_strip([law("a", {32: 0.0, 64: 0.07, 128: 0.07})])
    low, high = re.search(r"M(\d+) 11H(\d+)", strip).groups()
    assert (int(low), int(high)) == (pytest.approx(150, abs=2), pytest.approx(200, abs=1))
    assert pooled_strip([law("a", {32: 0.0, 64: 0.0})]) is None


def test_errors_are_drawn_over_the_sizes_of_settings_and_draws():
    draws = [draw(1, "holds", {"width": 100}, outside=0.5), draw(2, "pending", {})]
    reaching = law("b", {}, reach=reach({"width": {"between": (32, 128)}}, draws))
    assert residuals([law("a", {32: 0.01, 64: 0.02})]) == []  # two sizes show no course
    (found,) = residuals([law("a", {32: 0.01, 64: 0.0}), reaching])
    assert found.axis == "width"
    assert [len(of_class(found.drawing, kind)) for kind, _ in found.legend] == [2, 1]
