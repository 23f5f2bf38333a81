"""Every verdict with every word: which laws stood, are local, fell, are open."""

from __future__ import annotations

from itertools import product

import pytest

from runners.rule.draw_outcomes import Draw
from runners.rule.headline import Headline, headline
from runners.rule.reach import reach
from runners.rule.verdicts import Outcome

H, F, A = Draw.HOLDS, Draw.FAILS, Draw.ASIDE
REACHES = {
    "wide": reach([H] * 18),
    "narrow": reach([F] * 14),
    "open": reach([H] * 5),
    "wide where it applies": reach([A] * 9 + [H] * 18),
    "narrow where it applies": reach([A] * 9 + [F] * 14),
    "none": None,
}
EXPECTED = {
    (Outcome.SUPPORTED, "wide"): Headline.STOOD,
    (Outcome.SUPPORTED, "narrow"): Headline.LOCAL,
    (Outcome.PARTLY, "narrow"): Headline.LOCAL,
}


@pytest.mark.parametrize(("outcome", "word"), list(product(Outcome, REACHES)))
def test_headlines(outcome, word):
    if outcome is Outcome.REFUTED:
        expected = Headline.FELL
    elif word == "none":
        expected = Headline.FIXED
    else:
        expected = EXPECTED.get((outcome, word), Headline.OPEN)
    assert headline(outcome, REACHES[word]) is expected


def test_words():
    assert [it.word for it in Headline] == ["stood", "local", "fell", "open", "fixed settings only"]
