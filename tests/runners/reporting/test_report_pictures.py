"""What a report holds for the eye: curves of trials and the points of a fold, against the toys' own law."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from runners.records.seeds import derive_seeds
from runners.reporting.condition_model import Curve, Points
from runners.reporting.forecasts import NAMES, forecast
from runners.reporting.pictures import MOST_TRIALS, picture
from runners.reporting.report import report


def drawn(world, name: str) -> tuple[Points | None, list[Curve]]:
    result = world.run(name)[name]
    points, curves, ahead = picture(world.stored_judge(), world.registry.claims[name], result.cells[0])
    assert ahead is None
    return points, curves


def strengths(trials: int) -> np.ndarray:
    seeds = derive_seeds("toy", "record", range(trials))
    return np.exp([0.3 * np.random.default_rng(int(seed)).standard_normal() for seed in seeds])


def test_a_scalar_claim_shows_the_curves_of_its_trials(world):
    points, (curve,) = drawn(world, "law-holds")
    assert (points, curve.observable, curve.axis) == (None, "profile", "place")
    # profile = strength times place, in four digits: one trial, and the median and the ends of all
    assert (len(curve.trials), curve.of) == (1, 8)
    assert curve.trials[0][0] == pytest.approx(strengths(1)[0] * np.array(curve.x), rel=5e-4)
    for row, of_all in ((curve.middle, np.median), (curve.low, np.min), (curve.high, np.max)):
        assert row == pytest.approx(of_all(strengths(8)) * np.array(curve.x), rel=5e-4)


def test_a_fold_shows_its_points(world):
    found, curves = drawn(world, "exponent")
    assert (found.along, found.fold) == ("width", "slope")
    assert len(curves) == len(found.x), "one trial's profile at each width"
    middle = np.median(strengths(8)) / np.array(found.x)
    assert found.middle == pytest.approx(middle, rel=0.03)  # the toys' noise is 1%
    assert np.all(np.array(found.low) < found.middle)
    assert np.all(np.array(found.middle) < found.high)


def test_a_folded_prediction_is_drawn_along_the_axis(world):
    folded = {"of": "toy_theory:inverse_width", "along": {"width": "slope"}}
    name = world.claim("steep", like="exponent", predicted=folded)
    found, _ = drawn(world, name)
    assert found.predicted == pytest.approx(np.median(strengths(MOST_TRIALS)) / np.array(found.x), rel=5e-4)


def test_what_was_not_measured_has_no_picture(world):
    judge = world.stored_judge()
    assert picture(judge, world.registry.claims["law-holds"], judge.judge("law-holds").cells[0]) == (None, [], None)


def test_the_report_holds_it_with_bits_at_stake_and_seal(world):
    results = list(world.run("law-holds", "exponent", "law-refuted").values())
    holds, exponent, refuted = report(world.stored_judge(), results).claims
    assert holds.conditions[0].curves[0].observable == "profile"
    assert exponent.conditions[0].points.along == "width"
    assert exponent.bits_risked > exponent.bits == 0  # two rivals that predict the same stand
    assert refuted.bits_risked > 0 > refuted.bits
    assert len(holds.seal) == 64
    assert holds.experiment_module.endswith("toy_experiment")


SHAPES = {name: ["compute (FLOP); loss (nats); corpus C4 / The Pile", "run"] for name in NAMES}


def recorded(lines: np.ndarray) -> SimpleNamespace:
    """A sample whose runs are one given and two ahead, with a line a trial."""
    given, ahead = np.array([[1.0], [9.0], [0.0]]), np.array([[4.0, 5.0], [7.0, 6.0], [0.0, 1.0]])
    arrays = {name: np.array([it] * len(lines)) for name, it in zip(NAMES[:2], (given, ahead), strict=True)}
    return SimpleNamespace(observable=lambda name: {**arrays, NAMES[2]: lines}[name])


def test_a_forecast_has_its_band_over_the_trials():
    heights = np.linspace(5.0, 7.0, 101)
    lines = np.array([[[4.0, 5.0], [height, height + 1], [0.0, 0.0]] for height in heights])
    found = forecast(recorded(lines), SHAPES, range(101))
    assert (found.x, found.y) == ("compute (FLOP)", "loss (nats)")
    assert (found.called, found.series) == ("corpus", ("C4", "The Pile"))
    assert [list(row) for row in found.ahead] == [[4, 5], [7, 6], [0, 1]]
    # 90% of a uniform spread of 2 about 6
    np.testing.assert_allclose(found.line, [[4, 5], [6, 7], [0, 0], [5.1, 6.1], [6.9, 7.9]])


def test_lines_at_places_of_their_own_have_no_band():
    lines = np.array([[[x, 2 * x], [x, 2 * x], [0.0, 0.0]] for x in (1.0, 2.0, 3.0)])
    found = forecast(recorded(lines), SHAPES, [1, 2])
    np.testing.assert_allclose(found.line, [[2, 4], [2, 4], [0, 0], [2, 4], [2, 4]])


def test_an_experiment_that_records_no_runs_has_no_forecast():
    assert forecast(recorded(np.zeros((1, 3, 2))), {"runs_given": ["x; y", "run"]}, [0]) is None
    assert forecast(recorded(np.zeros((1, 3, 2))), SHAPES, []) is None


def test_a_law_s_word_on_the_same_runs_has_limits_over_the_trials():
    """Over the law's own values the line is that of equality: the spread lies across."""
    said = np.linspace(3.0, 4.0, 101)
    equality = np.tile([[3.0, 4.0], [3.0, 4.0], [0.0, 0.0]], (101, 1, 1))
    ahead = np.array([[[x], [3.6], [0.0]] for x in said])
    arrays = {NAMES[0]: ahead, NAMES[1]: ahead, NAMES[2]: equality}
    found = forecast(SimpleNamespace(observable=arrays.__getitem__), SHAPES, range(101))
    np.testing.assert_allclose(found.limits, [[3.05], [3.95], [3.6], [3.6]])
    fixed = arrays | {NAMES[1]: np.broadcast_to(ahead[:1], ahead.shape)}
    assert forecast(SimpleNamespace(observable=fixed.__getitem__), SHAPES, range(101)).limits == ()
    other = np.where(np.arange(101)[:, None, None] % 2, ahead, ahead[:, [0, 1, 1]])  # other series: not the same runs
    moved = arrays | {NAMES[1]: other}
    assert forecast(SimpleNamespace(observable=moved.__getitem__), SHAPES, range(101)).limits == ()
