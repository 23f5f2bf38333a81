"""What a report holds for the eye: curves of trials and the points of a fold, against the toys' own law."""

from __future__ import annotations

import numpy as np
import pytest

from runners.records.seeds import derive_seeds
from runners.reporting.pictures import MOST_TRIALS, picture
from runners.reporting.report import report
from runners.reporting.report_model import Curve, Points


def drawn(world, name: str) -> tuple[Points | None, list[Curve]]:
    result = world.run(name)[name]
    return picture(world.stored_judge(), world.registry.claims[name], result.cells[0])


def strengths(trials: int) -> np.ndarray:
    seeds = derive_seeds("toy", "record", range(trials))
    return np.exp([0.3 * np.random.default_rng(int(seed)).standard_normal() for seed in seeds])


def test_a_scalar_claim_shows_the_curves_of_its_trials(world):
    points, (curve,) = drawn(world, "law-holds")
    assert (points, curve.observable, curve.axis) == (None, "profile", "place")
    # profile = strength times place, in five digits: one trial, and the median and the ends of all
    assert (len(curve.trials), curve.of) == (1, 8)
    assert curve.trials[0][0] == pytest.approx(strengths(1)[0] * np.array(curve.x), rel=5e-5)
    for row, of_all in ((curve.middle, np.median), (curve.low, np.min), (curve.high, np.max)):
        assert row == pytest.approx(of_all(strengths(8)) * np.array(curve.x), rel=5e-5)


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
    assert found.predicted == pytest.approx(np.median(strengths(MOST_TRIALS)) / np.array(found.x), rel=5e-5)


def test_what_was_not_measured_has_no_picture(world):
    judge = world.stored_judge()
    assert picture(judge, world.registry.claims["law-holds"], judge.judge("law-holds").cells[0]) == (None, [])


def test_the_report_holds_it_with_bits_at_stake_and_seal(world):
    results = list(world.run("law-holds", "exponent", "law-refuted").values())
    holds, exponent, refuted = report(world.stored_judge(), results).claims
    assert holds.conditions[0].curves[0].observable == "profile"
    assert exponent.conditions[0].points.along == "width"
    assert exponent.bits_risked > exponent.bits == 0  # two rivals that predict the same stand
    assert refuted.bits_risked > 0 > refuted.bits
    assert len(holds.seal) == 64
    assert holds.experiment_module.endswith("toy_experiment")
