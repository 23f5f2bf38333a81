"""A theory's bits: what registering a law twice, or in parts, must not change."""

from __future__ import annotations

import pytest

from leaderboard.summaries import theories, total_bits
from tests.made_up import claim


def law(
    verdict: str = "supported", bits: float | None = 6.0, *, measured: str = "sharpness", predicted="t:law", **more
):
    name = more.pop("name", "law")
    observable = {"name": measured, "means": "", "between": None, "scale": "log"}
    return claim(name, verdict, bits=bits, measured=observable, predicted=predicted, **more)


def test_two_laws_add_up():
    assert total_bits([law(), law(predicted="t:other", bits=2.5)]) == pytest.approx(8.5)
    assert total_bits([law(), law(measured="loss")]) == pytest.approx(12.0)


def test_registering_a_law_twice_changes_nothing():
    assert total_bits([law(), law(name="again")]) == total_bits([law()])
    assert total_bits([law(), law(name="again", experiment="renamed")]) == total_bits([law()])
    assert total_bits([law("refuted", -5.0), law("refuted", -5.0)]) == -5.0


@pytest.mark.parametrize(
    ("parts", "whole"),
    [
        ([("supported", 6.0), ("supported", 4.0)], 4.0),  # the condition that risks least
        ([("supported", 6.0), ("refuted", -5.0)], 0.0),  # as one claim it would hold partly
        ([("supported", 6.0), ("inconclusive", 0.0)], 0.0),
        ([("refuted", -5.0), ("inconclusive", 0.0)], -5.0),
        ([("supported", 6.0), ("unavailable", 0.0)], 6.0),  # judged on the rest
        ([("partly", 0.0), ("refuted", -5.0)], 0.0),
    ],
)
def test_a_split_grid_is_worth_what_the_whole_one_is(parts, whole):
    assert total_bits([law(verdict, bits, name=f"part-{i}") for i, (verdict, bits) in enumerate(parts)]) == whole


def test_what_is_not_scored_does_not_count():
    assert total_bits([law(bits=None)]) is None
    assert total_bits([law(), law("refuted", None, name="by-another-bar")]) == 6.0
    assert [record.bits for record in theories([law(), law(name="again")])] == [6.0]
