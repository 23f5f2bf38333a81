"""Agreement values by hand, and what a theory may and may not return or touch."""

from __future__ import annotations

import numpy as np
import pytest

from runners.judging.comparison import TheoryError, agreement, predict

ARRAY = np.array([3.0, 4.0])


def compare(by, measured, predicted, within=(0.0, 10.0)):
    return agreement(by, np.asarray(measured, dtype=float), np.asarray(predicted, dtype=float), name="law")


def test_three_ways_to_compare():
    assert compare("ratio", 3.0, 2.0) == 1.5
    assert compare("ratio", -3.0, -2.0) == 1.5
    assert compare("difference", 3.0, 2.0) == 1.0
    assert compare("distance", [3.0, 5.0], ARRAY) == pytest.approx(1 / 5)
    assert compare("distance", ARRAY, ARRAY) == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_infinitely_far(bad):
    assert np.isinf(compare("ratio", bad, 2.0))
    assert np.isinf(compare("difference", bad, 2.0))
    assert compare("distance", [3.0, bad], ARRAY) == np.inf


@pytest.mark.parametrize(
    ("by", "measured", "predicted", "words"),
    [
        ("ratio", 1.0, 0.0, "difference"),
        ("distance", ARRAY, 0 * ARRAY, "difference"),
        ("distance", ARRAY, [1.0, 2.0, 3.0], r"\(3,\).*\(2,\)"),
        ("ratio", 1.0, ARRAY, r"\(2,\).*\(\)"),
    ],
)
def test_what_cannot_be_compared_says_so_and_names_the_theory(by, measured, predicted, words):
    with pytest.raises(TheoryError, match=rf"law.*{words}"):
        compare(by, measured, predicted)


def test_a_number_predicts_itself():
    assert predict(-1, {}, {}, name="-1") == -1.0


@pytest.mark.parametrize("value", [np.nan, np.inf, [1.0, np.nan], "three", None, {"a": 1}])
def test_a_theory_must_return_finite_numbers(value):
    with pytest.raises(TheoryError, match="law"):
        predict(lambda setting, given: value, {}, {}, name="law")


def test_a_theory_cannot_change_what_it_is_given():
    given = {"kernel": np.eye(2)}
    given["kernel"].flags.writeable = False
    setting = {"width": 4}

    def poke_array(setting, given):
        given["kernel"][0, 0] = 7.0

    def poke_mapping(setting, given):
        given["kernel"] = np.zeros((2, 2))

    def poke_condition(setting, given):
        setting["width"] = 8

    for theory, error in ((poke_array, ValueError), (poke_mapping, TypeError), (poke_condition, TypeError)):
        with pytest.raises(error):
            predict(theory, setting, given, name="law")
    assert given["kernel"].tolist() == np.eye(2).tolist()
    assert setting == {"width": 4}
