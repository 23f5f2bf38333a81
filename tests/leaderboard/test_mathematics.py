"""Sentences with mathematics, against how they are set by hand."""

from __future__ import annotations

import pytest

from leaderboard.board import build
from leaderboard.mathematics import reason_text, typeset
from tests.made_up import by_id, changed

LAW = "eos-gd-two-over-eta"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("hovers at 2/eta.", "hovers at 2/η."),
        ("(2 + 2 beta)/eta", "(2 + 2 β)/η"),
        ("of order d, d ln d and d^(k-1)", "of order d, d ln d and d<sup>k−1</sup>"),
        ("|a|^2 - |w|^2", "|a|<sup>2</sup> − |w|<sup>2</sup>"),
        ("falls as width^-1", "falls as width<sup>−1</sup>"),
        ("errs as n^(-alpha/(1 + alpha))", "errs as n<sup>−α/(1 + α)</sup>"),
        ("L + (eta/4) |grad L|^2, 38/eta for beta1 = 0.9", "L + (η/4) |∇L|<sup>2</sup>, 38/η for β<sub>1</sub> = 0.9"),
        ("eta >= 0.3 and lambda_0 < 2", "η ≥ 0.3 and λ<sub>0</sub> &lt; 2"),
        ("a slope of -1", "a slope of −1"),
        ("full-batch, one alpha-th, 1e-3", "full-batch, one alpha-th, 1e-3"),
        ("a meta-analysis of beta-functions in theta", "a meta-analysis of beta-functions in θ"),
    ],
)
def test_ascii_mathematics_is_set(written, read):
    assert typeset(written) == read


def test_nothing_that_is_set_can_become_markup():
    assert "<script" not in typeset("x^(<script>alert(1)</script>) <b>_2")


def test_reasons_name_their_settings():
    said = reason_text("3 of 4 agree; fails at learning_rate = 0.3, data = digits")
    assert said == "3 of 4 agree; fails at learning rate 0.3, data digits"


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\x1b", "\x00", "\x7f"])
@pytest.mark.parametrize("field", ["statement", "scope", "reason"])
def test_what_turns_or_hides_text_is_refused_with_its_place(report, tmp_path, character, field):
    with pytest.raises(ValueError, match=rf"{LAW}.{field}.*control character"):
        build(changed(report, LAW, **{field: f"All is {character}well"}), tmp_path)


def test_settings_of_conditions_are_looked_at_too(report, tmp_path):
    law = by_id(report, LAW)
    turned = law.conditions[0].model_copy(update={"condition": {"data": "digits\u202e"}})
    with pytest.raises(ValueError, match=rf"{LAW}.conditions"):
        build(changed(report, LAW, conditions=(turned, *law.conditions[1:])), tmp_path)


def test_what_a_setting_is_called_stands_as_code():
    assert typeset("a value every `every` steps") == "a value every <code>every</code> steps"
