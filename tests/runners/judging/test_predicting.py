"""What a theory may and may not return or touch."""

from __future__ import annotations

import numpy as np
import pytest

from runners.judging.predicting import TheoryError, predict


def test_a_number_predicts_itself():
    assert predict(-1, {}, {}, name="-1") == -1.0


@pytest.mark.parametrize("value", [np.nan, np.inf, [1.0, np.nan], "three", None, {"a": 1}])
def test_a_theory_must_return_finite_numbers(value):
    with pytest.raises(TheoryError, match="law"):
        predict(lambda setting, given: value, {}, {}, name="law")


@pytest.mark.filterwarnings("ignore:divide by zero")
def test_the_reason_for_what_is_not_finite_is_said():
    def logarithm(setting, given):
        return np.log(np.float64(setting["gap"]) - given["gap"])

    with pytest.raises(TheoryError, match=r"divide by zero encountered in log at test_predicting.py:\d+"):
        predict(logarithm, {"gap": 2.0}, {"gap": np.float64(2)}, name="law")
    with pytest.raises(TheoryError, match=r"given\['gap'\] is not finite"):
        predict(logarithm, {"gap": 2.0}, {"gap": np.array(np.nan)}, name="law")


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
