"""Theories between the settings: asked where they read the setting alone, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from runners.reporting.dense_theory import _common, places, theory_curves
from runners.reporting.report import report
from tests.runners.reporting.test_report_pictures import strengths


def curves(world, name: str):
    result = world.run(name)[name]
    return theory_curves(world.stored_judge(), world.registry.claims[name], result)


def test_places_hold_the_settings_and_stay_whole():
    assert set(places([2, 5, 9])) == set(range(2, 10))
    found = places([0.01, 0.1, 1.0])
    assert {0.01, 0.1, 1.0} < set(found)
    assert found == sorted(found)
    ratios = np.diff(np.log([x for x in found if x not in (0.1,)]))
    assert np.ptp(ratios) < 1e-9  # over two decades at equal ratios


def test_a_theory_of_the_setting_alone_is_asked_between_them(world):
    folded = {"of": "toy_theory:inverse_width", "along": {"width": "slope"}}
    name = world.claim("steep", like="exponent", predicted=folded)
    (curve,) = curves(world, name)
    assert curve.axis == "width"
    assert len(curve.x) > 4
    # The toy's strength is given, differs between trials and is the same at every width: that of the typical trial.
    assert curve.predicted == pytest.approx(np.median(strengths(7)) / np.array(curve.x), rel=1e-4)


def test_what_differs_along_the_axis_is_not_given_between_its_values():
    one = {"strength": np.array(2.0), "kernel": np.eye(2), "none": np.array(np.nan)}
    assert set(_common([one, one | {"kernel": 2 * np.eye(2)}])) == {"strength", "none"}
    assert _common([one, {}]) == {}


def test_a_prediction_of_the_fold_itself_has_no_value_at_a_place(world):
    assert curves(world, "exponent") == []


def test_the_report_holds_the_curves(world):
    folded = {"of": "toy_theory:inverse_width", "along": {"width": "slope"}}
    name = world.claim("steep", like="exponent", predicted=folded)
    (claim,) = report(world.stored_judge(), world.run(name).values()).claims
    assert claim.theory_curves[0].axis == "width"
