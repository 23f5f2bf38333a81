"""Blind injections: displaced as far as said, caught by a sound judge, missed by a broken one."""

from __future__ import annotations

import numpy as np
import pytest

from runners.judging.injections import MOST, Displacement, detectable_displacement, inject, injections
from runners.judging.judge import Judge
from runners.rule.power import CAUGHT

CLAIMS = ("law-holds", "law-noisy", "exponent", "ramp")


def judged(world, *names):
    world.run(*names)
    judge = world.stored_judge()
    return judge, [judge.judge(name) for name in names]


def test_a_sound_judge_catches_what_is_displaced(world):
    judge, results = judged(world, *CLAIMS)
    copies = [copy for number in range(20) for copy in inject(judge, results, f"run {number}")]
    assert {copy.claim for copy in copies} >= {"law-holds", "exponent", "ramp"}
    assert all(copy.caught for copy in copies)


def test_what_is_injected_follows_from_the_runs_identity(world):
    judge, results = judged(world, *CLAIMS)
    once, again, other = (injections(judge, results, identity) for identity in ("a", "a", "b"))
    assert once == again
    assert once["copies"] != other["copies"]
    assert once["injected"] == len({copy["claim"] for copy in once["copies"]}) <= MOST
    assert once["expected"] == pytest.approx(CAUGHT * once["injected"], abs=0.01)
    assert once["caught"] == once["injected"]


@pytest.mark.parametrize("side", [1, -1])
def test_trials_come_to_lie_beyond_the_edge_by_the_share_that_is_caught(world, side):
    """Eight trials have to be outside, all of them: the eighth root of 0.99 is the normal's share below 3.02."""
    judge, (result,) = judged(world, "law-holds")
    claim, cell = judge.registry.claims["law-holds"], result.cells[0]
    displacement = detectable_displacement(judge, claim, cell, side)
    moved = cell.values / displacement.factor
    edge = claim.agreement.within[1 if side > 0 else 0]
    assert np.all(side * (moved - edge) > 0)
    nearest = np.median(cell.values) - side * 3.02 * np.std(cell.values, ddof=1)
    assert nearest / displacement.factor == pytest.approx(edge, rel=1e-3)


def test_a_displaced_difference_is_shifted(world):
    judge, (result,) = judged(world, "exponent")
    claim, cell = judge.registry.claims["exponent"], result.cells[0]
    displacement = detectable_displacement(judge, claim, cell, -1)
    assert displacement.factor == 1.0
    assert np.all(cell.values + displacement.shift < claim.agreement.within[0])


def test_an_open_side_cannot_be_left(world):
    name = world.claim(
        "loose",
        kind="bound",
        where={"kind": "lawful", "width": 2},
        agreement={"by": "ratio", "within": (0.9, np.inf), "because": "x"},
    )
    judge, (result,) = judged(world, name)
    claim = judge.registry.claims[name]
    assert detectable_displacement(judge, claim, result.cells[0], 1) is None
    assert detectable_displacement(judge, claim, result.cells[0], -1) is not None


def test_a_judge_that_ignores_predictions_is_found_out(world, monkeypatch):
    """A judge that compares the measurement with itself supports everything, and catches nothing."""
    judge, results = judged(world, "law-holds", "exponent")
    compare = Judge.compare

    def itself(self, claim, cell, samples, trials, prediction):
        found = compare(self, claim, cell, samples, trials, prediction)
        perfect = 1.0 if claim.agreement.by == "ratio" else 0.0
        return type(found)(np.full_like(found.values, perfect), found.defined, found.measured, found.predicted)

    monkeypatch.setattr(Judge, "compare", itself)
    found = injections(judge, results, "a")
    assert (found["injected"], found["caught"]) == (2, 0)


def test_a_displacement_is_a_number_or_an_array():
    assert Displacement(factor=2.0).of(np.array([1.0, 3.0])).tolist() == [2.0, 6.0]
    assert Displacement(shift=0.5).of(np.array(1.0)) == 0.5
