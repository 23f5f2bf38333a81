"""A phenomenon's readings together: sizes out of scopes, what is pooled, errors against size."""

from __future__ import annotations

import re

import pytest

from leaderboard.forest import data_text, largest, pooled_strip, residuals, settings, size_text
from tests.leaderboard.test_figures import of_class
from tests.made_up import AGREEMENT, claim, condition, draw, reach

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
    assert [kind for kind, _ in found.legend] == ["fill-0", "fill-1"]
    # a fixed setting is filled in its reading's colour, a draw is a ring in it
    assert [len(of_class(found.drawing, kind)) for kind in ("fill-0", "colour-1", "hollow")] == [2, 1, 1]


def test_settings_and_draws_lie_by_one_measure():
    """T = [1/2, 4]: in logarithms its middle is ln 2 / 2 and its half-width 3 ln 2 / 2; a ratio of 1 is a third off."""
    wide = {"agreement": AGREEMENT | {"within": [0.5, 4]}}
    its = [condition({"width": width}, 2.0, [1.0] * 8, within=(0.5, 4)) for width in (32, 64)]
    third = draw(1, "holds", {"width": 100}, outside=1 / 3)
    one = claim("a", "supported", conditions=its, reach=reach({"width": {"between": (32, 128)}}, [third]), **wide)
    (found,) = residuals([one])
    assert [dot.of for dot in found.dots] == ["setting", "setting", "draw"]
    assert [dot.distance for dot in found.dots] == [pytest.approx(1 / 3)] * 3


def test_a_share_is_judged_but_its_trials_are_drawn():
    """Of a claim about a share of trials the typical trial is drawn, as of a draw: [0.93, 1.07] and ratios of 1.07."""
    its = [condition({"width": width}, 2.0, [1.07] * 8) for width in (32, 64, 128)]
    (found,) = residuals([claim("a", "supported", conditions=its, agreement=AGREEMENT | {"share": 0.8})])
    assert [dot.distance for dot in found.dots] == [pytest.approx(1.0, abs=0.02)] * 3


def test_sizes_that_no_scope_names_are_those_of_conditions_and_folds():
    prose = "tanh networks of 8,000 to 100,000 parameters, 500 to 1,500 digits"
    its = [condition({"width": width, "data": "digits"}, 2.0, [1.0] * 8) for width in (32, 256)]
    told = claim("a", "supported", conditions=its, scope=prose)
    assert (size_text(told), data_text(told)) == ("width 32, 256", "digits")
    widths = {"along": "width", "fold": "slope", "x": [64, 128], "middle": [1, 2], "low": [1, 2], "high": [1, 2]}
    folded = claim("b", "supported", conditions=[condition({"loss": "mse"}, 2.0, [1.0] * 8, points=widths)], scope="")
    assert size_text(folded) == "width 64, 128"
    bare = claim("c", "supported", conditions=[condition({"loss": "mse"}, 2.0, [1.0] * 8)], scope=prose)
    assert size_text(bare) == prose
    assert size_text(claim("d", "not run", scope="")) == ""


def test_public_runs_say_their_models_and_sets():
    ahead = {"x": "loss", "y": "loss", "given": [[1], [1], [0]], "ahead": [[2, 3], [2, 3], [0, 0]], "line": [[]] * 5}
    about = "Losses of 104 language models of 11M to 6.9B parameters. No training: a trial resamples runs."
    its = [condition({"data": "published"}, 2.0, [1.0] * 8, forecast=ahead)]
    its = {"conditions": its, "experiment_about": about, "data": {"over-training": "c0de" * 16}}
    public = claim("a", "supported", scope="data published", **its)
    assert size_text(public) == "models of 11M to 6.9B; runs given 1, ahead 2"
    assert data_text(public) == "over-training"
